// An answer on its way in: its body in pieces, at a least pace, and within an overall time unless it is content.
import type { ClientRequest, IncomingMessage } from 'node:http';
import { httpLimits } from '../limits.ts';
import type { Bytes } from '../oci/content-store.ts';
import { tapContent } from './content-tap.ts';
import { createDeadline, watchPace, type Timing } from './deadlines.ts';
import { protocolError, type HttpAnswer, type HttpRequest } from './http.ts';
import { networkError, timeoutError } from './network-errors.ts';

/** @param message what is answered; where its body was not sent to its end, its connection ends with the answer */
export function toAnswer(
  request: HttpRequest,
  response: IncomingMessage,
  { message, ...timing }: Timing & { readonly message: ClientRequest },
): HttpAnswer {
  const status = response.statusCode ?? 0;
  const isContent = request.hasLongAnswer === true && (status === 200 || status === 206);
  const deadline = createDeadline((ms) => response.destroy(timeoutError(request, ms)));
  if (!isContent) deadline.start(timing.deadlines.documentMs);
  response.once('close', () => {
    deadline.stop();
    if (!message.writableEnded) message.destroy();
  });
  return {
    status,
    header: (name) => {
      const value = response.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: readBody(request, response, timing),
    discard: () => discard(response),
  };
}

async function* readBody(request: HttpRequest, response: IncomingMessage, timing: Timing): Bytes {
  const pace = watchPace(timing, (ms) => response.destroy(timeoutError(request, ms)));
  const isLent = request.isChunkLent === true;
  try {
    const tap = request.hasLargeAnswer === true ? tapContent(response, isLent) : undefined;
    pace.wait();
    for await (const chunk of tap ?? response) {
      if (!(chunk instanceof Uint8Array)) throw protocolError(request, 'gave text where bytes were expected');
      pace.moved(chunk.byteLength);
      yield chunk;
      if (isLent && tap === undefined) release(chunk);
      pace.wait();
    }
  } catch (error) {
    throw networkError(request, error);
  } finally {
    pace.stop();
  }
}

/**
 * Gives a chunk's memory back at once: left to the garbage collector, a large download takes a hundred MiB of it. Where the
 * connection's other bytes share that memory, it stays.
 */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** Reads a short rest, which keeps the connection, and gives up on a long one. */
function discard(response: IncomingMessage): void {
  let bytes = 0;
  response.on('error', () => undefined);
  response.on('data', (chunk: Uint8Array) => {
    bytes += chunk.byteLength;
    if (bytes > httpLimits.discardBytes) response.destroy();
  });
}
