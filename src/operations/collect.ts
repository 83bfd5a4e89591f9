// The files that are published: everything below a directory that objects are read from and no ignore file names, or one
// file. Links are not followed, so nothing outside what the user named gets into an artifact.
import { closeSync, constants, fstatSync, openSync, readSync, type Dirent } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  createIgnoreBudget,
  findIgnoring,
  ignoreFileName,
  parseIgnoreFile,
  type IgnoreBudget,
  type IgnoreRules,
} from '../artifact/ignore/ignore.ts';
import type { ArtifactFile } from '../artifact/pack.ts';
import { InputError } from '../errors.ts';
import { archiveLimits } from '../limits.ts';
import { isResourceFile } from '../resources/validate.ts';
import type { PathChoice } from './path-choice.ts';

export type Collected = {
  readonly files: readonly ArtifactFile[];
  /** Paths that were left out, and why. Of an ignored folder, the folder alone. */
  readonly skipped: readonly string[];
};

/** Windows has neither. */
const { O_NOFOLLOW: noFollow, O_NONBLOCK: noWait } = constants as Partial<typeof constants>;

/** A folder that is still to be looked at; its path is relative, and empty for the first. */
type Folder = { readonly path: string; readonly rules: IgnoreRules | undefined };

export type CollectOptions = {
  /** Lines as in an ignore file, which count as if they stood at the end of the directory's own. */
  readonly exclude?: string | undefined;
  /** What is taken of the directory; absent where it is all. */
  readonly only?: PathChoice | undefined;
};

/**
 * Collects files, paths relative to the directory.
 * @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID`
 */
export async function collectFiles(
  path: string,
  { exclude = '', only }: CollectOptions = {},
): Promise<Collected> {
  const files: ArtifactFile[] = [];
  const skipped: string[] = [];
  const stat = await readable(path, () => lstat(path));
  if (stat.isFile()) return { files: [await readSingle(path)], skipped };
  if (!stat.isDirectory()) throw new InputError('INPUT_INVALID', `${path} is neither a file nor a directory`);
  const budget = createIgnoreBudget();
  const open: Folder[] = [{ path: '', rules: undefined }];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const here = join(path, folder.path);
    const entries = await readable(here, () => readdir(here, { withFileTypes: true }));
    const own = await readRules(path, folder, { entries, budget });
    const rules =
      folder.path !== '' || exclude === ''
        ? own
        : parseIgnoreFile(Buffer.from(exclude), { file: 'exclude', above: own, budget });
    for (const entry of entries) {
      if (entry.name === ignoreFileName) continue;
      const relative = joinRelative(folder.path, entry.name);
      if (!isChosen(entry, relative, only)) continue;
      const reason = reasonToSkip(entry, relative, { rules, only });
      if (reason !== undefined) skipped.push(`${relative} (${reason})`);
      else if (entry.isDirectory()) open.push({ path: relative, rules });
      else files.push(await readEntry(join(path, relative), relative));
      if (files.length > archiveLimits.entries) {
        throw new InputError('INPUT_INVALID', `${path} holds more than ${archiveLimits.entries} files`);
      }
    }
  }
  assertSome(path, files, only);
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), skipped: skipped.sort() };
}

/** @throws InputError `INPUT_INVALID` where there is nothing to publish, or nothing of one path that was chosen */
function assertSome(path: string, files: readonly ArtifactFile[], only: PathChoice | undefined): void {
  only?.assertAllFound(files.map((file) => file.path));
  if (files.length > 0) return;
  throw new InputError('INPUT_INVALID', `${path} holds no YAML or JSON file that is not ignored`, {
    hint: 'Name the directory that holds the rendered manifests.',
  });
}

/** Published under another name, its objects would be passed over by everyone who reads the artifact. */
async function readSingle(path: string): Promise<ArtifactFile> {
  const name = basename(path);
  if (isResourceFile(name)) return readEntry(path, name);
  throw new InputError('INPUT_INVALID', `${path} is neither YAML nor JSON by its name`, {
    hint: 'Name it *.yaml, *.yml or *.json, or name the directory that holds the rendered manifests.',
  });
}

function isChosen(entry: Dirent, path: string, only: PathChoice | undefined): boolean {
  if (only === undefined) return true;
  return entry.isDirectory() ? only.enters(path) : only.takes(path);
}

function reasonToSkip(
  entry: Dirent,
  path: string,
  { rules, only }: { readonly rules: IgnoreRules | undefined; readonly only: PathChoice | undefined },
): string | undefined {
  if (entry.name.startsWith('.') && only?.names(path) !== true) return 'hidden';
  const ignoring = findIgnoring(rules, { path, isFolder: entry.isDirectory() });
  if (ignoring !== undefined) return `ignored by ${ignoring}`;
  if (entry.isDirectory()) return undefined;
  if (!entry.isFile()) return 'not a plain file';
  return isResourceFile(entry.name) ? undefined : 'neither YAML nor JSON';
}

/** The rules for a folder's entries: those of its own ignore file, if it has one, and those above. */
async function readRules(
  root: string,
  folder: Folder,
  { entries, budget }: { readonly entries: readonly Dirent[]; readonly budget: IgnoreBudget },
): Promise<IgnoreRules | undefined> {
  const entry = entries.find(({ name }) => name === ignoreFileName);
  if (entry === undefined) return folder.rules;
  const file = joinRelative(folder.path, ignoreFileName);
  // Passing over it as git does would publish what it was to keep out.
  if (!entry.isFile()) throw new InputError('INPUT_INVALID', `${file} is not a plain file`);
  const full = join(root, file);
  const { size } = await readable(full, () => lstat(full));
  if (size > budget.bytes) {
    throw new InputError('INPUT_INVALID', `${file} has ${size} bytes, more than ${budget.bytes}`);
  }
  const bytes = await readable(full, () => readFile(full));
  return parseIgnoreFile(bytes, { file, above: folder.rules, budget });
}

function joinRelative(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** Calls of the system one after the other: by way of threads they take four times as long, where files are many. */
async function readEntry(full: string, path: string): Promise<ArtifactFile> {
  return readable(full, () => {
    // What was a plain file when its folder was read may be a link now, or wait for somebody who writes.
    const file = openSync(full, constants.O_RDONLY | (noFollow ?? 0) | (noWait ?? 0));
    try {
      const stat = fstatSync(file);
      if (!stat.isFile()) throw new InputError('INPUT_INVALID', `${path} is not a plain file`);
      const { size } = stat;
      if (size > archiveLimits.fileBytes) {
        const message = `${path} has ${size} bytes, more than ${archiveLimits.fileBytes}`;
        throw new InputError('INPUT_INVALID', message);
      }
      return { path, bytes: readWhole(file, size) };
    } finally {
      closeSync(file);
    }
  });
}

function readWhole(file: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(file, bytes, filled, size - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

async function readable<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new InputError('FILE_UNREADABLE', `${path} can not be read (${code})`, { cause });
  }
}
