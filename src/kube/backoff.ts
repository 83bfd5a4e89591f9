// Waiting between tries: exponential with jitter, so that many waiters do not come back in step, and abortable.

export type BackoffOptions = {
  readonly minMs: number;
  readonly maxMs: number;
  /** Returns a number from 0 (included) to 1 (excluded). */
  readonly random: () => number;
};

/** Milliseconds to wait after the given number of failures (0 = the first): half of the step fixed, half random. */
export function backoffMs(failures: number, options: BackoffOptions): number {
  const step = Math.min(options.maxMs, options.minMs * 2 ** Math.min(failures, 30));
  return step / 2 + (step / 2) * options.random();
}

/** Resolves after the time, or as soon as the signal aborts: the caller looks at the signal. Never rejects. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0 || signal?.aborted === true) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const wake = (): void => resolve();
  signal?.addEventListener('abort', wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal?.removeEventListener('abort', wake);
}
