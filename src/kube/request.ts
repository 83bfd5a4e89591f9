// The Kubernetes client: one request, one answer, within one deadline. It tries again only what the API server can't
// have done yet or what may be done twice, and no message of its errors holds a token.
// https://kubernetes.io/docs/reference/using-api/api-concepts/

import { type IncomingHttpHeaders, constants } from 'node:http2';

import { KubeError } from '../errors.ts';
import { kubeLimits } from '../limits.ts';
import { backoffMs, pause } from './backoff.ts';
import type { ClusterConfig } from './config.ts';
import { type Connection, createConnection } from './connection.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { type AnswerHead, collect, pieces, send } from './exchange.ts';
import { type Impersonation, buildOutgoing, checkRequest, isIdempotent } from './outgoing.ts';
import { createSemaphore, type Turn } from './semaphore.ts';
import type { PingTimes } from './session.ts';
import { statusError } from './status-error.ts';

export type KubeMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type KubeRequest = {
  readonly method: KubeMethod;
  /** Encoded, without query; see `resourcePath`. */
  readonly path: string;
  /** Undefined values are left out. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON, a Buffer as it is. */
  readonly body?: unknown;
  /** Default: `application/json`, for PATCH a server-side apply. */
  readonly contentType?: string;
  /** Default: `application/json`. */
  readonly accept?: string;
  readonly ifNoneMatch?: string;
  readonly impersonate?: Impersonation;
  /** For all tries together; it begins when a write has got its slot. Default: `kubeLimits.requestTimeoutMs`. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** False: one try. True: may be done twice although its method says otherwise. */
  readonly retry?: boolean;
  /**
   * Asked right before each try is sent, after every wait: what it gives is thrown instead. Whoever has lost the right to
   * write must not send what had to wait meanwhile.
   */
  readonly fence?: () => KubeError | undefined;
  /** Passes the queue of writes, for the few that must not wait (a Lease). */
  readonly urgent?: boolean;
  /** Whether a write goes before bulk work that waits. */
  readonly priority?: Turn['priority'];
  /** Takes what must not be told out of the server's words about it. */
  readonly hide?: ((text: string) => string) | undefined;
  /** Whose bulk work it is: each share has its turn. */
  readonly share?: string | undefined;
};

export type KubeAnswer = {
  /** 2xx, or 304 where `ifNoneMatch` was sent. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; text of any other content; undefined without content. */
  readonly body: unknown;
};

export type KubeStreamRequest = Pick<
  KubeRequest,
  'path' | 'query' | 'accept' | 'impersonate' | 'timeoutMs' | 'signal'
>;

export type KubeStream = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Ends where the server ends it, throws where the connection breaks. */
  readonly body: AsyncIterable<Buffer>;
  close(): void;
};

export type KubeClient = {
  /**
   * @throws KubeError of every code; the signal's reason; InputError `FILE_UNREADABLE` when there is no token to read
   */
  request(request: KubeRequest): Promise<KubeAnswer>;
  /** GETs an answer that goes on, on the sessions for watches. Its deadline ends with the head. Throws as `request`. */
  openStream(request: KubeStreamRequest): Promise<KubeStream>;
  /** Ends all sessions and everything under way on them. */
  close(): void;
  /** Aborts when the client is closed. */
  readonly closed: AbortSignal;
  /** Monotonic milliseconds, for what is built on the client. */
  readonly now: () => number;
  readonly random: () => number;
};

export type KubeClientOptions = {
  readonly config: ClusterConfig;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Returns a number from 0 (included) to 1 (excluded). */
  readonly random: () => number;
  readonly ping?: PingTimes;
};

/** Sessions for watches: 100 streams each, far more than there are kinds. */
const maxWatchSessions = 10;

/** Bytes of a refusal's body that are read. */
const refusalBytes = 1 << 20;

/** Makes a client; nothing is opened before the first request. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const { config, now, random } = options;
  const ping = options.ping ?? { intervalMs: kubeLimits.pingIntervalMs, timeoutMs: kubeLimits.pingTimeoutMs };
  const requests = createConnection({ config, now, random, ping, maxSessions: 1 });
  const watches = createConnection({ config, now, random, ping, maxSessions: maxWatchSessions });
  const closing = new AbortController();
  const writes = createSemaphore(kubeLimits.concurrency);
  return {
    now,
    random,
    async request(request) {
      checkRequest(request);
      const needsSlot = request.method !== 'GET' && request.urgent !== true;
      const release = needsSlot ? await writes.acquire(request.signal, request) : undefined;
      const deadline = startDeadline({ now, request });
      try {
        return await tryRequest({ config, random, connection: requests, deadline }, request);
      } finally {
        deadline.stop();
        release?.();
      }
    },
    async openStream(request) {
      checkRequest({ ...request, method: 'GET' });
      const deadline = startDeadline({ now, request });
      try {
        return await openStream(
          { config, random, connection: watches, deadline },
          { ...request, method: 'GET' },
        );
      } catch (error) {
        deadline.stop();
        throw error;
      }
    },
    closed: closing.signal,
    close() {
      closing.abort();
      requests.close();
      watches.close();
    },
  };
}

/** What all tries of one request have in common. */
type Effort = {
  readonly config: ClusterConfig;
  readonly random: () => number;
  readonly connection: Connection;
  readonly deadline: Deadline;
};

