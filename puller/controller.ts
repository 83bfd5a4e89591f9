// The Deliveries of the cluster: their events in, looks at them scheduled, their statuses out.
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { metadataSchema, requestedAtAnnotation } from '../src/api/common.ts';
import { deliverySchema, deliverySpecSchema, type Delivery } from '../src/api/delivery.ts';
import { errorMessageOf, KubeError } from '../src/errors.ts';
import type { KubeObject } from '../src/kube/object.ts';
import type { WatchEvent } from '../src/kube/watch.ts';
import { pullerLimits } from '../src/limits.ts';
import { recordRepairs } from './reconcile/apply-accepted.ts';
import { boundsOf } from './reconcile/bounds.ts';
import { aggregateHealth } from './reconcile/delivery-health.ts';
import { addFinalizer, finalizeDelivery } from './reconcile/finalize.ts';
import { judgeKept, toFailure } from './reconcile/judge.ts';
import { ownerIdOf } from './reconcile/owner.ts';
import { emptyRecord, type DeliveryRecord } from './reconcile/record.ts';
import { reconcileDelivery } from './reconcile/reconcile.ts';
import { createRuntime, names, type Runtime } from './reconcile/runtime.ts';
import { createSchedule, retryDelayMs } from './reconcile/schedule.ts';
import type { Services } from './services.ts';
import { createStatusWriter } from './status/status-writer.ts';

export type Controller = {
  onEvent(event: WatchEvent): void;
  /** All Deliveries are known: looks may begin. Before, another's object could be taken for nobody's. */
  start(): void;
  /** Policies have changed: what runs is judged at once, everything else soon. */
  recheckAll(): void;
  /** Something about an owner's objects has changed. */
  onObjectsChanged(ownerId: string): void;
  /** A repair made an object anew, and the record must follow. */
  onRecreated(ownerId: string): void;
  runtimeOf(ownerId: string): Runtime | undefined;
  touch(runtime: Runtime): void;
  /** Resolves when what is under way has ended. */
  drain(): Promise<void>;
};

/** Deliveries looked at at once. */
const concurrency = 4;

const identitySchema = z.looseObject({ metadata: metadataSchema.extend({ namespace: z.string() }) });

