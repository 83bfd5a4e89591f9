// The image lock of files that are about to be published: it goes into the artifact as one more file, under a name that
// nobody reads objects from.
import type { ArtifactFile } from '../artifact/pack.ts';
import { InputError } from '../errors.ts';
import { findImages } from '../images/find.ts';
import { formatImageLock, imageLockFile, lockImages, type ResolveImage } from '../images/lock.ts';
import { readResources } from '../resources/validate.ts';
import type { Ports } from './ports.ts';

/** The lock as a file of the artifact, and how many images it has. */
export type ImageLock = { readonly file: ArtifactFile; readonly images: number };

/**
 * Asks the registries for every image that the files name.
 * @throws FailuresError of what looking up has ended with, and of ResourceError; InputError `INPUT_CONFLICT`
 */
export async function makeImageLock(
  files: readonly ArtifactFile[],
  resolve: ResolveImage,
  { log }: Pick<Ports, 'log'>,
): Promise<ImageLock> {
  if (files.some(({ path }) => path === imageLockFile)) {
    throw new InputError('INPUT_CONFLICT', `an image lock, and a file ${imageLockFile} among the files`);
  }
  const images = findImages(readResources(files), files).map(({ image }) => image);
  const locked = await lockImages(images, resolve);
  log(`locked ${locked.length} images`);
  return { file: { path: imageLockFile, bytes: formatImageLock(locked) }, images: locked.length };
}
