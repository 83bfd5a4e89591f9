// Writes a new file from its beginning: chunks are collected into few large writes, which run while more chunks come, and
// what has been written is flushed to the disk on the way, so that little is left to wait for at the end.
import type { FileHandle } from 'node:fs/promises';

/** Bytes or chunks from which a write is worth its while. */
const WRITE_BYTES = 512 * 1024;
const WRITE_CHUNKS = 64;
/** How many times that may wait for the write under way. */
const WAITING_WRITES = 4;
/** Bytes after which the disk is told to begin. */
const SYNC_BYTES = 32 * 1024 * 1024;

export type FileWriter = {
  /** Bytes that were taken so far. */
  readonly size: number;
  /** Takes a chunk, whose bytes must stay as they are; waits where the disk can't keep up. Calls must not overlap. */
  append(chunk: Uint8Array): Promise<void>;
  /** Waits until every byte is on disk. */
  finish(): Promise<void>;
};

/** @throws system errors, also those of a write that an earlier call began */
export function createFileWriter(handle: FileHandle): FileWriter {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let takenBytes = 0;
  let writtenBytes = 0;
  let writing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  const sync = createBackgroundSync(handle);

  const isWorthIt = (times: number): boolean =>
    waitingBytes >= WRITE_BYTES * times || waiting.length >= WRITE_CHUNKS * times;

  async function writeWaiting(): Promise<void> {
    const chunks = waiting;
    const bytes = waitingBytes;
    waiting = [];
    waitingBytes = 0;
    await writeAll(handle, chunks, writtenBytes);
    writtenBytes += bytes;
    sync.wrote(bytes);
  }

  async function writeOn(): Promise<void> {
    try {
      while (isWorthIt(1)) await writeWaiting();
    } catch (error) {
      failure = { error };
    }
    writing = undefined;
  }

  const rethrow = (): void => {
    if (failure !== undefined) throw failure.error;
  };

  return {
    get size() {
      return takenBytes;
    },
    async append(chunk) {
      rethrow();
      waiting.push(chunk);
      waitingBytes += chunk.byteLength;
      takenBytes += chunk.byteLength;
      if (writing === undefined && isWorthIt(1)) writing = writeOn();
      if (isWorthIt(WAITING_WRITES)) await writing;
    },
    async finish() {
      await writing;
      rethrow();
      await writeWaiting();
      await sync.finish();
    },
  };
}

async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[], start: number): Promise<void> {
  let position = start;
  let rest = chunks.filter(({ byteLength }) => byteLength > 0);
  while (rest.length > 0) {
    let { bytesWritten } = await handle.writev(rest, position);
    position += bytesWritten;
    // A disk that is full takes a part, and the next write says why.
    rest = rest.flatMap((chunk) => {
      const isWhole = bytesWritten >= chunk.byteLength;
      const left = isWhole ? [] : [chunk.subarray(bytesWritten)];
      bytesWritten = Math.max(0, bytesWritten - chunk.byteLength);
      return left;
    });
  }
}

type BackgroundSync = { wrote(bytes: number): void; finish(): Promise<void> };

/** Flushes on the way, one flush at a time. */
function createBackgroundSync(handle: FileHandle): BackgroundSync {
  let dirtyBytes = 0;
  let syncing: Promise<void> | undefined;
  return {
    wrote(bytes) {
      dirtyBytes += bytes;
      if (syncing !== undefined || dirtyBytes < SYNC_BYTES) return;
      dirtyBytes = 0;
      // What it fails with, the last flush may not tell again.
      syncing = handle.datasync().then(() => {
        syncing = undefined;
      });
      syncing.catch(() => undefined);
    },
    async finish() {
      await syncing;
      await handle.datasync();
    },
  };
}
