// Where bytes of unknown number wait until they are wanted: in memory while they are few, then in a file that nobody
// else can open, and of which nothing stays.
import { constants } from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { spoolLimits } from '../limits.ts';
import type { Bytes, OpenBytes } from '../oci/content-store.ts';

export type SpoolOptions = {
  /** Where the file lies; the system's directory for temporary files by default. */
  readonly directory?: string | undefined;
  /** Bytes above which they go into a file. */
  readonly memoryBytes?: number | undefined;
};

export type Spool = {
  /**
   * Calls must not overlap.
   * @throws InputError `FILE_UNREADABLE` where the disk takes no more
   */
  write(piece: Uint8Array): Promise<void>;
  /** Reads all that was written, as often as it is asked. */
  readonly open: OpenBytes;
  /** Forgets the bytes; it may be called again. */
  close(): Promise<void>;
};

const CHUNK_BYTES = 256 * 1024;
const CREATE_NEW = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export function createSpool({
  directory = tmpdir(),
  memoryBytes = spoolLimits.memoryBytes,
}: SpoolOptions = {}): Spool {
  let pieces: Uint8Array[] = [];
  let file: TemporaryFile | undefined;
  let size = 0;

  async function* read(signal?: AbortSignal): Bytes {
    if (file === undefined) yield* pieces;
    else yield* readFile(file.handle, size, signal);
  }

  return {
    write: async (piece) => {
      size += piece.byteLength;
      if (file === undefined) {
        pieces.push(piece);
        if (size <= memoryBytes) return;
      }
      await onDisk(async () => {
        file ??= await createTemporaryFile(directory);
        for (const waiting of pieces.length > 0 ? pieces : [piece]) await file.handle.writeFile(waiting);
      });
      pieces = [];
    },
    open: read,
    close: async () => {
      const closing = file;
      [pieces, size, file] = [[], 0, undefined];
      await closing?.remove();
    },
  };
}

type TemporaryFile = { readonly handle: FileHandle; remove(): Promise<void> };

async function createTemporaryFile(directory: string): Promise<TemporaryFile> {
  const folder = await mkdtemp(join(directory, 'sealift-'));
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  let handle: FileHandle;
  try {
    handle = await open(join(folder, 'layer'), CREATE_NEW, 0o600);
  } catch (error) {
    await removeFolder();
    throw error;
  }
  // Its name goes at once, so that a killed process leaves nothing. Where an open file can't go, it goes at the end.
  await removeFolder().catch(() => undefined);
  return {
    handle,
    remove: async () => {
      await handle.close();
      await removeFolder();
    },
  };
}

async function* readFile(handle: FileHandle, size: number, signal: AbortSignal | undefined): Bytes {
  for (let position = 0; position < size;) {
    signal?.throwIfAborted();
    const length = Math.min(CHUNK_BYTES, size - position);
    // A buffer of its own each time: whoever reads may keep it.
    const { bytesRead, buffer } = await onDisk(() =>
      handle.read(Buffer.allocUnsafe(length), 0, length, position),
    );
    if (bytesRead === 0) throw new InputError('FILE_UNREADABLE', 'temporary file was cut');
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}

async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new InputError('FILE_UNREADABLE', `temporary file can not be written or read (${code})`, {
      cause,
      hint: 'A large layer waits in the directory for temporary files until it is pushed: look for room there.',
    });
  }
}
