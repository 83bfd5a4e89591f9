// Writes a new file from its beginning: chunks are collected in a few buffers, each of which is written while the next one
// fills, and what has been written is flushed to the disk on the way, so that little is left to wait for at the end.
import type { FileHandle } from 'node:fs/promises';

/** Writes of a MiB and more take Linux longer: it looks for as much memory in one piece. */
const BUFFER_BYTES = 512 * 1024;
/** Of a file whose size nobody knows yet, the first buffer: most are small. */
const FIRST_BUFFER_BYTES = 64 * 1024;
/** Buffers of one file that wait for the disk before the next one is filled. */
const BUFFERS = 4;
/** Bytes after which the disk is told to begin. */
const SYNC_BYTES = 8 * 1024 * 1024;

export type FileWriter = {
  /** Bytes that were taken so far. */
  readonly size: number;
  /** Takes a copy of a chunk, and waits where the disk can't keep up. Calls must not overlap. */
  append(chunk: Uint8Array): Promise<void>;
  /** Waits until every byte is on disk. */
  finish(): Promise<void>;
};

/**
 * Its methods throw system errors, also those of a write that an earlier call began.
 * @param expectedBytes of the whole file, where that is known
 */
export function createFileWriter(handle: FileHandle, expectedBytes = FIRST_BUFFER_BYTES): FileWriter {
  const output = createOutput(handle);
  let buffer: Buffer = Buffer.allocUnsafeSlow(Math.min(expectedBytes, BUFFER_BYTES));
  let filled = 0;
  let size = 0;

  async function exchange(): Promise<void> {
    const spare = await output.write(buffer, filled);
    buffer = spare ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    filled = 0;
  }

  return {
    get size() {
      return size;
    },
    async append(chunk) {
      for (let start = 0; start < chunk.byteLength;) {
        if (filled === buffer.byteLength) await exchange();
        const part = chunk.subarray(start, start + buffer.byteLength - filled);
        buffer.set(part, filled);
        filled += part.byteLength;
        start += part.byteLength;
        size += part.byteLength;
      }
    },
    async finish() {
      if (filled > 0) await output.write(buffer, filled);
      await output.finish();
    },
  };
}

type Output = {
  /** Begins to write the start of a buffer; gives one that is written already, if there is one. */
  write(buffer: Buffer, length: number): Promise<Buffer | undefined>;
  finish(): Promise<void>;
};

function createOutput(handle: FileHandle): Output {
  const sync = createBackgroundSync(handle);
  const spare: Buffer[] = [];
  const underWay: Promise<void>[] = [];
  let position = 0;
  let last: Promise<void> = Promise.resolve();

  async function writeAfter(before: Promise<void>, buffer: Buffer, length: number): Promise<void> {
    await before;
    // A disk that is full takes a part, and the next write says why.
    for (let start = 0; start < length;) {
      const { bytesWritten } = await handle.write(buffer, start, length - start, position);
      start += bytesWritten;
      position += bytesWritten;
    }
    if (buffer.byteLength === BUFFER_BYTES) spare.push(buffer);
    sync.wrote(length);
  }

  return {
    async write(buffer, length) {
      last = writeAfter(last, buffer, length);
      // Every later call tells what it failed with.
      last.catch(() => undefined);
      underWay.push(last);
      // One more fills meanwhile.
      if (underWay.length >= BUFFERS) await underWay.shift();
      return spare.pop();
    },
    async finish() {
      await last;
      await sync.finish();
    },
  };
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
