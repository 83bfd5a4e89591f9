// The image lock: which digest each image of an artifact had when it was published. It lies in the artifact under a name
// that no reader takes for resources, and its bytes are the same for the same images and digests.
import { errorMessageOf, FailuresError, isSealiftError } from '../errors.ts';
import { imageLimits } from '../limits.ts';
import type { Digest } from '../oci/digest.ts';
import type { Reference } from '../oci/reference.ts';
import { formatImage } from './reference.ts';

/** Its name in an artifact: without an ending that Kubernetes objects are read from, here and by others. */
export const imageLockFile = 'images.lock';

export type LockedImage = { readonly image: string; readonly digest: Digest };

/** The digest of an image, from its registry. */
export type ResolveImage = (image: Reference) => Promise<Digest>;

/**
 * Looks up every image once, a few at a time; one that has a digest is what it says.
 * @throws FailuresError of what looking up has ended with
 */
export async function lockImages(
  images: readonly Reference[],
  resolve: ResolveImage,
): Promise<readonly LockedImage[]> {
  const wanted = [...new Map(images.map((image) => [formatImage(image), image]))].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const locked: LockedImage[] = [];
  const failures: unknown[] = [];
  for (let begin = 0; begin < wanted.length; begin += imageLimits.lookups) {
    const batch = wanted.slice(begin, begin + imageLimits.lookups);
    const settled = await Promise.allSettled(
      batch.map(async ([name, image]) => ({ image: name, digest: image.digest ?? (await resolve(image)) })),
    );
    for (const one of settled) {
      if (one.status === 'fulfilled') locked.push(one.value);
      else failures.push(one.reason);
    }
  }
  throwFailures(failures);
  return locked;
}

/** The lock's bytes. */
export function formatImageLock(images: readonly LockedImage[]): Uint8Array {
  const lines = images.map(({ image, digest }) => ({ digest, image }));
  return Buffer.from(`${JSON.stringify({ images: lines, version: 1 }, undefined, 2)}\n`);
}

function throwFailures(failures: readonly unknown[]): void {
  const known = failures.filter(isSealiftError);
  if (known.length < failures.length) throw failures.find((failure) => !isSealiftError(failure));
  const [first, ...rest] = known.slice(0, imageLimits.problems);
  if (first === undefined) return;
  throw new FailuresError([first, ...rest], `image not found: ${errorMessageOf(first, 200)}`);
}
