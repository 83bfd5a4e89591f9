// Writes statuses once a transition: what changes within one turn is one write, and what is the same is none.
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { errorMessageOf, KubeError } from '../../src/errors.ts';
import { isRestoring, names, type Runtime } from '../reconcile/runtime.ts';
import type { Services } from '../services.ts';
import { computeStatus, writeStatus } from './delivery-status.ts';
import { createPatience } from './patience.ts';

export type StatusWriter = {
  touch(runtime: Runtime): void;
  idle(): Promise<void>;
};

const isConflict = ({ code }: KubeError): boolean => code === 'KUBE_CONFLICT';

/** Changes within this time are one write. */
const coalesceMs = 25;
const tries = 5;
/** After that many tries, the time until it is tried anew. */
const laterMs = 30_000;

export function createStatusWriter(
  services: () => Services,
  {
    updateHealth,
    onComputed,
    signal,
  }: {
    readonly updateHealth: (runtime: Runtime) => void;
    /** A status was computed that is not the one before: others may go by it before it is written. */
    readonly onComputed: (runtime: Runtime) => void;
    readonly signal: AbortSignal;
  },
): StatusWriter {
  const patience = createPatience(() => services().monotonic());
  const held = new Map<Runtime, NodeJS.Timeout>();
  const dirty = new Set<Runtime>();
  const writing = new Map<Runtime, Promise<void>>();

  async function flush(runtime: Runtime): Promise<void> {
    try {
      while (dirty.has(runtime) && !signal.aborted) {
        await delay(coalesceMs, undefined, { signal }).catch(() => undefined);
        dirty.delete(runtime);
        updateHealth(runtime);
        await write(runtime);
      }
    } finally {
      // In the same turn as the loop's last question: a touch after it starts another flush.
      writing.delete(runtime);
    }
  }

  async function write(runtime: Runtime): Promise<void> {
    const { client, log, now, monotonic, artifacts } = services();
    const isStored = (digest: string): boolean => artifacts?.has(digest) === true;
    if (isRestoring(runtime)) return;
    for (let attempt = 1; attempt <= tries && !signal.aborted; attempt += 1) {
      const status = computeStatus(runtime, runtime.status, {
        nowMs: now(),
        monotonicMs: monotonic(),
        isStored,
      });
      if (!isDeepStrictEqual(status, runtime.order.told)) {
        runtime.order.told = status;
        onComputed(runtime);
      }
      if (isDeepStrictEqual(status, runtime.status)) return patience.settle(runtime, status);
      const waitMs = patience.waitMs(runtime, status);
      if (waitMs > 0) return hold(runtime, waitMs);
      try {
        await writeStatus(client, runtime.delivery, runtime.status, status);
        runtime.status = status;
        patience.settle(runtime, status);
        return;
      } catch (error) {
        // A Delivery that is gone, or was made anew, has nobody to tell; of others a conflict is a race of writers.
        const isGone = services().runtimeOf(runtime.ownerId) !== runtime;
        if (error instanceof KubeError && (error.code === 'KUBE_NOT_FOUND' || (isConflict(error) && isGone)))
          return;
        log('warn', 'status can not be written', { ...names(runtime), error: errorMessageOf(error) });
        await delay(attempt * 500, undefined, { signal }).catch(() => undefined);
      }
    }
    // Given up for now: what it says is still to be told.
    setTimeout(() => touch(runtime), laterMs).unref();
  }

  function hold(runtime: Runtime, waitMs: number): void {
    clearTimeout(held.get(runtime));
    const timer = setTimeout(() => {
      held.delete(runtime);
      touch(runtime);
    }, waitMs);
    held.set(runtime, timer.unref());
  }

  function touch(runtime: Runtime): void {
    dirty.add(runtime);
    if (writing.has(runtime) || signal.aborted) return;
    writing.set(runtime, flush(runtime));
  }

  return {
    touch,
    idle: async () => {
      await Promise.all(writing.values());
    },
  };
}