async function tryRequest(effort: Effort, request: KubeRequest): Promise<KubeAnswer> {
  const { config, random, deadline } = effort;
  let fresh = false;
  for (let failures = 0; ; failures += 1) {
    try {
      return await requestOnce(effort, request, fresh);
    } catch (error) {
      if (deadline.signal.aborted || !(error instanceof KubeError)) throw error;
      if (isTokenRefused(config, error) && !fresh) {
        fresh = true;
        continue;
      }
      const waitMs = retryWaitMs(request, error, failures, random);
      if (waitMs === undefined || waitMs >= deadline.leftMs()) throw error;
      deadline.noteFailure(error);
      await pause(waitMs, deadline.signal);
      deadline.signal.throwIfAborted();
    }
  }
}

async function requestOnce(effort: Effort, request: KubeRequest, fresh: boolean): Promise<KubeAnswer> {
  const { signal } = effort.deadline;
  const outgoing = await buildOutgoing(effort.config, request, fresh);
  const head = await send(effort.connection, { ...outgoing, fence: request.fence }, signal);
  const isUnchanged = head.status === 304 && request.ifNoneMatch !== undefined;
  if (!isSuccess(head.status) && !isUnchanged) throw await refusalOf(head, request, signal);
  const bytes = await collect(head, kubeLimits.answerBytes, signal);
  return { status: head.status, headers: head.headers, body: parseBody(head, bytes, request) };
}

async function openStream(effort: Effort, request: KubeRequest): Promise<KubeStream> {
  const { deadline } = effort;
  const { status, headers, stream } = await openHead(effort, request, false);
  deadline.stopTimer();
  if (stream.destroyed) deadline.stop();
  else stream.once('close', deadline.stop);
  const body = pieces({ status, headers, stream }, deadline.signal);
  return { status, headers, body, close: () => stream.close(constants.NGHTTP2_CANCEL) };
}

async function openHead(effort: Effort, request: KubeRequest, fresh: boolean): Promise<AnswerHead> {
  const { signal } = effort.deadline;
  const head = await send(effort.connection, await buildOutgoing(effort.config, request, fresh), signal);
  if (isSuccess(head.status)) return head;
  const error = await refusalOf(head, request, signal);
  if (isTokenRefused(effort.config, error) && !fresh) return await openHead(effort, request, true);
  throw error;
}

function isTokenRefused(config: ClusterConfig, error: KubeError): boolean {
  return error.code === 'KUBE_UNAUTHORIZED' && error.status === 401 && config.token !== undefined;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Milliseconds until another try, or undefined where another try could do harm or would not help. */
function retryWaitMs(
  request: KubeRequest,
  error: KubeError,
  failures: number,
  random: () => number,
): number | undefined {
  if (request.retry === false) return undefined;
  const jitteredMs = backoffMs(failures, {
    minMs: kubeLimits.reconnectMinMs,
    maxMs: kubeLimits.reconnectMaxMs,
    random,
  });
  if (error.details['sent'] === false) return error.retryable ? jitteredMs : undefined;
  if (!isIdempotent(request)) return undefined;
  if (error.retryAfterMs !== undefined && (error.status === 429 || error.status === 503)) {
    return error.retryAfterMs * (1 + random() / 4);
  }
  // An answer was lost. What was asked for may be done: only what is the same when done twice is asked again.
  const isSafeTwice = request.retry === true || request.method === 'GET' || request.method === 'PATCH';
  return error.details['sent'] === true && isSafeTwice ? jitteredMs : undefined;
}

async function refusalOf(head: AnswerHead, request: KubeRequest, signal: AbortSignal): Promise<KubeError> {
  const bytes = await collect(head, refusalBytes, signal);
  const text = bytes.toString('utf8');
  return statusError({
    status: head.status,
    body: tryParse(text) ?? text,
    retryAfter: head.headers['retry-after'],
    method: request.method,
    path: request.path,
    hide: request.hide,
  });
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseBody(head: AnswerHead, bytes: Buffer, request: KubeRequest): unknown {
  if (bytes.length === 0) return undefined;
  const text = bytes.toString('utf8');
  if (!/^application\/json\b/u.test(head.headers['content-type'] ?? '')) return text;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KubeError('KUBE_PROTOCOL', `${request.method} ${request.path}: the answer is not JSON`, {
      cause,
    });
  }
}
