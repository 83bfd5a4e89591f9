// The image lock of files that are about to be published: it goes into the artifact as one more file, under a name that
// nobody reads objects from.
import type { ArtifactFile } from '../artifact/pack.ts';
import { InputError } from '../errors.ts';
import { findImages } from '../images/find.ts';
import { formatImageLock, imageLockFile, lockImages } from '../images/lock.ts';
import { readResources } from '../resources/validate.ts';
import { openImageRegistry } from './image-registry.ts';
import type { RegistryValues } from './registries.ts';
import type { World } from './world.ts';

/**
 * Asks the registries for every image that the files name.
 * @param registry that the artifact goes to, and the log-in of the command line is for
 * @throws FailuresError of what looking up has ended with, and of ResourceError; InputError `INPUT_CONFLICT`
 */
export async function makeImageLock(
  files: readonly ArtifactFile[],
  registry: string,
  { values, world }: { readonly values: RegistryValues; readonly world: World },
): Promise<ArtifactFile> {
  if (files.some(({ path }) => path === imageLockFile)) {
    throw new InputError('INPUT_CONFLICT', `--lock-images, and a file ${imageLockFile} of your own`);
  }
  const images = findImages(readResources(files), files).map(({ image }) => image);
  const opened = await openImageRegistry(values, world, registry);
  try {
    const locked = await lockImages(images, opened.registry.resolve);
    world.stderr(`locked ${locked.length} images\n`);
    return { path: imageLockFile, bytes: formatImageLock(locked) };
  } finally {
    opened.close();
  }
}
