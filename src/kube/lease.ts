// Leader election by a Lease. Whether another's lease has run out is judged by our own monotonic clock, from when we
// last saw its record change: clocks of others do not count. Whoever can't renew in time stops to lead before anyone
// else may begin.
// https://kubernetes.io/docs/concepts/architecture/leases/#leader-election

import { type SealiftError, isSealiftError } from '../errors.ts';
import { pause } from './backoff.ts';
import { type LeaseRecord, type LeaseStore, type LeaseTimes, createLeaseStore } from './lease-store.ts';
import type { KubeClient } from './request.ts';

export type HeldLease = {
  /** Whether the lease is surely ours now. To be asked before each write: timers do not run in a frozen process. */
  isHeld(): boolean;
};

export type LeaseOptions = {
  readonly namespace: string;
  readonly name: string;
  /** Unique to this process, as the pod's name is. */
  readonly identity: string;
  /** Default: 35 s. */
  readonly leaseDurationMs?: number;
  /** Time between renewals. Default: 10 s. */
  readonly renewMs?: number;
  /** Time between tries, also of one that waits for another's lease. Default: 5 s. */
  readonly retryMs?: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** The time of day, only for humans who read the Lease. */
  readonly date: () => Date;
  readonly onAcquired: (lease: HeldLease) => void;
  /** We no longer lead. On a clean stop the lease is released after it has resolved. */
  readonly onLost: () => void | Promise<void>;
  /** Called with what went wrong in a try. */
  readonly onError?: (error: SealiftError) => void;
  readonly signal: AbortSignal;
};

const defaultLeaseDurationMs = 35_000;
const defaultRenewMs = 10_000;
const defaultRetryMs = 5000;

/** What others' records may ask us to wait at most. */
const maxForeignDurationMs = 10 * 60_000;

type Election = {
  readonly options: LeaseOptions;
  readonly times: LeaseTimes;
  readonly store: LeaseStore;
  readonly observer: Observer;
};

/** One time of leading: `untilMs` moves with every renewal. */
type Term = { untilMs: number; isOurs: boolean };

/**
 * Takes the lease whenever it is free, holds it as long as it can, and releases it when the signal aborts. Resolves
 * after the release; rejects only with what a callback threw.
 */
export async function runWithLease(client: KubeClient, options: LeaseOptions): Promise<void> {
  const times: LeaseTimes = {
    leaseDurationMs: options.leaseDurationMs ?? defaultLeaseDurationMs,
    renewMs: options.renewMs ?? defaultRenewMs,
    retryMs: options.retryMs ?? defaultRetryMs,
  };
  const store = createLeaseStore(client, { ...options, ...times });
  const election: Election = { options, times, store, observer: createObserver(options) };
  while (!options.signal.aborted) {
    const fenceMs = await tryAcquire(election);
    if (fenceMs === undefined) await pause(times.retryMs, options.signal);
    else await lead(election, fenceMs);
  }
}

/** Returns until when the lease is ours, or undefined if it is not. */
async function tryAcquire(election: Election): Promise<number | undefined> {
  const { options, store, observer } = election;
  try {
    const record = await store.read();
    if (record !== undefined && !observer.isFree(record)) return undefined;
    const startedMs = options.now();
    await store.take(record);
    return fenceAfter(election, startedMs);
  } catch (error) {
    noteFailure(election, error);
    return undefined;
  }
}

/** We stop one retry earlier than others may start. */
function fenceAfter({ times }: Election, renewedMs: number): number {
  return renewedMs + times.leaseDurationMs - times.retryMs;
}

function noteFailure({ options }: Election, error: unknown): void {
  if (!isSealiftError(error)) throw error;
  // Somebody was quicker: that is what an election is.
  if (error.code !== 'KUBE_CONFLICT') options.onError?.(error);
}

/** Leads until the lease is lost or the signal aborts. */
async function lead(election: Election, fenceMs: number): Promise<void> {
  const { options, store } = election;
  const term: Term = { untilMs: fenceMs, isOurs: true };
  const isHeld = (): boolean => term.isOurs && options.now() < term.untilMs;
  // A lease that came too late for a stop was never led under.
  if (!options.signal.aborted) {
    options.onAcquired({ isHeld });
    await renewWhileHeld(election, term);
    const isCleanStop = options.signal.aborted && isHeld();
    if (!isCleanStop) term.isOurs = false;
    await options.onLost();
  }
  if (options.signal.aborted && isHeld()) {
    await store.release().catch((error: unknown) => noteFailure(election, error));
  }
  term.isOurs = false;
}

async function renewWhileHeld(election: Election, term: Term): Promise<void> {
  const { options, times, store } = election;
  let waitMs = times.renewMs;
  while (term.isOurs && options.now() < term.untilMs && !options.signal.aborted) {
    const fence = startFence(term.untilMs - options.now(), options.signal);
    try {
      await pause(waitMs, fence.signal);
      if (fence.signal.aborted) return;
      const startedMs = options.now();
      const outcome = await store.renew(fence.signal);
      if (outcome === 'renewed') term.untilMs = fenceAfter(election, startedMs);
      else if (outcome === 'taken') term.isOurs = false;
      waitMs = outcome === 'renewed' ? times.renewMs : times.retryMs;
    } catch (error) {
      if (fence.signal.aborted) return;
      noteFailure(election, error);
      waitMs = times.retryMs;
    } finally {
      fence.stop();
    }
  }
}

type Fence = { readonly signal: AbortSignal; stop(): void };

/** A signal that aborts when the lease runs out or the owner stops. */
function startFence(leftMs: number, signal: AbortSignal): Fence {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, leftMs);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return {
    signal: controller.signal,
    stop() {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}

type Observer = { isFree(record: LeaseRecord): boolean };

function createObserver(options: LeaseOptions): Observer {
  let seenVersion: string | undefined;
  let seenMs = 0;
  return {
    isFree(record) {
      if (record.resourceVersion !== seenVersion) {
        seenVersion = record.resourceVersion;
        seenMs = options.now();
      }
      if (record.holder === '' || record.holder === options.identity) return true;
      return options.now() - seenMs >= Math.min(record.durationMs, maxForeignDurationMs);
    },
  };
}