export function createController(
  services: () => Services,
  installId: string,
  records: ReadonlyMap<string, DeliveryRecord>,
  { random, signal }: { readonly random: () => number; readonly signal: AbortSignal },
): Controller {
  const runtimes = new Map<string, Runtime>();
  const safetyNetMs = new Map<string, number>();
  const healthTimers = new Map<string, NodeJS.Timeout>();
  const loaded = new Map(records);
  const schedule = createSchedule(look, concurrency, signal);
  const statuses = createStatusWriter(services, { updateHealth, signal });

  async function look(ownerId: string, reason: { readonly isFull: boolean }): Promise<void> {
    const runtime = runtimes.get(ownerId);
    if (runtime === undefined) return;
    const isFull = reason.isFull || services().monotonic() >= (safetyNetMs.get(ownerId) ?? 0);
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
    }
    if (runtimes.get(ownerId) !== runtime) return;
    statuses.touch(runtime);
    scheduleNext(runtime);
  }

  async function lookAt(runtime: Runtime, isFull: boolean): Promise<void> {
    const { metadata } = runtime.delivery;
    const requestedAt = metadata.annotations?.[requestedAtAnnotation];
    if (metadata.deletionTimestamp !== undefined) {
      await finalizeDelivery(services(), runtime);
      return;
    }
    await addFinalizer(services(), runtime);
    await reconcileDelivery(services(), runtime, { isFull });
    await recordRepairs(services(), runtime);
    runtime.handledRequest = requestedAt;
    if (isFull)
      safetyNetMs.set(runtime.ownerId, services().monotonic() + boundsOf(runtime.delivery.spec).intervalMs);
  }

  function scheduleNext(runtime: Runtime): void {
    const { spec, metadata } = runtime.delivery;
    const hasFailed = runtime.failure !== undefined || runtime.outage !== undefined;
    runtime.attempts = hasFailed ? runtime.attempts + 1 : 0;
    if (metadata.deletionTimestamp !== undefined && !hasFailed) return;
    if (spec.suspend && metadata.deletionTimestamp === undefined) return;
    const { sourceIntervalMs, retryIntervalMs } = boundsOf(spec);
    const pollMs = sourceIntervalMs * (0.95 + random() / 10);
    const delayMs = Math.min(
      hasFailed ? Math.min(pollMs, retryDelayMs(runtime.attempts, retryIntervalMs, random)) : pollMs,
      untilOverdueMs(runtime, services().now()),
    );
    const untilNetMs = (safetyNetMs.get(runtime.ownerId) ?? 0) - services().monotonic();
    const isNetDue = !hasFailed && untilNetMs < delayMs;
    schedule.later(
      runtime.ownerId,
      isNetDue ? Math.max(untilNetMs, pullerLimits.retryMinMs) : delayMs,
      false,
    );
  }

  /** Health as of now; looked at again when the Delivery's timeout would make it final. */
  function updateHealth(runtime: Runtime): void {
    const { keeper, monotonic } = services();
    runtime.health = aggregateHealth(runtime, keeper);
    runtime.contested = [...runtime.keys].filter((key) => keeper.isContested(key));
    clearTimeout(healthTimers.get(runtime.ownerId));
    const isCurrent = runtime.health.state === 'Current';
    if (isCurrent || runtime.isApplying || runtime.accepted === undefined) {
      if (isCurrent && !runtime.isApplying) runtime.healthyDigest = runtime.accepted?.digest;
      runtime.unhealthySinceMs = undefined;
      return;
    }
    runtime.unhealthySinceMs ??= monotonic();
    const leftMs = runtime.unhealthySinceMs + boundsOf(runtime.delivery.spec).timeoutMs - monotonic();
    if (leftMs <= 0 || !runtimes.has(runtime.ownerId)) return;
    healthTimers.set(
      runtime.ownerId,
      setTimeout(() => statuses.touch(runtime), leftMs + 50),
    );
  }

  function forget(runtime: Runtime): void {
    const { ownerId } = runtime;
    const { keeper, watches } = services();
    runtimes.delete(ownerId);
    loaded.delete(ownerId);
    keeper.releaseAll(ownerId);
    clearTimeout(healthTimers.get(ownerId));
    healthTimers.delete(ownerId);
    safetyNetMs.delete(ownerId);
    schedule.forget(ownerId);
    watches.retain(keeper.kinds());
  }

  function update(delivery: Delivery, unreadable: string | undefined): void {
    const { namespace, name, uid } = delivery.metadata;
    const ownerId = ownerIdOf(installId, { namespace, name });
    let runtime = runtimes.get(ownerId);
    if (runtime !== undefined && runtime.delivery.metadata.uid !== uid) {
      forget(runtime);
      runtime = undefined;
    }
    const before = runtime?.delivery;
    if (runtime === undefined) {
      // A record is one Delivery's: one that was made anew under the name begins with nothing.
      const record = loaded.get(ownerId);
      runtime = createRuntime(
        ownerId,
        delivery,
        record?.delivery.uid === uid ? record : emptyRecord({ namespace, name, uid }),
      );
      runtimes.set(ownerId, runtime);
    }
    runtime.delivery = delivery;
    runtime.unreadable = unreadable;
    if (before === undefined) schedule.soon(ownerId, false);
    else if (hasChanged(before, delivery)) schedule.soon(ownerId, true);
  }

  return {
    start: () => schedule.start(),
    onEvent: ({ type, object }) => {
      const identity = identitySchema.safeParse(object);
      if (!identity.success) return;
      const { namespace, name } = identity.data.metadata;
      const runtime = runtimes.get(ownerIdOf(installId, { namespace, name }));
      if (type === 'DELETED') {
        if (runtime !== undefined) forget(runtime);
        return;
      }
      const parsed = deliverySchema.safeParse(object);
      if (parsed.success) update(parsed.data, undefined);
      else
        update(
          unreadableDelivery(object, namespace),
          errorMessageOf(parsed.error.issues[0]?.message ?? 'unknown form'),
        );
    },
    recheckAll: () => {
      for (const runtime of runtimes.values()) {
        judgeKept(services(), runtime);
        schedule.soon(runtime.ownerId, true);
      }
    },
    onObjectsChanged: (ownerId) => {
      const runtime = runtimes.get(ownerId);
      if (runtime !== undefined) statuses.touch(runtime);
    },
    onRecreated: (ownerId) => {
      if (runtimes.has(ownerId)) schedule.soon(ownerId, false);
    },
    runtimeOf: (ownerId) => runtimes.get(ownerId),
    touch: (runtime) => statuses.touch(runtime),
    drain: async () => {
      await schedule.idle();
      await statuses.idle();
    },
  };
}

/** Time until what is promoted is overdue, so that it is told when it is; infinite where it is told or has no end. */
function untilOverdueMs({ accepted, overdue }: Runtime, nowMs: number): number {
  const deadlineMs = accepted?.promotion?.deadlineMs;
  if (deadlineMs === undefined || overdue !== undefined) return Number.POSITIVE_INFINITY;
  return Math.max(deadlineMs - nowMs, 0) + pullerLimits.retryMinMs;
}

/** Stands for a Delivery whose spec this version can't read: nothing is done for it, and it can be deleted. */
function unreadableDelivery(object: KubeObject, namespace: string): Delivery {
  const source = { url: 'oci://unreadable/unreadable', ref: { tag: 'unreadable' } };
  return {
    metadata: { ...object.metadata, namespace },
    spec: deliverySpecSchema.parse({ source, prune: false }),
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
