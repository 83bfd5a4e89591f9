// Who works on one copy: a bounded number of calls at once, and one failure that ends all of them. Nothing is left
// running when a copy has ended, however it ended.
import type { CopyLimits } from './copy.ts';

/** Lets a bounded number of calls run at once, in the order in which they came. */
type Gate = <T>(work: () => Promise<T>) => Promise<T>;

export type Crew = {
  /** Aborted by the caller, or by the first failure. */
  readonly signal: AbortSignal;
  /** Starts work that {@link finish} waits for. */
  start(work: () => Promise<void>): void;
  /** A call to a store, once there is room for it. */
  call: Gate;
  /** The same for what moves a blob. */
  move: Gate;
  /** The same for what looks for all that refers to one manifest: each keeps much in memory while it waits. */
  follow: Gate;
  /** Waits for all of them; the first failure ends everything at once. @throws what one of them threw */
  all(works: Iterable<Promise<unknown>>): Promise<void>;
  /** Waits until nothing is left to do. @throws what made it fail first */
  finish(): Promise<void>;
};

export function createCrew(
  given: AbortSignal | undefined,
  { calls, transfers, roots }: Pick<CopyLimits, 'calls' | 'transfers' | 'roots'>,
): Crew {
  const stop = new AbortController();
  const signal = given === undefined ? stop.signal : AbortSignal.any([given, stop.signal]);
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;

  function fail(error: unknown): void {
    if (failure !== undefined) return;
    failure = { error: given?.aborted === true ? given.reason : error };
    stop.abort();
  }

  async function failing(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      fail(error);
      throw error;
    }
  }

  return {
    signal,
    call: createGate(calls, signal),
    move: createGate(transfers, signal),
    follow: createGate(roots, signal),
    async all(works) {
      const outcomes = await Promise.allSettled(Array.from(works, failing));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
    start(work) {
      const done = work()
        .catch(fail)
        .finally(() => running.delete(done));
      running.add(done);
    },
    async finish() {
      // Work starts more work.
      while (running.size > 0) await Promise.all(running);
      if (failure !== undefined) throw failure.error;
      given?.throwIfAborted();
    },
  };
}

function createGate(slots: number, signal: AbortSignal): Gate {
  const waiting: (() => void)[] = [];
  let free = slots;
  let next = 0;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      // The slot goes to whoever has waited longest.
      const proceed = waiting[next];
      next += 1;
      if (proceed === undefined) {
        free += 1;
        next = 0;
        waiting.length = 0;
      } else proceed();
    }
  };
}
