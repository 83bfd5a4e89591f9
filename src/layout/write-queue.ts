// Writes that many ask for at once, made once for all of them.

/**
 * Serialises writes: one at a time, and calls that come while one is under way share the next, which holds all of
 * their changes.
 */
export function createWriteQueue(write: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    next = undefined;
    return write();
  };
  return () => {
    if (next !== undefined) return next;
    // A failed write was reported to its callers; it does not stop the next one.
    next = last.then(start, start);
    last = next;
    return next;
  };
}
