// The lock of a writer of layouts: its own directory's, where no live writer is above it or below it. Who holds it has all
// that is below to itself.
import { mkdir, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../errors.ts';
import { serverLimits } from '../limits.ts';
import { isSystemError } from './files.ts';
import { findWriter, hasWriter, lockWriter, type WriterLock } from './writer-lock.ts';

/**
 * Takes the lock of a directory, which is made if need be.
 * @throws InputError `INPUT_CONFLICT` where a live process writes there, above, or below
 */
export async function lockTree(directory: string): Promise<WriterLock> {
  await mkdir(directory, { recursive: true });
  const root = await realpath(directory);
  const lock = await lockWriter(root);
  if (lock === undefined) throw inUse(directory, root);
  try {
    // Who holds its lock before looking around can't be overlooked by another who does the same.
    const holder = (await findAbove(root)) ?? (await findBelow(root));
    if (holder !== undefined) throw inUse(directory, holder);
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function inUse(directory: string, holder: string): InputError {
  return new InputError('INPUT_CONFLICT', `${directory} is in use: another process writes to ${holder}`, {
    hint: 'End that one first; a registry that runs collects its garbage itself with --gc-interval.',
  });
}

async function findAbove(root: string): Promise<string | undefined> {
  const above = dirname(root);
  return above === root ? undefined : findWriter(above);
}

/** Looks where repositories may be: not into blobs, nor into hidden folders, nor through links. */
async function findBelow(root: string): Promise<string | undefined> {
  const folders = [root];
  for (const folder of folders) {
    if (folder !== root && (await hasWriter(folder))) return folder;
    for (const name of await listFolders(folder)) {
      if (folders.length < serverLimits.lockedFolders) folders.push(join(folder, name));
    }
  }
  return undefined;
}

async function listFolders(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && entry.name !== 'blobs' && !entry.name.startsWith('.'))
      .map(({ name }) => name);
  } catch (error) {
    // It went away meanwhile, or is none of ours to list.
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) return [];
    throw error;
  }
}
