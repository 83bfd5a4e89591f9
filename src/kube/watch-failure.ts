// What a watch does after a failure: which state it is in, whether its version is still good, how long it waits.
// Pure, so that every case stands in one table.

import { KubeError, type SealiftError } from '../errors.ts';
import { kubeLimits } from '../limits.ts';
import { backoffMs } from './backoff.ts';

/**
 * `syncing`: everything that exists is being told. `synced`: changes are told as they happen. `reconnecting`: the
 * stream broke and will go on. `forbidden`: no right to watch. `missing`: the kind is not served. `unsupported`: the
 * kind can't be watched. `stopped`: the end.
 */
export type WatchState =
  'syncing' | 'synced' | 'reconnecting' | 'forbidden' | 'missing' | 'unsupported' | 'stopped';

export type FailureContext = {
  readonly isSynced: boolean;
  /** Whether initial events were asked for on the stream. */
  readonly streamsInitialEvents: boolean;
  /** Failures in a row before this one. */
  readonly failures: number;
  /** The longest wait after 403 and 405, in milliseconds. */
  readonly forbiddenRetryMs: number;
  readonly random: () => number;
};

export type Verdict = {
  readonly state: WatchState;
  /** The last version can't be resumed from. */
  readonly mustRestart: boolean;
  /** Initial events on the stream are not to be had: LIST first. */
  readonly mustList: boolean;
  readonly waitMs: number;
};

/** Judges what ended a stream or a list. */
export function judgeFailure(error: SealiftError, context: FailureContext): Verdict {
  const status = error instanceof KubeError ? error.status : undefined;
  if (context.streamsInitialEvents && !context.isSynced && isInitialEventsTrouble(error, status)) {
    return { state: 'syncing', mustRestart: true, mustList: true, waitMs: 0 };
  }
  if (status === 403) return standing('forbidden', context);
  if (status === 405) return standing('unsupported', context);
  const mustRestart = error.code === 'KUBE_PROTOCOL' || isVersionTrouble(status);
  return {
    state: stateAfter(status),
    mustRestart,
    mustList: false,
    waitMs: retryMs(error, context),
  };
}

function stateAfter(status: number | undefined): WatchState {
  if (status === 404) return 'missing';
  return status === 410 ? 'syncing' : 'reconnecting';
}

/** Servers without WatchList refuse its parameters, or overlook them and send no initial events. */
function isInitialEventsTrouble(error: SealiftError, status: number | undefined): boolean {
  return status === 400 || status === 405 || status === 422 || error.code === 'KUBE_TIMEOUT';
}

/** Gone, or a version that is no version; after 404 the kind may come back as another. */
function isVersionTrouble(status: number | undefined): boolean {
  return status === 400 || status === 404 || status === 410 || status === 422;
}

/** A state that only someone else's action ends: looked at again, ever more slowly. */
function standing(state: WatchState, context: FailureContext): Verdict {
  const waitMs = backoffMs(context.failures, {
    minMs: 1000,
    maxMs: context.forbiddenRetryMs,
    random: context.random,
  });
  return { state, mustRestart: false, mustList: false, waitMs };
}

function retryMs(error: SealiftError, context: FailureContext): number {
  // The connection itself waits before it is made again.
  if (error.details['sent'] === false) return 0;
  const retryAfterMs = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(retryAfterMs, reconnectMs(context.failures, context.random));
}

/** The wait of a watch after the given number of short-lived streams. */
export function reconnectMs(failures: number, random: () => number): number {
  return backoffMs(failures, { minMs: kubeLimits.reconnectMinMs, maxMs: kubeLimits.reconnectMaxMs, random });
}
