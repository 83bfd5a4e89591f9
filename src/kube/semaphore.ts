// A bound on what runs at once; whoever waits longest goes next.

export type Semaphore = {
  /**
   * Waits for a slot and resolves with the function that gives it back; calling that twice is harmless.
   * Rejects with the signal's reason.
   */
  acquire(signal?: AbortSignal): Promise<() => void>;
};

/** Makes a semaphore with the given number of slots. */
export function createSemaphore(slots: number): Semaphore {
  let free = slots;
  const waiting = new Set<() => void>();

  function release(): void {
    free += 1;
    const [next] = waiting;
    if (next === undefined) return;
    waiting.delete(next);
    next();
  }

  function take(): () => void {
    free -= 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      release();
    };
  }

  return {
    async acquire(signal) {
      signal?.throwIfAborted();
      if (free > 0) return take();
      const { promise, resolve, reject } = Promise.withResolvers<() => void>();
      const proceed = (): void => resolve(take());
      const abort = (): void => {
        // Whoever was let in before the signal keeps its slot and sees the signal itself.
        if (waiting.delete(proceed)) reject(signal?.reason);
      };
      waiting.add(proceed);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        return await promise;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}
