// One HTTP/2 session to the API server: made over TLS, counted streams, and found dead by PING when the peer
// vanishes without a word, so that the streams on it fail and their owners resume elsewhere.

import * as http2 from 'node:http2';

import { KubeError, errorMessageOf } from '../errors.ts';
import type { ClusterConfig } from './config.ts';

export type PingTimes = { readonly intervalMs: number; readonly timeoutMs: number };

export type SessionOptions = {
  readonly config: ClusterConfig;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly ping: PingTimes;
  /** Called once when the session takes no more streams (GOAWAY, error, close). */
  readonly onUnusable: () => void;
  /** Called whenever a stream has ended and another one may begin. */
  readonly onRoom: () => void;
};

export type Session = {
  /** Whether another stream may begin now. */
  hasRoom(): boolean;
  open(headers: http2.OutgoingHttpHeaders, endStream: boolean): http2.ClientHttp2Stream;
  /** Ends it at once, with every stream on it. */
  destroy(): void;
};

/** Time for TCP and TLS together. */
const connectTimeoutMs = 10_000;

/** Bytes the server may send ahead on one stream and on the whole session; Node's 64 KiB slow a long list down. */
const streamWindowBytes = 1 << 20;
const sessionWindowBytes = 4 << 20;

/** Streams at once where the server names no number of its own; Kubernetes' is 100. */
const defaultMaxStreams = 100;

/**
 * Connects and resolves when TLS stands and HTTP/2 is agreed.
 * @throws KubeError `KUBE_UNAVAILABLE`
 */
export async function connectSession(options: SessionOptions): Promise<Session> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const session = http2.connect(options.config.server, tlsOptions(options.config));
  const timer = setTimeout(() => {
    reject(new Error(`no connection within ${connectTimeoutMs} ms`));
  }, connectTimeoutMs);
  session.once('connect', () => resolve());
  session.once('close', () => reject(new Error('the connection was closed')));
  // It stays: an 'error' without a listener would end the process.
  session.on('error', reject);
  try {
    await promise;
  } catch (cause) {
    session.destroy();
    throw connectError(options.config, cause);
  } finally {
    clearTimeout(timer);
  }
  session.setLocalWindowSize(sessionWindowBytes);
  return superviseSession(session, options);
}

function tlsOptions(config: ClusterConfig): http2.SecureClientSessionOptions {
  return {
    ...(config.ca === undefined ? {} : { ca: config.ca }),
    ...(config.clientCertificate === undefined ? {} : { cert: config.clientCertificate }),
    ...(config.clientKey === undefined ? {} : { key: config.clientKey }),
    ...(config.serverName === undefined ? {} : { servername: config.serverName }),
    ...(config.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: config.rejectUnauthorized }),
    minVersion: 'TLSv1.2',
    maxSessionMemory: 64,
    settings: { enablePush: false, initialWindowSize: streamWindowBytes },
  };
}

function connectError(config: ClusterConfig, cause: unknown): KubeError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const isTls = /CERT|TLS|SSL|SIGNATURE/u.test(code);
  return new KubeError(
    'KUBE_UNAVAILABLE',
    `${config.server.host} can't be reached: ${errorMessageOf(cause)}`,
    {
      cause,
      retryable: true,
      details: { sent: false },
      ...(isTls ? { hint: "check the cluster's CA certificate and address" } : {}),
    },
  );
}

function superviseSession(session: http2.ClientHttp2Session, options: SessionOptions): Session {
  let streams = 0;
  let isUsable = true;
  let lastHeardMs = options.now();
  const pinger = createPinger(session, options, () => {
    lastHeardMs = options.now();
  });

  function abandon(): void {
    if (!isUsable) return;
    isUsable = false;
    options.onUnusable();
  }
  // After GOAWAY the streams under way may end in peace, on a session that takes no new ones.
  session.on('goaway', abandon);
  session.on('error', abandon);
  session.on('close', () => {
    pinger.stop();
    abandon();
  });
  if (session.destroyed || session.closed) abandon();

  return {
    hasRoom: () => isUsable && streams < (session.remoteSettings.maxConcurrentStreams ?? defaultMaxStreams),
    open(headers, endStream) {
      const stream = session.request(headers, { endStream });
      streams += 1;
      // A session that slept may have died in its sleep: ask at once instead of an interval later.
      pinger.start(options.now() - lastHeardMs > options.ping.intervalMs);
      stream.once('response', () => {
        lastHeardMs = options.now();
      });
      stream.once('close', () => {
        streams -= 1;
        if (streams === 0) pinger.stop();
        options.onRoom();
      });
      return stream;
    },
    destroy() {
      session.destroy();
    },
  };
}

type Pinger = { start(isUrgent: boolean): void; stop(): void };

/** PINGs while streams are open; an answer that stays away destroys the session. */
function createPinger(
  session: http2.ClientHttp2Session,
  options: SessionOptions,
  onAnswer: () => void,
): Pinger {
  let interval: NodeJS.Timeout | undefined;
  let deadline: NodeJS.Timeout | undefined;

  function ping(): void {
    if (deadline !== undefined || session.destroyed || session.closed) return;
    deadline = setTimeout(() => {
      session.destroy(new Error(`no answer to a PING within ${options.ping.timeoutMs} ms`));
    }, options.ping.timeoutMs).unref();
    session.ping((error) => {
      clearTimeout(deadline);
      deadline = undefined;
      if (error === null) onAnswer();
    });
  }

  return {
    start(isUrgent) {
      interval ??= setInterval(ping, options.ping.intervalMs).unref();
      if (isUrgent) ping();
    },
    stop() {
      clearInterval(interval);
      clearTimeout(deadline);
      interval = undefined;
      deadline = undefined;
    },
  };
}
