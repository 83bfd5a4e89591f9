// The Deliveries of the cluster: their events in, looks at them scheduled, their statuses out.
import { isDeepStrictEqual } from 'node:util';
import { parseDurationMs, requestedAtAnnotation } from '../src/api/common.ts';
import { deliverySchema, type Delivery } from '../src/api/delivery.ts';
import { errorMessageOf, KubeError } from '../src/errors.ts';
import type { WatchEvent } from '../src/kube/watch.ts';
import { pullerLimits } from '../src/limits.ts';
import { addFinalizer, finalizeDelivery } from './reconcile/finalize.ts';
import { aggregateHealth } from './reconcile/delivery-health.ts';
import { ownerIdOf } from './reconcile/owner.ts';
import { emptyRecord, type DeliveryRecord } from './reconcile/record.ts';
import { names, reconcileDelivery } from './reconcile/reconcile.ts';
import { createRuntime, type Runtime } from './reconcile/runtime.ts';
import { createSchedule, retryDelayMs } from './reconcile/schedule.ts';
import type { Services } from './services.ts';
import { createStatusWriter } from './status/status-writer.ts';

export type Controller = {
  onEvent(event: WatchEvent): void;
  /** Policies or promotions have changed: everything is judged anew. */
  recheckAll(): void;
  /** Something about an owner's objects has changed. */
  onObjectsChanged(ownerId: string): void;
  runtimeOf(ownerId: string): Runtime | undefined;
  touch(runtime: Runtime): void;
  /** Resolves when what is under way has ended. */
  drain(): Promise<void>;
};

/** Deliveries looked at at once. */
const concurrency = 4;

