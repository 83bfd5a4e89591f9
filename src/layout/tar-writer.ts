// Writes a tar whose bytes depend on its members alone: plain files in the given order, with every property fixed.
import { open, type FileHandle } from 'node:fs/promises';
import { Header } from 'tar/header';
import type { Bytes } from '../oci/content-store.ts';
import { BLOCK } from './tar-headers.ts';

/** Bytes that are collected before they are written: most blobs are small. */
const WRITE_BYTES = 1024 * 1024;

/** One file on its way into a tar. */
export type NewTarMember = {
  /** At most 99 characters. */
  readonly path: string;
  readonly size: number;
  /** Gives exactly `size` bytes, or fails. */
  read(): Bytes;
};

/**
 * Writes a new file; it is whole and on disk when the promise resolves. Where it fails, what is there of it stays.
 * @throws what the members' bytes throw, and system errors; `EEXIST` where the file is there
 */
export async function writeTar(path: string, members: Iterable<NewTarMember>): Promise<void> {
  const handle = await open(path, 'wx', 0o644);
  try {
    const sink = createSink(handle);
    for (const { path: name, size, read } of members) {
      await sink.write(formatHeader(name, size));
      for await (const chunk of read()) await sink.write(chunk);
      await sink.write(Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK));
    }
    await sink.write(Buffer.alloc(2 * BLOCK));
    await sink.flush();
    await handle.sync();
  } finally {
    await handle.close();
  }
}

type Sink = { write(chunk: Uint8Array): Promise<void>; flush(): Promise<void> };

function createSink(handle: FileHandle): Sink {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const chunks = Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
    await handle.writeFile(chunks);
  };
  return {
    flush,
    async write(chunk) {
      waiting.push(chunk);
      bytes += chunk.byteLength;
      if (bytes >= WRITE_BYTES) await flush();
    },
  };
}

/** A size that octal digits can't hold is written in base 256, as GNU's tar does; every reader of today knows it. */
function formatHeader(path: string, size: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const header = new Header({
    path,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size,
    mtime: new Date(0),
    type: 'File',
    uname: '',
    gname: '',
  });
  header.encode(block);
  return block;
}
