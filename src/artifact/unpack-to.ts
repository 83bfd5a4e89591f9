// A layer's files into a directory, which is swapped in as a whole: they are written beside it, and take its place only
// once every byte was checked. A reader sees the old files or the new ones.
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, mkdtemp, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../errors.ts';
import { archiveLimits } from '../limits.ts';
import type { Bytes } from '../oci/content-store.ts';
import type { ArchiveLimits, Totals } from './entry-rules.ts';
import { readLayer, type LayerSink } from './read-layer.ts';

const CREATE_NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export type UnpackOptions = {
  /** Whether a directory that holds something is exchanged. */
  readonly replace?: boolean;
  readonly limits?: ArchiveLimits;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Unpacks a layer into a directory. On a failure the directory is as it was. A process that is killed leaves hidden
 * neighbours at most, `.NAME.new-…` and, between two renames, the old files as `.NAME.old-…`.
 * @param compressed fails at its end unless it is what was verified; see `verifyStream`
 * @throws what {@link readLayer} throws; InputError `INPUT_CONFLICT`, `INPUT_INVALID`, `FILE_UNREADABLE`
 */
export async function unpackTo(
  directory: string,
  compressed: Bytes,
  { replace = false, limits = archiveLimits, signal }: UnpackOptions = {},
): Promise<Totals> {
  const target = resolve(directory);
  await assertReplaceable(target, replace);
  const parent = dirname(target);
  const fresh = await onDisk(parent, () => mkdtemp(join(parent, `.${basename(target)}.new-`)));
  const sink = createFolderSink(fresh, signal);
  try {
    const totals = await readLayer(compressed, sink, limits);
    await onDisk(directory, async () => {
      await chmod(fresh, 0o755);
      await syncFolder(fresh);
    });
    // Somebody may have put something there meanwhile.
    await assertReplaceable(target, replace);
    signal?.throwIfAborted();
    await onDisk(directory, () => swap(fresh, target));
    return totals;
  } catch (error) {
    await sink.abort();
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** @throws InputError */
async function assertReplaceable(target: string, replace: boolean): Promise<void> {
  const kind = await kindOf(target);
  if (kind === 'nothing') return;
  if (kind === 'other') {
    throw new InputError('INPUT_INVALID', `${target} is not a directory`, {
      hint: 'A link is not followed: name the directory itself.',
    });
  }
  if (replace || (await onDisk(target, () => readdir(target))).length === 0) return;
  throw new InputError('INPUT_CONFLICT', `${target} is not empty`, {
    hint: 'Its files would be gone: name another directory, or ask for it with --replace.',
  });
}

async function kindOf(target: string): Promise<'nothing' | 'directory' | 'other'> {
  try {
    return (await lstat(target)).isDirectory() ? 'directory' : 'other';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'nothing';
    throw unreadable(target, error);
  }
}

type FolderSink = LayerSink & {
  /** Ends the file that is being written, if any. */
  abort(): Promise<void>;
};

/** Writes files below a folder that nobody else knows, so that each folder and file in it is ours. */
function createFolderSink(root: string, signal: AbortSignal | undefined): FolderSink {
  const made = new Set(['.']);
  let current: FileHandle | undefined;
  let isOver = false;

  async function makeFolder(path: string): Promise<void> {
    if (made.has(path)) return;
    await makeFolder(dirname(path));
    await mkdir(join(root, path));
    // Whatever the umask is.
    await chmod(join(root, path), 0o755);
    made.add(path);
  }

  return {
    startFile: async (path) => {
      signal?.throwIfAborted();
      const file = await onDisk(path, async () => {
        await makeFolder(dirname(path));
        return open(join(root, path), CREATE_NEW, 0o644);
      });
      // A refusal may have come while it was opened.
      if (isOver) {
        await file.close();
        throw new Error('unpacking is over');
      }
      current = file;
      return {
        write: (chunk) => onDisk(path, () => file.writeFile(chunk)),
        end: () =>
          onDisk(path, async () => {
            await file.chmod(0o644);
            await file.sync();
            await file.close();
            current = undefined;
          }),
      };
    },
    abort: async () => {
      isOver = true;
      await current?.close();
    },
  };
}

/** A rename can't replace a directory that holds something: the old one steps aside first, and back if that fails. */
async function swap(fresh: string, target: string): Promise<void> {
  const parent = dirname(target);
  if ((await kindOf(target)) === 'nothing') await rename(fresh, target);
  else {
    const aside = await mkdtemp(join(parent, `.${basename(target)}.old-`));
    await rename(target, aside);
    try {
      await rename(fresh, target);
    } catch (error) {
      await rename(aside, target);
      throw error;
    }
    // From here on it is done: what can't be removed is left, and is no failure.
    await rm(aside, { recursive: true, force: true }).catch(() => undefined);
  }
  await syncFolder(parent).catch(() => undefined);
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What the system says of a disk is about the place that the user named. */
async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? unreadable(path, error) : error;
  }
}

function unreadable(path: string, cause: unknown): InputError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return new InputError('FILE_UNREADABLE', `${path} can not be written (${code})`, { cause });
}
