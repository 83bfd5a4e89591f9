// Looks at Deliveries: what one does, when the next is due, and that the record of a Delivery that is gone goes as well.
import { requestedAtOf } from '../src/api/common.ts';
import { errorMessageOf, KubeError } from '../src/errors.ts';
import { pullerLimits } from '../src/limits.ts';
import { recordRepairs } from './reconcile/apply-accepted.ts';
import { boundsOf } from './reconcile/bounds.ts';
import { addFinalizer, finalizeDelivery } from './reconcile/finalize.ts';
import { followHolds } from './reconcile/holds.ts';
import { toFailure } from './reconcile/judge.ts';
import { reconcileDelivery } from './reconcile/reconcile.ts';
import { isWritten } from './reconcile/record.ts';
import { names, type Runtime } from './reconcile/runtime.ts';
import { createSchedule, intervalDelayMs, type Schedule } from './reconcile/schedule.ts';
import { nextLookMs } from './reconcile/timing.ts';
import type { Services } from './services.ts';

/** Looks by owner id. */
export type DeliveryLooks = Pick<Schedule, 'start' | 'soon' | 'idle'> & {
  /** Lets an owner go whose Delivery is gone; a look that is under way ends by itself. */
  forget(ownerId: string): void;
  /**
   * A record that no Delivery has any more, as where its finalizer was removed by force: the owner's next look, which
   * this asks for, removes it.
   */
  noteStale(ownerId: string): void;
};

export type DeliveryLooksOptions = {
  /** The Deliveries that there are, by owner id; they come and go meanwhile. */
  readonly runtimes: ReadonlyMap<string, Runtime>;
  /** A look has ended: the Delivery's status is to be computed. */
  readonly touch: (runtime: Runtime) => void;
  readonly random: () => number;
  readonly signal: AbortSignal;
};

/** Looks at Deliveries, once it is started and whenever one is due or asked for. */
export function createDeliveryLooks(
  services: () => Services,
  { runtimes, touch, random, signal }: DeliveryLooksOptions,
): DeliveryLooks {
  const safetyNetMs = new Map<string, number>();
  /** Owners whose record is to be removed. */
  const stale = new Set<string>();
  const schedule = createSchedule({
    run: look,
    groupOf: (ownerId) => runtimes.get(ownerId)?.delivery.metadata.namespace ?? '',
    signal,
  });

  async function look(ownerId: string, reason: { readonly isFull: boolean }): Promise<void> {
    const runtime = runtimes.get(ownerId);
    await dropStale(ownerId, runtime);
    if (runtime === undefined) return;
    const isFull = reason.isFull || services().monotonic() >= (safetyNetMs.get(ownerId) ?? 0);
    const { looks, delivery } = runtime;
    looks.isUnderWay = true;
    looks.begunMs = services().now();
    try {
      await lookAt(runtime, isFull);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof KubeError && error.code === 'KUBE_CONFLICT') {
        // Our view is old: the event that brings the new one is on its way.
        schedule.later(ownerId, pullerLimits.retryMinMs, isFull);
        return;
      }
      runtime.failure = toFailure(error);
      services().log('error', 'look failed', { ...names(runtime), error: errorMessageOf(error) });
    } finally {
      looks.isUnderWay = false;
    }
    looks.count += 1;
    looks.generation = delivery.metadata.generation;
    if (runtimes.get(ownerId) !== runtime) return;
    touch(runtime);
    scheduleNext(runtime);
  }

  /** No look of the owner writes a record meanwhile: there is one look at a time. */
  async function dropStale(ownerId: string, runtime: Runtime | undefined): Promise<void> {
    // What is written anew under the name takes its place by itself.
    const isDue = stale.delete(ownerId) && (runtime === undefined || !isWritten(runtime.record));
    if (runtime === undefined) schedule.forget(ownerId);
    if (!isDue) return;
    try {
      await services().recordStore.remove(ownerId);
    } catch (error) {
      if (signal.aborted) return;
      services().log('warn', 'record can not be removed', { ownerId, error: errorMessageOf(error) });
      stale.add(ownerId);
      schedule.later(ownerId, pullerLimits.healthRetryMs, false);
    }
  }

  async function lookAt(runtime: Runtime, isFull: boolean): Promise<void> {
    const { metadata } = runtime.delivery;
    const requestedAt = requestedAtOf(runtime.delivery.metadata.annotations);
    if (metadata.deletionTimestamp !== undefined) {
      await finalizeDelivery(services(), runtime);
      return;
    }
    await addFinalizer(services(), runtime);
    const hasHoldEnded = await followHolds(services(), runtime);
    await reconcileDelivery(services(), runtime, { isFull });
    if (hasHoldEnded) services().keeper.recheck(runtime.ownerId);
    await recordRepairs(services(), runtime);
    runtime.handledRequest = requestedAt;
    if (!isFull || runtimes.get(runtime.ownerId) !== runtime) return;
    const netMs = intervalDelayMs(
      boundsOf(runtime.delivery.spec).intervalMs,
      runtime.looks.count === 0,
      random,
    );
    safetyNetMs.set(runtime.ownerId, services().monotonic() + netMs);
  }

  function scheduleNext(runtime: Runtime): void {
    const untilNetMs = (safetyNetMs.get(runtime.ownerId) ?? 0) - services().monotonic();
    const delayMs = nextLookMs(services(), runtime, { untilNetMs, random });
    if (delayMs !== undefined) schedule.later(runtime.ownerId, delayMs, false);
  }

  return {
    start: () => schedule.start(),
    soon: (ownerId, isFull) => schedule.soon(ownerId, isFull),
    idle: () => schedule.idle(),
    forget: (ownerId) => {
      schedule.forget(ownerId);
      safetyNetMs.delete(ownerId);
    },
    noteStale: (ownerId) => {
      stale.add(ownerId);
      schedule.soon(ownerId, false);
    },
  };
}
