// The files that are published: everything below a directory that objects are read from, or one file. Links are not
// followed, so nothing outside what the user named gets into an artifact.
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ArtifactFile } from '../artifact/pack.ts';
import { InputError } from '../errors.ts';
import { archiveLimits } from '../limits.ts';
import { isResourceFile } from '../resources/validate.ts';

export type Collected = {
  readonly files: readonly ArtifactFile[];
  /** Paths that were left out, and why. */
  readonly skipped: readonly string[];
};

/**
 * Collects files, paths relative to the directory.
 * @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID`
 */
export async function collectFiles(path: string): Promise<Collected> {
  const files: ArtifactFile[] = [];
  const skipped: string[] = [];
  const stat = await readable(path, () => lstat(path));
  if (stat.isFile()) return { files: [await readEntry(path, basename(path), stat.size)], skipped };
  if (!stat.isDirectory()) throw new InputError('INPUT_INVALID', `${path} is neither a file nor a directory`);
  const open = [''];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const here = join(path, folder);
    for (const entry of await readable(here, () => readdir(here, { withFileTypes: true }))) {
      const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.name.startsWith('.')) skipped.push(`${relative} (hidden)`);
      else if (entry.isDirectory()) open.push(relative);
      else if (!entry.isFile()) skipped.push(`${relative} (not a plain file)`);
      else if (!isResourceFile(entry.name)) skipped.push(`${relative} (neither YAML nor JSON)`);
      else {
        const full = join(path, relative);
        files.push(await readEntry(full, relative, (await readable(full, () => lstat(full))).size));
      }
      if (files.length > archiveLimits.entries) {
        throw new InputError('INPUT_INVALID', `${path} holds more than ${archiveLimits.entries} files`);
      }
    }
  }
  if (files.length === 0) {
    throw new InputError('INPUT_INVALID', `${path} holds no YAML or JSON file`, {
      hint: 'Name the directory that holds the rendered manifests.',
    });
  }
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), skipped: skipped.sort() };
}

async function readEntry(full: string, path: string, size: number): Promise<ArtifactFile> {
  if (size > archiveLimits.fileBytes) {
    throw new InputError('INPUT_INVALID', `${path} has ${size} bytes, more than ${archiveLimits.fileBytes}`);
  }
  return { path, bytes: await readable(full, () => readFile(full)) };
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new InputError('FILE_UNREADABLE', `${path} can not be read (${code})`, { cause });
  }
}
