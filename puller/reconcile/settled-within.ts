// Waiting for what need not come, for a time.

/** Resolves once it has settled, or after a time (ms); no timer is left behind. */
export async function settledWithin(settled: Promise<void>, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs).unref();
  try {
    await Promise.race([settled, promise]);
  } finally {
    clearTimeout(timer);
  }
}
