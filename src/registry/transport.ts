// One HTTP exchange with a registry over node:http or node:https: explicit agents, no redirects, no decompression,
// bounded headers, and a deadline for each of its parts.
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { httpLimits } from '../limits.ts';
import { createAgents, type ConnectionOptions, type NetworkOptions, type Route } from './agents.ts';
import { createDeadline, usualDeadlines, type Deadlines, type Timing } from './deadlines.ts';
import { protocolError, type HttpAnswer, type HttpRequest, type Send, type StreamedBody } from './http.ts';
import { toAnswer } from './incoming.ts';
import { networkError, timeoutError } from './network-errors.ts';
import { proxyRefusal } from './proxy-errors.ts';
import { sliceBytes, startUpload, streamBytes, type Upload } from './outgoing.ts';

export { describeRequest, protocolError } from './http.ts';
export type { HttpAnswer, HttpRequest, Send, StreamedBody } from './http.ts';

export type Transport = { readonly send: Send; close(): void };

export type TransportOptions = NetworkOptions & {
  readonly deadlines?: Partial<Deadlines>;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
};

/**
 * A transport with its own connection pools; `close` ends them.
 * @throws InputError `INPUT_INVALID` where a certificate that is given can't be used
 */
export function createTransport(options: TransportOptions = {}): Transport {
  const { deadlines, now = () => performance.now() } = options;
  const timing = { deadlines: { ...usualDeadlines, ...deadlines }, now };
  const agents = createAgents(options, timing.deadlines.connectMs);
  return {
    send: async (request) => exchange(request, await agents.routeTo(request.url), timing),
    close: agents.close,
  };
}

function exchange(request: HttpRequest, route: Route, timing: Timing): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { deadlines } = timing;
    const body = streamedBodyOf(request);
    // Without a connection node tells of an abort only once there is one.
    const onAbort = (): void => reject(networkError(request, request.signal?.reason));
    request.signal?.addEventListener('abort', onAbort, { once: true });
    if (request.signal?.aborted === true) {
      onAbort();
      return;
    }
    const message = openMessage(request, route);
    const deadline = createDeadline((ms) => message.destroy(timeoutError(request, ms)));
    let upload: Upload | undefined;
    // Time in the pool's queue does not count: others have its connections, each with deadlines of its own.
    message.once('socket', () => {
      if (body === undefined) {
        deadline.start(deadlines.connectMs);
        return;
      }
      upload = startUpload(message, request, body, timing);
      upload.sent.catch((error: unknown) => {
        reject(error);
        message.destroy();
      });
    });
    message.once('finish', () => deadline.start(deadlines.responseMs + committingMs(request)));
    message.once('response', (response) => {
      deadline.stop();
      takeAnswer(request, response, { ...timing, message, upload, route }).then(resolve, reject);
    });
    message.once('close', () => {
      deadline.stop();
      request.signal?.removeEventListener('abort', onAbort);
    });
    message.on('error', (error) => reject(networkError(request, error)));
    if (body === undefined) message.end(request.body);
  });
}

/** The request without its body. */
function openMessage(request: HttpRequest, route: Route): ClientRequest {
  const { method, url, body, headers, signal, hasLargeAnswer = false } = request;
  const open = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const { path, headers: added } = route.request;
  const options: ConnectionOptions = {
    method,
    agent: route.agent,
    isTapped: hasLargeAnswer,
    ...(path === undefined ? {} : { path }),
    maxHeaderSize: httpLimits.headerBytes,
    headers: {
      'user-agent': 'sealift',
      // A registry's content is named by its bytes: an encoding would change them.
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-length': body.byteLength }),
      ...headers,
      ...added,
    },
    ...(signal === undefined ? {} : { signal }),
  };
  return open(url, options);
}

/** A body that is sent piece by piece; a small one goes out with the head. */
function streamedBodyOf({ body }: HttpRequest): StreamedBody | undefined {
  if (!(body instanceof Uint8Array)) return body;
  return body.byteLength > sliceBytes ? streamBytes(body) : undefined;
}

function committingMs({ body }: HttpRequest): number {
  return ((body?.byteLength ?? 0) / httpLimits.responseBytesPerSecond) * 1000;
}

type Answering = Timing & {
  readonly message: ClientRequest;
  readonly upload: Upload | undefined;
  readonly route: Route;
};

async function takeAnswer(
  request: HttpRequest,
  response: IncomingMessage,
  { message, upload, route: { proxy }, ...timing }: Answering,
): Promise<HttpAnswer> {
  if (response.statusCode === 407 && proxy !== undefined && request.url.protocol === 'http:') {
    response.destroy();
    throw proxyRefusal(proxy, request.url.host, 407);
  }
  const encoding = response.headers['content-encoding'];
  if (encoding !== undefined) {
    response.destroy();
    throw protocolError(request, `answered with content-encoding ${encoding}`);
  }
  const answer = toAnswer(request, response, { ...timing, message });
  if (answer.status < 300) {
    // The registry may have the last byte before the source has said that it was the last.
    await upload?.sent;
  } else upload?.stop();
  return answer;
}
