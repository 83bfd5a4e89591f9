// A release with all that is attached to it, brought to the repository where it is promoted. Nothing is tagged here: what
// can't be copied whole, or is refused there, is shown by no tag.
import { copyGraph } from '../../src/copy/copy.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { RepositoryStore } from '../../src/registry/repository.ts';
import type { ActionWorld } from '../shared/world.ts';

/**
 * Copies what the tag or digest shows now.
 * @returns its digest, by which alone it is spoken of from here on: the tag may move meanwhile
 * @throws what {@link copyGraph} throws
 */
export async function copyRelease(
  from: string,
  { source, target }: { readonly source: RepositoryStore; readonly target: RepositoryStore },
  { host, signal }: ActionWorld,
): Promise<Digest> {
  const { digest } = (await source.resolve(from, signal)).descriptor;
  const { copied, mounted, skipped, referrers } = await copyGraph({
    source,
    target,
    roots: [{ name: digest, tags: [] }],
    signal,
  });
  host.info(`copied ${digest} with ${referrers} referrers`);
  host.info(`${copied.count + mounted.count} contents were sent, ${skipped.count} were there`);
  return digest;
}
