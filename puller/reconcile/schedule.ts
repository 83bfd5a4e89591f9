// When a Delivery is looked at: one look at a time, at most some Deliveries at once, again at its intervals, sooner
// and then ever later after failures.
import { pullerLimits } from '../../src/limits.ts';

export type Schedule = {
  /** Until then nothing runs. */
  start(): void;
  /** As soon as there is room; a look that is under way is followed by another. */
  soon(key: string, isFull: boolean): void;
  /** After some milliseconds, unless something asks for it before. */
  later(key: string, delayMs: number, isFull: boolean): void;
  forget(key: string): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
};

type Entry = {
  wanted: { isFull: boolean } | undefined;
  running: Promise<void> | undefined;
  timer: NodeJS.Timeout | undefined;
};

/** @param run must not throw */
export function createSchedule(
  run: (key: string, reason: { readonly isFull: boolean }) => Promise<void>,
  concurrency: number,
  signal: AbortSignal,
): Schedule {
  const entries = new Map<string, Entry>();
  const waiting = new Set<string>();
  let running = 0;
  let isStarted = false;

  function entryOf(key: string): Entry {
    const known = entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { wanted: undefined, running: undefined, timer: undefined };
    entries.set(key, entry);
    return entry;
  }

  function pump(): void {
    for (const key of waiting) {
      if (!isStarted || running >= concurrency || signal.aborted) return;
      const entry = entries.get(key);
      waiting.delete(key);
      if (entry?.wanted === undefined || entry.running !== undefined) continue;
      const reason = entry.wanted;
      entry.wanted = undefined;
      running += 1;
      entry.running = run(key, reason).finally(() => {
        running -= 1;
        entry.running = undefined;
        if (entry.wanted !== undefined) waiting.add(key);
        pump();
      });
    }
  }

  const soon: Schedule['soon'] = (key, isFull) => {
    const entry = entryOf(key);
    clearTimeout(entry.timer);
    entry.wanted = { isFull: isFull || entry.wanted?.isFull === true };
    if (entry.running === undefined) waiting.add(key);
    pump();
  };
  return {
    soon,
    start: () => {
      isStarted = true;
      pump();
    },
    later: (key, delayMs, isFull) => {
      const entry = entryOf(key);
      clearTimeout(entry.timer);
      entry.timer = setTimeout(() => {
        if (!signal.aborted) soon(key, isFull);
      }, delayMs);
    },
    forget: (key) => {
      const entry = entries.get(key);
      clearTimeout(entry?.timer);
      if (entry !== undefined) entry.wanted = undefined;
      waiting.delete(key);
      entries.delete(key);
    },
    idle: async () => {
      await Promise.all([...entries.values()].flatMap(({ running: current }) => current ?? []));
    },
  };
}

/** The wait after some failures in a row: from a second on, doubled, with jitter, up to a bound. */
export function retryDelayMs(attempts: number, maxMs: number, random: () => number): number {
  const bounded = Math.min(
    pullerLimits.retryMinMs * 2 ** Math.min(attempts, 20),
    maxMs,
    pullerLimits.retryMaxMs,
  );
  return bounded * (0.75 + random() / 4);
}
