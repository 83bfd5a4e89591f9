// Where blobs on their way into a tar wait until it is written: a folder beside it, as blobs of a layout. What a killed
// process left there whole is used by the next one, so that a long copy goes on where it broke.
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../oci/digest.ts';
import { openBlobFiles, type BlobFiles } from './blobs.ts';
import type { ReadableBlobs } from './catalog-store.ts';
import { ensureDirectory, isSystemError } from './files.ts';
import { writeTar, type NewTarMember } from './tar-writer.ts';

/** Blobs of a tar and those that are to come into it. */
export type TarSpool = Pick<BlobFiles, 'open' | 'sizeOf' | 'write' | 'link'> & {
  /** What has come in, or was there already and was asked for; the rest of what a killed process left is none of ours. */
  added(): ReadonlySet<Digest>;
  /** Where the new tar is written before it takes its place. */
  readonly archivePath: string;
  writeArchive(members: Iterable<NewTarMember>): Promise<void>;
  /** Removes the folder with all that is ours in it. */
  remove(): Promise<void>;
};

/**
 * Opens the folder `FILE.part` of a tar.
 * @param base the tar's blobs as they are
 * @throws ContentError `LAYOUT_INVALID` if something else has that name
 */
export async function openTarSpool(file: string, base: ReadableBlobs): Promise<TarSpool> {
  const directory = `${file}.part`;
  await ensureDirectory(directory);
  const spooled = await openBlobFiles(directory, { isSyncLate: true });
  const archivePath = join(directory, 'archive');
  await spooled.removeLeftovers();
  const added = new Set<Digest>();

  async function sizeOf(digest: Digest): Promise<number | undefined> {
    const size = await spooled.sizeOf(digest);
    if (size === undefined) return base.sizeOf(digest);
    added.add(digest);
    return size;
  }

  return {
    sizeOf,
    archivePath,
    added: () => added,
    open: async (digest) => (await spooled.open(digest)) ?? base.open(digest),
    async write(descriptor, chunks) {
      await spooled.write(descriptor, chunks);
      added.add(descriptor.digest);
    },
    async link(sourceDirectory, digest) {
      if (!(await spooled.link(sourceDirectory, digest))) return false;
      added.add(digest);
      return true;
    },
    async writeArchive(members) {
      await rm(archivePath, { force: true });
      await writeTar(archivePath, members);
    },
    async remove() {
      for (const name of ['blobs', '.uploads', 'archive'])
        await rm(join(directory, name), { recursive: true, force: true });
      await rmdir(directory).catch((error: unknown) => {
        // What somebody else put there stays.
        if (!isSystemError(error, 'ENOTEMPTY', 'ENOENT')) throw error;
      });
    },
  };
}
