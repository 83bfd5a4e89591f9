// One HTTP/2 exchange: send a request, wait for the answer's head, then collect its body or pass it on in pieces.
// Every way to fail becomes a KubeError that says whether the server can have seen the request.

import * as http2 from 'node:http2';

import { KubeError, errorMessageOf } from '../errors.ts';
import type { Connection } from './connection.ts';

export type Outgoing = {
  readonly headers: http2.OutgoingHttpHeaders;
  readonly body: Buffer | undefined;
  /** Asked before the head and before the body is sent; what it gives is thrown instead. */
  readonly fence?: (() => KubeError | undefined) | undefined;
};

/** The head of an answer; its body is still to come on the stream. */
export type AnswerHead = {
  readonly status: number;
  readonly headers: http2.IncomingHttpHeaders;
  readonly stream: http2.ClientHttp2Stream;
};

/**
 * Sends a request and resolves with the head of its answer. The signal also ends the body.
 * @throws KubeError `KUBE_UNAVAILABLE`; the signal's reason; what the fence gives
 */
export async function send(
  connection: Connection,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<AnswerHead> {
  const refusal = outgoing.fence?.();
  if (refusal !== undefined) throw refusal;
  const stream = await connection.open(outgoing.headers, outgoing.body === undefined, signal);
  const { promise, resolve, reject } = Promise.withResolvers<http2.IncomingHttpHeaders>();
  const cancel = (reason: unknown): void => {
    stream.close(http2.constants.NGHTTP2_CANCEL);
    reject(reason);
  };
  const abort = (): void => cancel(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  let isAnswered = false;
  stream.once('response', (headers) => {
    isAnswered = true;
    resolve(headers);
  });
  // It stays: an 'error' without a listener would end the process.
  stream.on('error', (cause) => reject(lostError(stream, cause)));
  stream.once('close', () => {
    signal.removeEventListener('abort', abort);
    if (!isAnswered) reject(lostError(stream, undefined));
  });
  // A connection may have had to be made first.
  const lateRefusal = outgoing.fence?.();
  if (signal.aborted) abort();
  else if (lateRefusal !== undefined) cancel(lateRefusal);
  else if (outgoing.body !== undefined) stream.end(outgoing.body);
  const headers = await promise;
  connection.markHealthy();
  return { status: Number(headers[':status'] ?? 0), headers, stream };
}

/**
 * Collects the body of an answer.
 * @throws KubeError `KUBE_PROTOCOL` above `maxBytes` (which then stands in `details`), `KUBE_UNAVAILABLE`; the
 *   signal's reason
 */
export async function collect(head: AnswerHead, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const { stream } = head;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  let hasEnded = false;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else {
      reject(
        new KubeError('KUBE_PROTOCOL', `the answer has more than ${maxBytes} bytes`, {
          details: { maxBytes },
        }),
      );
      stream.close(http2.constants.NGHTTP2_CANCEL);
    }
  });
  stream.once('end', () => {
    hasEnded = true;
  });
  stream.once('error', (cause) => reject(lostError(stream, cause)));
  // A reset by the server looks like an ordinary end; only the code at 'close' tells them apart.
  stream.once('close', () => {
    if (signal.aborted) reject(signal.reason);
    else if (hasEnded && stream.rstCode === http2.constants.NGHTTP2_NO_ERROR) resolve();
    else reject(lostError(stream, undefined));
  });
  if (stream.destroyed) reject(lostError(stream, undefined));
  await promise;
  return Buffer.concat(chunks, bytes);
}

/**
 * The body of an answer in the pieces it comes in. It ends where the server ends it.
 * @throws KubeError `KUBE_UNAVAILABLE` when the connection breaks; the signal's reason
 */
export async function* pieces(
  head: AnswerHead,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const { stream } = head;
  try {
    for await (const chunk of stream) {
      if (!Buffer.isBuffer(chunk)) throw new KubeError('KUBE_PROTOCOL', 'a stream gave no bytes');
      yield chunk;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw cause instanceof KubeError ? cause : lostError(stream, cause);
  }
  signal.throwIfAborted();
  // A broken connection looks like an ordinary end; only the code tells them apart.
  if (stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR) throw lostError(stream, undefined);
}

function lostError(stream: http2.ClientHttp2Stream, cause: unknown): KubeError {
  const code = stream.rstCode ?? http2.constants.NGHTTP2_NO_ERROR;
  // Without an id it never left; REFUSED_STREAM promises that nothing was done (RFC 9113, 8.7).
  const wasSent = !(stream.pending || code === http2.constants.NGHTTP2_REFUSED_STREAM);
  const why = cause === undefined ? `stream closed with code ${code}` : errorMessageOf(cause);
  return new KubeError('KUBE_UNAVAILABLE', `the connection to the API server was lost: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    retryable: true,
    details: { sent: wasSent },
  });
}
