// A bound on what runs at once. Repairs go before bulk work, though not for ever; among bulk work each share has its
// turn, however much of one waits, and within a share whoever waits longest goes next.

export type Turn = {
  /** Default: `bulk`. */
  readonly priority?: 'repair' | 'bulk' | undefined;
  /** Whose turn it is; what names none shares one. */
  readonly share?: string | undefined;
};

export type Semaphore = {
  /**
   * Waits for a slot and resolves with the function that gives it back; calling that twice is harmless.
   * Rejects with the signal's reason.
   */
  acquire(signal?: AbortSignal, turn?: Turn): Promise<() => void>;
};

/** Repairs in a row that may go before bulk work that waits. */
const repairsInARow = 8;

type Waiter = () => void;

/** Makes a semaphore with the given number of slots. */
export function createSemaphore(slots: number): Semaphore {
  let free = slots;
  let inARow = 0;
  const repairs = new Set<Waiter>();
  const bulk = createShares();

  /** Takes whoever goes next out of its queue. */
  function next(): Waiter | undefined {
    const [repair] = repairs;
    const isRepair = repair !== undefined && (inARow < repairsInARow || bulk.isEmpty());
    inARow = isRepair ? inARow + 1 : 0;
    if (!isRepair) return bulk.take();
    repairs.delete(repair);
    return repair;
  }

  function take(): () => void {
    free -= 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      free += 1;
      next()?.();
    };
  }

  return {
    async acquire(signal, { priority = 'bulk', share = '' } = {}) {
      signal?.throwIfAborted();
      if (free > 0) return take();
      const { promise, resolve, reject } = Promise.withResolvers<() => void>();
      const proceed = (): void => resolve(take());
      const abort = (): void => {
        // Whoever was let in before the signal keeps its slot and sees the signal itself.
        const isWaiting = priority === 'repair' ? repairs.delete(proceed) : bulk.drop(share, proceed);
        if (isWaiting) reject(signal?.reason);
      };
      if (priority === 'repair') repairs.add(proceed);
      else bulk.add(share, proceed);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        return await promise;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}

type Shares = {
  add(share: string, waiter: Waiter): void;
  drop(share: string, waiter: Waiter): boolean;
  /** The first of the share whose turn it is. */
  take(): Waiter | undefined;
  isEmpty(): boolean;
};

/** Queues that are served in turn. */
function createShares(): Shares {
  const shares = new Map<string, Set<Waiter>>();

  function drop(share: string, waiter: Waiter): boolean {
    const queue = shares.get(share);
    const isFound = queue?.delete(waiter) === true;
    if (queue?.size === 0) shares.delete(share);
    return isFound;
  }

  return {
    drop,
    add: (share, waiter) => {
      const queue = shares.get(share) ?? new Set();
      shares.set(share, queue.add(waiter));
    },
    take: () => {
      const [turn] = shares;
      if (turn === undefined) return undefined;
      const [share, queue] = turn;
      const [waiter] = queue;
      // To the end of the line.
      shares.delete(share);
      if (waiter !== undefined) queue.delete(waiter);
      if (queue.size > 0) shares.set(share, queue);
      return waiter;
    },
    isEmpty: () => shares.size === 0,
  };
}
