// The way to the API server for one purpose (requests, or watches): sessions are opened when they are needed and
// again after they broke, with a backoff that all who wait share; streams above the server's limit wait in a queue
// or get a further session.

import type { ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';

import { KubeError } from '../errors.ts';
import { kubeLimits } from '../limits.ts';
import { backoffMs, pause } from './backoff.ts';
import type { ClusterConfig } from './config.ts';
import { type PingTimes, type Session, connectSession } from './session.ts';

export type ConnectionOptions = {
  readonly config: ClusterConfig;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  readonly ping: PingTimes;
  /** Sessions at once; streams wait when all of them are full. */
  readonly maxSessions: number;
};

export type Connection = {
  /**
   * Begins a stream, as soon as there is a session with room for it.
   * @throws KubeError `KUBE_UNAVAILABLE` with `details.sent` false; the signal's reason
   */
  open(headers: OutgoingHttpHeaders, endStream: boolean, signal: AbortSignal): Promise<ClientHttp2Stream>;
  /** To be called when the server has answered: the next break starts with a short wait again. */
  markHealthy(): void;
  /** Ends every session with its streams; nothing can be opened afterwards. */
  close(): void;
};

/** Makes a connection that has no session yet. */
export function createConnection(options: ConnectionOptions): Connection {
  const sessions = new Set<Session>();
  let connecting: Promise<void> | undefined;
  let room = Promise.withResolvers<void>();
  let failures = 0;
  let notBeforeMs = 0;
  const closing = new AbortController();

  function announceRoom(): void {
    room.resolve();
    room = Promise.withResolvers<void>();
  }

  async function connect(): Promise<void> {
    await pause(notBeforeMs - options.now(), closing.signal);
    if (closing.signal.aborted) throw closedError();
    const step = backoffMs(failures, {
      minMs: kubeLimits.reconnectMinMs,
      maxMs: kubeLimits.reconnectMaxMs,
      random: options.random,
    });
    // Counted also when it succeeds: a session that breaks before any answer is no success.
    failures += 1;
    notBeforeMs = options.now() + step;
    let own: Session | undefined;
    let isUnusable = false;
    const session = await connectSession({
      ...options,
      onUnusable: () => {
        isUnusable = true;
        if (own !== undefined) sessions.delete(own);
        announceRoom();
      },
      onRoom: announceRoom,
    });
    own = session;
    if (closing.signal.aborted) session.destroy();
    else if (!isUnusable) sessions.add(session);
  }

  /** One attempt for all who wait; it is over before they go on. */
  function connectOnce(): Promise<void> {
    connecting ??= connect().finally(() => {
      connecting = undefined;
    });
    return connecting;
  }

  function sessionWithRoom(): Session | undefined {
    for (const session of sessions) if (session.hasRoom()) return session;
    return undefined;
  }

  return {
    async open(headers, endStream, signal) {
      for (;;) {
        signal.throwIfAborted();
        if (closing.signal.aborted) throw closedError();
        const session = sessionWithRoom();
        if (session !== undefined) return openOn(session, headers, endStream);
        const change = sessions.size < options.maxSessions ? connectOnce() : room.promise;
        await abortable(change, signal);
      }
    },
    markHealthy() {
      failures = 0;
    },
    close() {
      closing.abort();
      for (const session of sessions) session.destroy();
      sessions.clear();
      announceRoom();
    },
  };
}

function openOn(session: Session, headers: OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream {
  try {
    return session.open(headers, endStream);
  } catch (cause) {
    // The session broke between the look and the leap, or a header can't be sent.
    throw new KubeError('KUBE_UNAVAILABLE', 'the request could not be begun', {
      cause,
      retryable: true,
      details: { sent: false },
    });
  }
}

/** Waits for the promise or for the signal, whichever is first; the promise goes on for the others. */
async function abortable(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function closedError(): KubeError {
  // Without `sent`: trying again would not help.
  return new KubeError('KUBE_UNAVAILABLE', 'the Kubernetes client is closed');
}
