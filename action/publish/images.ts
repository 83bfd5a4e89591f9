// Images of what is published: put under other names by rule, and locked to their digests.
import type { ArtifactFile } from '../../src/artifact/pack.ts';
import { toRequestable, wantedOf } from '../../src/images/reference.ts';
import { makeImageLock } from '../../src/operations/image-lock.ts';
import { rewriteImages } from '../../src/operations/rewrite-images.ts';
import { withRegistries } from '../shared/open-registry.ts';
import type { ActionWorld } from '../shared/world.ts';
import type { Inputs } from './inputs.ts';

/** The files as they are published, and how many images their lock has. */
export type FilesWithImages = {
  readonly files: readonly ArtifactFile[];
  readonly images: number | undefined;
};

/** A dry run asks no registry, and so locks nothing. */
export async function withImages(
  collected: readonly ArtifactFile[],
  { reference, registry, rewrites, locksImages, isDryRun }: Inputs,
  world: ActionWorld,
): Promise<FilesWithImages> {
  const { host, signal } = world;
  const log = (line: string): void => host.info(line);
  const files = rewriteImages(collected, rewrites, { log });
  if (!locksImages || isDryRun) return { files, images: undefined };
  return withRegistries(reference.registry, registry, world, async (open) => {
    const { file, images } = await makeImageLock(
      files,
      async (image) => (await open(toRequestable(image)).resolve(wantedOf(image), signal)).descriptor.digest,
      { log },
    );
    return { files: [...files, file], images };
  });
}
