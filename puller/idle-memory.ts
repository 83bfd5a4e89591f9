// Gives memory back once a burst of work is over. What it took to install a fleet would else stay with the process for
// as long as it runs: V8 collects when memory is asked for, and an idle puller asks for none.
import { pullerLimits } from '../src/limits.ts';

export type IdleMemoryOptions = {
  /** CPU time of the process up to now, in milliseconds. */
  readonly cpuMs: () => number;
  /** Collects all that is garbage, and gives its memory back to the system. */
  readonly collect: () => Promise<void>;
  readonly signal: AbortSignal;
};

/** Collects in the first quiet moment after enough work was done, until the signal aborts. */
export function freeWhenIdle({ cpuMs, collect, signal }: IdleMemoryOptions): void {
  const { lookMs, quietMs, workMs } = pullerLimits.idleMemory;
  let lastMs = cpuMs();
  let workedMs = 0;
  const look = (): void => {
    const nowMs = cpuMs();
    const spentMs = nowMs - lastMs;
    lastMs = nowMs;
    if (spentMs > quietMs) workedMs += spentMs;
    else if (workedMs >= workMs) {
      workedMs = 0;
      void collect().catch(() => undefined);
    }
  };
  const timer = setInterval(look, lookMs).unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
