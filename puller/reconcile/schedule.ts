// When a Delivery is looked at: one look at a time, at most some Deliveries at once, again at its intervals, sooner
// and then ever later after failures.
import { pullerLimits } from '../../src/limits.ts';
import { createLookQueue } from './look-queue.ts';

export type Schedule = {
  /** Until then nothing runs. */
  start(): void;
  /** As soon as there is room, before what is only due; a look that is under way is followed by another. */
  soon(key: string, isFull: boolean): void;
  /** After some milliseconds, unless something asks for it before. */
  later(key: string, delayMs: number, isFull: boolean): void;
  forget(key: string): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
};

export type ScheduleOptions = {
  /** Must not throw. */
  readonly run: (key: string, reason: { readonly isFull: boolean }) => Promise<void>;
  /** The namespace of a key; it does not change while the key is known. */
  readonly groupOf: (key: string) => string;
  readonly signal: AbortSignal;
};

type Entry = {
  wanted: { isFull: boolean; isAsked: boolean } | undefined;
  running: Promise<void> | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Whether nobody wants it any more; what is under way is known until it ends. */
  isForgotten: boolean;
};

export function createSchedule({ run, groupOf, signal }: ScheduleOptions): Schedule {
  const entries = new Map<string, Entry>();
  const queue = createLookQueue(groupOf, pullerLimits.looksOfNamespace);
  let running = 0;
  let isStarted = false;

  function entryOf(key: string): Entry {
    const known = entries.get(key);
    if (known !== undefined) {
      known.isForgotten = false;
      return known;
    }
    const entry: Entry = { wanted: undefined, running: undefined, timer: undefined, isForgotten: false };
    entries.set(key, entry);
    return entry;
  }

  function pump(): void {
    if (!isStarted) return;
    while (running < pullerLimits.looks && !signal.aborted) {
      const key = queue.take();
      if (key === undefined) return;
      const entry = entries.get(key);
      if (entry?.wanted === undefined || entry.running !== undefined) continue;
      const { isFull } = entry.wanted;
      entry.wanted = undefined;
      running += 1;
      const end = queue.begin(key);
      entry.running = run(key, { isFull }).finally(() => {
        running -= 1;
        end();
        entry.running = undefined;
        if (entry.wanted !== undefined) queue.add(key, entry.wanted.isAsked);
        else if (entry.isForgotten) entries.delete(key);
        pump();
      });
    }
  }

  function want(key: string, isFull: boolean, isAsked: boolean): void {
    const entry = entryOf(key);
    clearTimeout(entry.timer);
    const before = entry.wanted;
    entry.wanted = {
      isFull: isFull || before?.isFull === true,
      isAsked: isAsked || before?.isAsked === true,
    };
    if (entry.running === undefined) queue.add(key, entry.wanted.isAsked);
    pump();
  }

  return {
    start: () => {
      isStarted = true;
      pump();
    },
    soon: (key, isFull) => want(key, isFull, true),
    later: (key, delayMs, isFull) => {
      const entry = entryOf(key);
      clearTimeout(entry.timer);
      entry.timer = setTimeout(() => {
        if (!signal.aborted) want(key, isFull, false);
      }, delayMs);
    },
    forget: (key) => {
      queue.delete(key);
      const entry = entries.get(key);
      if (entry === undefined) return;
      clearTimeout(entry.timer);
      entry.wanted = undefined;
      entry.isForgotten = true;
      if (entry.running === undefined) entries.delete(key);
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

/**
 * Time until the next look of an interval. The first one is somewhere in it: what came together, at a start of the puller
 * or by one `kubectl apply`, must not ask the registry together for ever.
 */
export function intervalDelayMs(intervalMs: number, isFirst: boolean, random: () => number): number {
  return intervalMs * (isFirst ? 0.05 + 0.95 * random() : 0.95 + random() / 10);
}
