// Requests to the services of keyless signing. Answers are bounded in bytes and time; what a service says in its own
// words is a cause, without anything that looks like a token.
import { setTimeout as delay } from 'node:timers/promises';
import { getCACertificates } from 'node:tls';
import { errorMessageOf, RegistryError, SigningError, type SigningCode } from '../../errors.ts';
import { signingLimits } from '../../limits.ts';
import { withRetry, type Sleep } from '../../registry/retry.ts';
import {
  createTransport,
  type HttpAnswer,
  type HttpRequest,
  type Send,
  type TransportOptions,
} from '../../registry/transport.ts';

export type ServiceRequest = Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'> & {
  /** What is asked, for messages: "certificate authority". */
  readonly service: string;
  /** Code of every failure. */
  readonly code: SigningCode;
  readonly hint?: string;
  /** A status that is an answer and no failure. */
  readonly alsoAccepted?: number;
};

export type ServiceAnswer = {
  readonly status: number;
  readonly body: Buffer;
  header(name: string): string | undefined;
};

/**
 * Asks a service.
 * @throws SigningError of the request's code, where it can't be reached or answers with an error
 */
export type Ask = (request: ServiceRequest, signal?: AbortSignal) => Promise<ServiceAnswer>;

export type AskOptions = Pick<TransportOptions, 'chooseProxy'> & {
  /** PEM of CAs that count beside the usual ones. */
  readonly ca?: string | undefined;
  /** Returns a number from 0 (included) to 1 (excluded); spreads retries. */
  readonly random: () => number;
  /** Tries of one request, the first one included. */
  readonly tries?: number | undefined;
  /** Waits before another try. */
  readonly sleep?: Sleep;
};

/** How services are asked; connections that are no longer used keep no process alive. */
export function openServices({ ca, chooseProxy, random, tries, sleep = wait }: AskOptions): Ask {
  const transport = createTransport({
    chooseProxy,
    ca: ca === undefined ? undefined : [ca, ...getCACertificates('default')].join('\n'),
  });
  const send = withRetry(transport.send, { random, tries, sleep });
  return (request, signal) => ask(send, request, signal);
}

const wait: Sleep = async (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal });

async function ask(send: Send, request: ServiceRequest, signal?: AbortSignal): Promise<ServiceAnswer> {
  const { status, header, body } = await exchange(send, request, signal);
  if ((status >= 200 && status < 300) || status === request.alsoAccepted) return { status, header, body };
  const words = wordsOf(body);
  throw serviceError(request, `answered ${status}`, {
    retryable: status === 429 || status >= 500,
    details: { status },
    ...(words === '' ? {} : { cause: new Error(`it says: ${words}`) }),
  });
}

async function exchange(send: Send, request: ServiceRequest, signal?: AbortSignal): Promise<ServiceAnswer> {
  const deadline = AbortSignal.timeout(signingLimits.serviceTimeoutMs);
  const { method, url, headers = {}, body } = request;
  try {
    const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    const answer = await send({
      method,
      url,
      headers,
      ...(body === undefined ? {} : { body }),
      signal: either,
    });
    return { status: answer.status, header: answer.header, body: await readBody(answer, request) };
  } catch (cause) {
    if (signal?.aborted === true || cause instanceof SigningError) throw cause;
    if (deadline.aborted) {
      const what = `gave no answer within ${signingLimits.serviceTimeoutMs} ms`;
      throw serviceError(request, what, { retryable: true });
    }
    throw serviceError(request, 'could not be reached', {
      cause: new Error(errorMessageOf(cause, 300)),
      retryable: cause instanceof RegistryError && cause.retryable,
    });
  }
}

async function readBody(answer: HttpAnswer, request: ServiceRequest): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.byteLength;
    if (size > signingLimits.serviceAnswerBytes) {
      throw serviceError(request, `answered with more than ${signingLimits.serviceAnswerBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The error of a service that did not do its part; its path and query are left out, they may be secret. */
export function serviceError(
  { service, code, url, hint }: Pick<ServiceRequest, 'service' | 'code' | 'url' | 'hint'>,
  what: string,
  options: ConstructorParameters<typeof SigningError>[2] = {},
): SigningError {
  return new SigningError(code, `${service} ${url.host} ${what}`, {
    ...(hint === undefined ? {} : { hint }),
    ...options,
  });
}

/** A service may repeat what it was sent. */
function wordsOf(body: Buffer): string {
  const text = body.subarray(0, 4096).toString('utf8');
  let words = text;
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && 'message' in json) words = String(json.message);
  } catch {
    // Plain text, or nothing.
  }
  return errorMessageOf(words.replaceAll(/[\w-]*eyJ[\w-]+(?:\.[\w-]*)*/gu, '…'), 300);
}
