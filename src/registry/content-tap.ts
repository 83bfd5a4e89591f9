// Large content past node's HTTP parser, which costs a download more time than its digest does: the parser reads the head,
// and from there on the connection's bytes, as many as Content-Length says, are the body. Such a connection ends with it.
import type { IncomingMessage } from 'node:http';
import type { OnReadOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { httpLimits } from '../limits.ts';
import type { Bytes } from '../oci/content-store.ts';
import { createInflow } from './inflow.ts';

/** Takes bytes that are overwritten once it returns; false where the connection is to read no more for now. */
type Sink = (bytes: Uint8Array) => boolean;
type Tap = { sink: Sink };

const taps = new WeakMap<object, Tap>();

/** What every connection reads into: node is done with it before the next one reads. */
const scratch = Buffer.allocUnsafeSlow(httpLimits.readBytes);

/** Makes a connection whose bytes go to node's parser until {@link tapContent} wants them. */
export function tapped<S extends Duplex | null | undefined>(connect: (onread: OnReadOpts) => S): S {
  const tap: Tap = { sink: (bytes) => passOn(stream, bytes) };
  const callback = (count: number): boolean => tap.sink(scratch.subarray(0, count));
  const stream = connect({ buffer: scratch, callback });
  if (stream) taps.set(stream, tap);
  return stream;
}

function passOn(stream: Duplex | null | undefined, bytes: Uint8Array): boolean {
  // What answers nobody must not pass for the answer to the next request ("response smuggling").
  if (stream?.listenerCount('data') === 0) stream.destroy();
  else stream?.emit('data', Buffer.from(bytes));
  return true;
}

/**
 * The body of an answer whose connection is tapped, as it comes; undefined where it has to be read in the usual way.
 * @param isChunkLent whether a chunk's memory may be used again once the next one is asked for
 */
export function tapContent(response: IncomingMessage, isChunkLent: boolean): Bytes | undefined {
  const tap = taps.get(response.socket);
  const { 'content-length': length = '', 'transfer-encoding': coding } = response.headers;
  if (tap === undefined || response.destroyed || coding !== undefined) return undefined;
  return /^\d{1,15}$/u.test(length)
    ? receive(response, tap, { byteCount: Number(length), isChunkLent })
    : undefined;
}

type Expected = { readonly byteCount: number; readonly isChunkLent: boolean };

async function* receive(response: IncomingMessage, tap: Tap, { byteCount, isChunkLent }: Expected): Bytes {
  const { socket } = response;
  const inflow = createInflow({ resume: () => socket.resume(), isChunkLent });
  response.on('error', inflow.fail);
  response.once('close', () => inflow.fail(new Error('connection ended within the body')));
  try {
    tap.sink = inflow.put;
    // From here on the parser gets nothing more; this is what it got along with the head.
    const parsed: unknown = response.read();
    if (parsed instanceof Uint8Array) inflow.put(parsed);
    for (let left = byteCount; left > 0;) {
      const chunk = await inflow.next();
      // What comes after the body is nobody's.
      yield chunk.subarray(0, left);
      left -= chunk.byteLength;
    }
  } finally {
    tap.sink = () => false;
    response.destroy();
  }
}
