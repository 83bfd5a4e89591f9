// Files that inputs name: inside the workspace where they are published, bounded where they are read.
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { InputError } from '../../src/errors.ts';

/** A file or directory of the workspace. */
export type WorkspacePath = {
  /** Without links. */
  readonly absolute: string;
  /** The directory that paths of the artifact are relative to, relative to the workspace, with forward slashes. */
  readonly folder: string;
};

/**
 * Finds a path in the workspace; neither `..` nor a link may lead out of it ("symlink escape").
 * @throws InputError `INPUT_INVALID`, `FILE_UNREADABLE`
 */
export async function resolveInWorkspace(workspace: string, path: string): Promise<WorkspacePath> {
  const wanted = resolve(workspace, path);
  // By its name first, so that nothing outside is even looked at.
  if (!isInside(workspace, wanted)) throw outside(path);
  const root = await readable(workspace, () => realpath(workspace));
  const absolute = await readable(path, () => realpath(wanted));
  if (!isInside(root, absolute)) throw outside(path);
  const isDirectory = (await readable(path, () => stat(absolute))).isDirectory();
  const folder = relative(root, isDirectory ? absolute : dirname(absolute));
  return { absolute, folder: folder.replaceAll(sep, '/') };
}

/**
 * The text of a file of at most `maxBytes`.
 * @throws InputError `INPUT_INVALID`, `FILE_UNREADABLE`
 */
export async function readText(path: string, maxBytes: number): Promise<string> {
  const { size } = await readable(path, () => stat(path));
  if (size > maxBytes)
    throw new InputError('INPUT_INVALID', `${path} has ${size} bytes, more than ${maxBytes}`);
  return (await readable(path, () => readFile(path))).toString('utf8');
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(path: string): InputError {
  return new InputError('INPUT_INVALID', `${JSON.stringify(path)} leads out of the workspace`, {
    hint: 'Name a directory or file of the checkout; links out of it are not followed.',
  });
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new InputError('FILE_UNREADABLE', `${path} can not be read (${code})`, { cause });
  }
}
