// Request bodies, read with a bound. A body that is too long is left unread, so that the refusal can be sent; one
// that breaks off makes the read fail.
import type { IncomingMessage } from 'node:http';

/**
 * Gives each chunk of a body to `take`.
 * @param maxBytes bytes that are let through
 * @returns whether the whole body was read; false as soon as it is known to be longer
 */
export async function receiveBody(
  request: IncomingMessage,
  maxBytes: number,
  take: (chunk: Uint8Array) => Promise<void> | void,
): Promise<boolean> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return false;
  let size = 0;
  // The plain iterator would destroy the socket, and the answer with it.
  const chunks: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > maxBytes) return false;
    await take(chunk);
  }
  return true;
}

/** A whole body in memory; undefined if it is longer than `maxBytes`. */
export async function receiveBytes(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  const isWhole = await receiveBody(request, maxBytes, (chunk) => {
    chunks.push(chunk);
  });
  return isWhole ? Buffer.concat(chunks) : undefined;
}
