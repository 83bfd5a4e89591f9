// New files of a layout, written in its folder `.uploads`, which get their names by rename once they are on disk.
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError, lookAt, syncDirectory } from './files.ts';
import { createWriteQueue } from './write-queue.ts';

const CREATE_NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export type Temporary = { readonly path: string; readonly handle: FileHandle };

export type Temporaries = {
  create(): Promise<Temporary>;
  /** Gives a file whose bytes are on disk its final name; it is closed then. The name is durable after `syncFolder`. */
  place(temporary: Temporary, target: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>;
  /** Removes what a killed process left. */
  removeLeftovers(): Promise<void>;
};

/** @param makeFolders makes all folders that files go to */
export function createTemporaries(folder: string, makeFolders: () => Promise<void>): Temporaries {
  const ready = createReadiness(makeFolders);
  const syncs = new Map<string, () => Promise<void>>();
  const openNew = async (): Promise<Temporary> => {
    const path = join(folder, randomUUID());
    return { path, handle: await open(path, CREATE_NEW, 0o644) };
  };
  return {
    async create() {
      await ready();
      try {
        return await openNew();
      } catch (error) {
        if (!isSystemError(error, 'ENOENT')) throw error;
        // Somebody tidied up.
        await ready({ again: true });
        return openNew();
      }
    },
    async place({ path, handle }, target) {
      await handle.close();
      await rename(path, target);
    },
    syncFolder(path) {
      // Files that get their names while a folder is synced share its next sync.
      const sync = syncs.get(path) ?? createWriteQueue(() => syncDirectory(path));
      syncs.set(path, sync);
      return sync();
    },
    async removeLeftovers() {
      for (const name of await listNames(folder))
        await rm(join(folder, name), { recursive: true, force: true });
    },
  };
}

/** Forgets a temporary file; harmless once it has its final name. */
export async function discard({ path, handle }: Temporary): Promise<void> {
  await handle.close();
  await rm(path, { force: true });
}

/** The names in a folder; none where there is no folder. */
export async function listNames(folder: string): Promise<readonly string[]> {
  return (await lookAt(folder)) === undefined ? [] : readdir(folder);
}

/** Makes folders once, or once more. */
function createReadiness(makeFolders: () => Promise<void>): (how?: { again: boolean }) => Promise<void> {
  let made: Promise<void> | undefined;
  return async ({ again } = { again: false }) => {
    if (again) made = undefined;
    made ??= makeFolders();
    try {
      await made;
    } catch (error) {
      made = undefined;
      throw error;
    }
  };
}
