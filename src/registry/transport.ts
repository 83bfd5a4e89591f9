// One HTTP exchange with a registry over node:http or node:https: explicit agents, no redirects, no decompression,
// bounded headers, a deadline for the head of the answer and one for each silence of its body.
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { isSealiftError, RegistryError } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import type { OpenBytes } from '../oci/content-store.ts';
import { redactUrl } from './redact.ts';

export type HttpRequest = {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array | StreamedBody;
  readonly signal?: AbortSignal | undefined;
};

/** A body that is read while it is sent, from its beginning again where the request is sent again. */
export type StreamedBody = { readonly byteLength: number; readonly open: OpenBytes };

export type HttpAnswer = {
  readonly status: number;
  header(name: string): string | undefined;
  /** The body; it is to be read or to be discarded, else the connection is lost to the pool. */
  readonly body: AsyncIterable<Uint8Array>;
  discard(): void;
};

export type Send = (request: HttpRequest) => Promise<HttpAnswer>;

export type Transport = { readonly send: Send; close(): void };

/** A transport with its own connection pool; `close` ends the pool. */
export function createTransport({ ca }: { readonly ca?: string | undefined } = {}): Transport {
  const options = { keepAlive: true, maxSockets: 8, maxFreeSockets: 4, timeout: httpLimits.idleTimeoutMs };
  const http = new HttpAgent(options);
  const https = new HttpsAgent(ca === undefined ? options : { ...options, ca });
  return {
    send: (request) => exchange(request, request.url.protocol === 'http:' ? http : https),
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}

function exchange(request: HttpRequest, agent: HttpAgent | HttpsAgent): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { method, url, body, signal } = request;
    const start = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const message = start(url, {
      method,
      agent,
      maxHeaderSize: httpLimits.headerBytes,
      headers: {
        'user-agent': 'sealift',
        // A registry's content is named by its bytes: an encoding would change them.
        'accept-encoding': 'identity',
        ...(body === undefined ? {} : { 'content-length': body.byteLength }),
        ...request.headers,
      },
      ...(signal === undefined ? {} : { signal }),
    });
    let deadline: NodeJS.Timeout | undefined;
    // A large upload may take its time as long as it moves; the answer has its own deadline from its end on.
    message.setTimeout(httpLimits.idleTimeoutMs, () => {
      message.destroy(timeoutError(request, httpLimits.idleTimeoutMs));
    });
    message.on('finish', () => {
      deadline = setTimeout(() => {
        message.destroy(timeoutError(request, httpLimits.responseTimeoutMs));
      }, httpLimits.responseTimeoutMs);
    });
    message.on('response', (response) => {
      clearTimeout(deadline);
      if (response.headers['content-encoding'] !== undefined) {
        response.destroy();
        reject(
          protocolError(request, `answered with content-encoding ${response.headers['content-encoding']}`),
        );
      } else resolve(toAnswer(request, response));
    });
    message.on('error', (error) => {
      clearTimeout(deadline);
      reject(networkError(request, error));
    });
    if (body === undefined || body instanceof Uint8Array) message.end(body);
    else pipeline(body.open(signal), message).catch((error: unknown) => reject(bodyError(request, error)));
  });
}

function toAnswer(request: HttpRequest, response: IncomingMessage): HttpAnswer {
  response.setTimeout(httpLimits.idleTimeoutMs, () => {
    response.destroy(timeoutError(request, httpLimits.idleTimeoutMs));
  });
  return {
    status: response.statusCode ?? 0,
    header: (name) => {
      const value = response.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: readBody(request, response),
    discard: () => {
      response.on('error', () => undefined);
      response.resume();
    },
  };
}

async function* readBody(request: HttpRequest, response: IncomingMessage): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of response) {
      if (!(chunk instanceof Uint8Array)) throw protocolError(request, 'gave text where bytes were expected');
      yield chunk;
    }
  } catch (error) {
    throw networkError(request, error);
  }
}

/** What the request was, for messages; query strings may hold credentials and are left out. */
export function describeRequest({ method, url }: Pick<HttpRequest, 'method' | 'url'>): string {
  return `${method} ${redactUrl(url)}`;
}

export function protocolError(request: Pick<HttpRequest, 'method' | 'url'>, what: string): RegistryError {
  return new RegistryError('REGISTRY_PROTOCOL', `${describeRequest(request)} ${what}`);
}

function timeoutError(request: HttpRequest, timeoutMs: number): RegistryError {
  return new RegistryError(
    'REGISTRY_TIMEOUT',
    `${describeRequest(request)} gave nothing for ${timeoutMs} ms`,
    {
      retryable: true,
    },
  );
}

const tlsCodes = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/u;

/** What broke a streamed body: its source's error stays what it is. */
function bodyError(request: HttpRequest, error: unknown): unknown {
  return isSealiftError(error) ? error : networkError(request, error);
}

/** Node's errors as ours; an abort stays an abort. */
function networkError(request: HttpRequest, error: unknown): unknown {
  if (error instanceof RegistryError || request.signal?.aborted === true) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  if (tlsCodes.test(code)) {
    return new RegistryError('REGISTRY_TLS', `${describeRequest(request)} failed: ${code} ${message}`, {
      cause: error,
      hint: "Give the registry's CA, or use --plain-http where it speaks no TLS.",
    });
  }
  return new RegistryError('REGISTRY_NETWORK', `${describeRequest(request)} failed: ${code} ${message}`, {
    cause: error,
    retryable: true,
  });
}