export function createController(
  services: () => Services,
  installId: string,
  records: ReadonlyMap<string, DeliveryRecord>,
  { random, signal }: { readonly random: () => number; readonly signal: AbortSignal },
): Controller {
  const runtimes = new Map<string, Runtime>();
  const safetyNetMs = new Map<string, number>();
  const healthTimers = new Map<string, NodeJS.Timeout>();
  const schedule = createSchedule(look, concurrency, signal);
  const statuses = createStatusWriter(services, { updateHealth, signal });

  async function look(ownerId: string, reason: { readonly isFull: boolean }): Promise<void> {
    const runtime = runtimes.get(ownerId);
    if (runtime === undefined) return;
    const { log, monotonic } = services();
    const dueMs = safetyNetMs.get(ownerId) ?? 0;
    const isFull = reason.isFull || monotonic() >= dueMs;
    try {
      const requestedAt = runtime.delivery.metadata.annotations?.[requestedAtAnnotation];
      if (runtime.delivery.metadata.deletionTimestamp !== undefined)
        await finalizeDelivery(services(), runtime);
      else {
        await addFinalizer(services(), runtime);
        await reconcileDelivery(services(), runtime, { isFull });
      }
      runtime.handledRequest = requestedAt;
      if (isFull) safetyNetMs.set(ownerId, monotonic() + parseDurationMs(runtime.delivery.spec.interval));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof KubeError && error.code === 'KUBE_CONFLICT') {
        // Our view is old: the event that brings the new one is on its way.
        schedule.later(ownerId, pullerLimits.retryMinMs, isFull);
        return;
      }
      runtime.failure = {
        code: error instanceof KubeError ? error.code : 'INTERNAL',
        message: errorMessageOf(error),
      };
      log('error', 'look failed', { ...names(runtime), error: errorMessageOf(error) });
    }
    statuses.touch(runtime);
    scheduleNext(runtime);
  }

  function scheduleNext(runtime: Runtime): void {
    const { spec, metadata } = runtime.delivery;
    const hasFailed = runtime.failure !== undefined || runtime.outage !== undefined;
    runtime.attempts = hasFailed ? runtime.attempts + 1 : 0;
    if (metadata.deletionTimestamp !== undefined && !hasFailed) return;
    if (spec.suspend) return;
    const pollMs =
      Math.max(parseDurationMs(spec.source.interval), pullerLimits.minIntervalMs) * (0.95 + random() / 10);
    const delayMs = hasFailed
      ? Math.min(pollMs, retryDelayMs(runtime.attempts, parseDurationMs(spec.retryInterval), random))
      : pollMs;
    const untilNetMs = (safetyNetMs.get(runtime.ownerId) ?? 0) - services().monotonic();
    schedule.later(
      runtime.ownerId,
      Math.max(0, Math.min(delayMs, Math.max(untilNetMs, pullerLimits.retryMinMs))),
      false,
    );
  }

  /** Health as of now; looked at again when the Delivery's timeout would make it final. */
  function updateHealth(runtime: Runtime): void {
    const { keeper, monotonic } = services();
    const health = aggregateHealth(runtime, keeper);
    runtime.health = health;
    runtime.contested = [...runtime.keys].filter((key) => keeper.isContested(key));
    clearTimeout(healthTimers.get(runtime.ownerId));
    if (health.state === 'Current' || runtime.isApplying || runtime.accepted === undefined) {
      if (health.state === 'Current' && !runtime.isApplying) runtime.healthyDigest = runtime.accepted?.digest;
      runtime.unhealthySinceMs = undefined;
      return;
    }
    runtime.unhealthySinceMs ??= monotonic();
    const leftMs = runtime.unhealthySinceMs + parseDurationMs(runtime.delivery.spec.timeout) - monotonic();
    if (leftMs > 0)
      healthTimers.set(
        runtime.ownerId,
        setTimeout(() => statuses.touch(runtime), leftMs + 50),
      );
  }

  function forget(runtime: Runtime): void {
    const { keeper, watches } = services();
    for (const key of runtime.keys) keeper.release(key);
    runtimes.delete(runtime.ownerId);
    clearTimeout(healthTimers.get(runtime.ownerId));
    healthTimers.delete(runtime.ownerId);
    safetyNetMs.delete(runtime.ownerId);
    schedule.forget(runtime.ownerId);
    watches.retain(keeper.kinds());
  }

  function update(delivery: Delivery): void {
    const { namespace, name, uid } = delivery.metadata;
    const ownerId = ownerIdOf(installId, { namespace, name });
    const known = runtimes.get(ownerId);
    if (known === undefined || known.delivery.metadata.uid !== uid) {
      if (known !== undefined) forget(known);
      const record = records.get(ownerId) ?? emptyRecord({ namespace, name, uid });
      runtimes.set(
        ownerId,
        createRuntime(ownerId, delivery, { ...record, delivery: { namespace, name, uid } }),
      );
      schedule.soon(ownerId, false);
      return;
    }
    const before = known.delivery;
    known.delivery = delivery;
    if (hasChanged(before, delivery)) schedule.soon(ownerId, true);
  }

  return {
    onEvent: ({ type, object }) => {
      const parsed = deliverySchema.safeParse(object);
      if (!parsed.success) {
        services().log('error', 'Delivery can not be read', {
          name: object.metadata.name,
          error: errorMessageOf(parsed.error.issues[0]?.message),
        });
        return;
      }
      const { namespace, name } = parsed.data.metadata;
      const runtime = runtimes.get(ownerIdOf(installId, { namespace, name }));
      if (type !== 'DELETED') update(parsed.data);
      else if (runtime !== undefined) forget(runtime);
    },
    recheckAll: () => {
      for (const ownerId of runtimes.keys()) schedule.soon(ownerId, true);
    },
    onObjectsChanged: (ownerId) => {
      const runtime = runtimes.get(ownerId);
      if (runtime !== undefined) statuses.touch(runtime);
    },
    runtimeOf: (ownerId) => runtimes.get(ownerId),
    touch: (runtime) => statuses.touch(runtime),
    drain: async () => {
      await schedule.idle();
      await statuses.idle();
    },
  };
}

/** Whether a change asks for a look: status writes, our own above all, do not. */
function hasChanged(before: Delivery, after: Delivery): boolean {
  const asked = (delivery: Delivery): string | undefined =>
    delivery.metadata.annotations?.[requestedAtAnnotation];
  return (
    before.metadata.generation !== after.metadata.generation ||
    asked(before) !== asked(after) ||
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    !isDeepStrictEqual(before.spec, after.spec)
  );
}
