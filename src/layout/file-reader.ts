// Reads an open file in large chunks, one ahead: while a chunk is hashed or sent, the next one comes.
import type { FileHandle } from 'node:fs/promises';
import type { Bytes, ReadOptions } from '../oci/content-store.ts';

const CHUNK_BYTES = 256 * 1024;

/** Positions of the first and the last byte. */
export type ByteRange = { readonly first: number; readonly last: number };

/**
 * Bytes of an open file between two positions; fewer where the file ends. Each chunk has memory of its own, unless chunks
 * are lent.
 */
export async function* readRange(
  handle: FileHandle,
  { first, last }: ByteRange,
  { isChunkLent = false }: ReadOptions = {},
): Bytes {
  const spare: Buffer[] = [];
  let position = first;
  const read = async (): Promise<{ readonly memory: Buffer; readonly chunk: Buffer } | undefined> => {
    const length = Math.min(CHUNK_BYTES, last - position + 1);
    if (length <= 0) return undefined;
    // Later chunks are never longer than earlier ones.
    const memory = spare.pop() ?? Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await handle.read(memory, 0, length, position);
    return { memory, chunk: memory.subarray(0, bytesRead) };
  };
  for (let found = await read(); found !== undefined && found.chunk.byteLength > 0;) {
    position += found.chunk.byteLength;
    const next = read();
    // Whoever asks for the next chunk gets its error; perhaps nobody does.
    next.catch(() => undefined);
    yield found.chunk;
    if (isChunkLent) spare.push(found.memory);
    found = await next;
  }
}
