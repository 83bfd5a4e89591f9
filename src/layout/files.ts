// Files of an image layout, opened so that a hostile layout can't make us read or write outside of it: nothing is
// followed that is a symbolic link ("symlink escape"), nothing is opened that is not a plain file.
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ContentError } from '../errors.ts';

const READ_PLAIN = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** An open plain file with its size in bytes. */
export type PlainFile = { readonly handle: FileHandle; readonly size: number };

/** Whether a thrown value is a system error with one of these codes. */
export function isSystemError(
  value: unknown,
  ...codes: readonly string[]
): value is Error & { readonly code: unknown } {
  return value instanceof Error && 'code' in value && codes.includes(String(value.code));
}

/** What stands at a path, a symbolic link as itself; undefined where nothing does. */
export async function lookAt(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/**
 * Opens a plain file for reading; undefined where there is none.
 * @throws ContentError `LAYOUT_INVALID` if it is a symbolic link, a directory or a device
 */
export async function openPlain(path: string): Promise<PlainFile | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, READ_PLAIN);
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return undefined;
    if (isSystemError(cause, 'ELOOP', 'EMLINK', 'ENXIO')) throw notPlain(path, cause);
    throw cause;
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw notPlain(path);
    return { handle, size: stats.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * A whole small file; undefined where there is none.
 * @param maxBytes bytes above which it is refused unread
 * @throws ContentError `LAYOUT_INVALID`
 */
export async function readPlain(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const file = await openPlain(path);
  if (file === undefined) return undefined;
  try {
    if (file.size > maxBytes) {
      throw new ContentError('LAYOUT_INVALID', `${path} has ${file.size} bytes, more than ${maxBytes}`);
    }
    return await file.handle.readFile();
  } finally {
    await file.handle.close();
  }
}

/**
 * Makes a directory, durably, unless it is there.
 * @throws ContentError `LAYOUT_INVALID` if something else stands there
 */
export async function ensureDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
    await syncDirectory(dirname(path));
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
    await refuseNonDirectory(path);
  }
}

/**
 * Accepts a directory, and nothing at all.
 * @throws ContentError `LAYOUT_INVALID` if the path is a symbolic link or a file
 */
export async function refuseNonDirectory(path: string): Promise<void> {
  const stats = await lookAt(path);
  if (stats !== undefined && !stats.isDirectory()) {
    throw new ContentError('LAYOUT_INVALID', `${path} is not a directory`);
  }
}

/** Makes a rename in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function notPlain(path: string, cause?: unknown): ContentError {
  return new ContentError('LAYOUT_INVALID', `${path} is not a plain file`, { cause });
}
