// A watch that does not end: it tells of everything that exists, then of every change, and after any break it goes on
// from the last version it saw. Where that is impossible it lists again and reports what vanished meanwhile. It never
// polls: an idle watch makes one request when the server ends the stream after 30 to 60 minutes.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes

import { KubeError, isSealiftError } from '../errors.ts';
import { pause } from './backoff.ts';
import type { KubeClient } from './request.ts';
import { judgeFailure, reconnectMs } from './watch-failure.ts';
import { guardStream } from './watch-guard.ts';
import { listAll } from './watch-list.ts';
import { type WatchCallbacks, type WatchProgress, createWatchProgress } from './watch-progress.ts';
import { type WatchTarget, streamWatch } from './watch-stream.ts';

export type { WatchState } from './watch-failure.ts';
export type { WatchEvent } from './watch-stream.ts';

export type WatchOptions = WatchTarget &
  WatchCallbacks & {
    readonly signal?: AbortSignal;
    /** The longest wait after 403 and 405. Default: 60 s. */
    readonly forbiddenRetryMs?: number;
    /** Time without a byte of the initial events until they are asked for in another way. Default: 60 s. */
    readonly syncTimeoutMs?: number;
    /** Silence after a lost connection until the server is asked whether it went back in time. Default: 5 s. */
    readonly rewindCheckMs?: number;
  };

export type WatchHandle = {
  stop(): void;
  /** Ends a wait before the next try, for when what hindered the watch may be gone (a CRD was installed). */
  poke(): void;
  /** Whether what was told is complete; stays true while a lost connection is resumed. */
  synced(): boolean;
  /** Resolves when it has stopped; rejects with what a callback threw. */
  readonly done: Promise<void>;
};

/** What the loop of one watch remembers from turn to turn. */
type Loop = {
  readonly client: KubeClient;
  readonly options: WatchOptions;
  readonly progress: WatchProgress;
  readonly signal: AbortSignal;
  streamsInitialEvents: boolean;
  /** Turns in a row that ended too soon. */
  failures: number;
  wasLost: boolean;
};

/** A turn that lasted as long was no failure. */
const healthyLifeMs = 10_000;
const defaultForbiddenRetryMs = 60_000;
const defaultSyncTimeoutMs = 60_000;
const defaultRewindCheckMs = 5000;

/** Starts to watch; it ends by `stop`, by the signal, or with the client. */
export function watchResources(client: KubeClient, options: WatchOptions): WatchHandle {
  const stopping = new AbortController();
  let waking = new AbortController();
  const progress = createWatchProgress(options, options);
  const loop: Loop = {
    client,
    options,
    progress,
    signal: stopping.signal,
    streamsInitialEvents: true,
    failures: 0,
    wasLost: false,
  };

  async function run(): Promise<void> {
    progress.report('syncing');
    while (!loop.signal.aborted) {
      const waitMs = await takeTurn(loop);
      if (waitMs > 0) await pause(waitMs, waking.signal);
    }
  }

  function stop(): void {
    stopping.abort();
    waking.abort();
  }

  const ends = [client.closed, ...(options.signal === undefined ? [] : [options.signal])];
  for (const end of ends) end.addEventListener('abort', stop, { once: true });
  if (ends.some((end) => end.aborted)) stop();
  const done = run().finally(() => {
    stop();
    for (const end of ends) end.removeEventListener('abort', stop);
    progress.report('stopped');
  });
  return {
    stop,
    poke() {
      waking.abort();
      waking = new AbortController();
      if (loop.signal.aborted) waking.abort();
    },
    synced: () => progress.resourceVersion() !== undefined,
    done,
  };
}

/** Streams until the stream ends, however it ends; returns the milliseconds to wait before the next turn. */
async function takeTurn(loop: Loop): Promise<number> {
  const { client, options } = loop;
  const startedMs = client.now();
  const failures = loop.failures;
  try {
    await watchOnce(loop);
    const wasShort = client.now() - startedMs < healthyLifeMs;
    loop.failures = wasShort ? failures + 1 : 0;
    return wasShort ? reconnectMs(failures, client.random) : 0;
  } catch (error) {
    if (loop.signal.aborted) return 0;
    if (!isSealiftError(error)) throw error;
    const verdict = judgeFailure(error, {
      isSynced: loop.progress.resourceVersion() !== undefined,
      streamsInitialEvents: loop.streamsInitialEvents,
      failures,
      forbiddenRetryMs: options.forbiddenRetryMs ?? defaultForbiddenRetryMs,
      random: client.random,
    });
    const wasShort = client.now() - startedMs < healthyLifeMs;
    // A connection that could not be made says nothing about the watch.
    if (error.details['sent'] !== false) loop.failures = wasShort ? failures + 1 : 0;
    loop.wasLost = true;
    if (verdict.mustList) loop.streamsInitialEvents = false;
    loop.progress.report(verdict.state, error);
    if (verdict.mustRestart) loop.progress.restart();
    return verdict.waitMs;
  }
}

async function watchOnce(loop: Loop): Promise<void> {
  const { client, options, progress } = loop;
  if (!options.kind.verbs.includes('watch')) {
    throw new KubeError('KUBE_INVALID', `${options.kind.plural} can't be watched`, { status: 405 });
  }
  if (progress.resourceVersion() === undefined) {
    progress.beginSync();
    if (!loop.streamsInitialEvents) await listFirst(loop);
  }
  const guard = guardStream({
    client,
    target: options,
    resourceVersion: progress.resourceVersion(),
    wasLost: loop.wasLost,
    syncTimeoutMs: options.syncTimeoutMs ?? defaultSyncTimeoutMs,
    rewindCheckMs: options.rewindCheckMs ?? defaultRewindCheckMs,
    signal: loop.signal,
  });
  try {
    await streamWatch(client, options, {
      resourceVersion: progress.resourceVersion(),
      onOpen() {
        loop.wasLost = false;
        progress.report(progress.resourceVersion() === undefined ? 'syncing' : 'synced');
      },
      onSignOfLife: guard.noteLife,
      onLine(line) {
        progress.readLine(line);
        if (progress.resourceVersion() !== undefined) guard.noteSynced();
      },
      signal: guard.signal,
    });
  } finally {
    guard.stop();
  }
}

async function listFirst(loop: Loop): Promise<void> {
  const { client, options, progress, signal } = loop;
  progress.report('syncing');
  const version = await listAll(
    client,
    options,
    (object) => progress.readLine({ type: 'ADDED', object }),
    signal,
  );
  progress.finishSync(version);
}
