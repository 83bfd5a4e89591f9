// One deadline over all tries of a request, joined with the caller's own signal.

import { KubeError } from '../errors.ts';
import { kubeLimits } from '../limits.ts';

export type DeadlineOptions = {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly request: { readonly path: string; readonly timeoutMs?: number; readonly signal?: AbortSignal };
};

export type Deadline = {
  /** Aborts with a KubeError `KUBE_TIMEOUT`, or with the reason of the caller's signal. */
  readonly signal: AbortSignal;
  leftMs(): number;
  /** Keeps the failure that a timeout will name as its cause. */
  noteFailure(error: KubeError): void;
  /** Takes the time away and leaves the caller's signal joined. */
  stopTimer(): void;
  /** Lets go of timer and signal. */
  stop(): void;
};

/** Starts the time of a request. */
export function startDeadline(options: DeadlineOptions): Deadline {
  const { path, signal, timeoutMs = kubeLimits.requestTimeoutMs } = options.request;
  const controller = new AbortController();
  const endMs = options.now() + timeoutMs;
  let lastFailure: KubeError | undefined;
  const timer = setTimeout(() => {
    controller.abort(
      new KubeError('KUBE_TIMEOUT', `${path}: no answer within ${timeoutMs} ms`, {
        retryable: true,
        ...(lastFailure === undefined ? {} : { cause: lastFailure }),
      }),
    );
  }, timeoutMs);
  const follow = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', follow, { once: true });
  if (signal?.aborted === true) follow();
  const stopTimer = (): void => clearTimeout(timer);
  return {
    signal: controller.signal,
    leftMs: () => endMs - options.now(),
    noteFailure(error) {
      lastFailure = error;
    },
    stopTimer,
    stop() {
      stopTimer();
      signal?.removeEventListener('abort', follow);
    },
  };
}
