// Tells those who wait for something in the cluster that it may have come: they look again at each event of a watch,
// and ask the API server nothing.

export type Changes = {
  /** Something has changed. */
  wake(): void;
  /**
   * Waits until a condition holds.
   * @returns whether it came true in time; false also when the signal aborts
   */
  until(condition: () => boolean, timeoutMs: number, signal: AbortSignal): Promise<boolean>;
};

export function createChanges(): Changes {
  const waiting = new Set<() => void>();
  return {
    wake: () => {
      for (const look of waiting) look();
    },
    until: async (condition, timeoutMs, signal) => {
      if (condition()) return true;
      if (signal.aborted) return false;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const look = (): void => {
        if (condition()) resolve(true);
      };
      const end = (): void => resolve(condition());
      const timer = setTimeout(end, timeoutMs);
      waiting.add(look);
      signal.addEventListener('abort', end, { once: true });
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        waiting.delete(look);
        signal.removeEventListener('abort', end);
      }
    },
  };
}
