// The Deliveries of the cluster: their events in, looks at them scheduled, their statuses out.
import { isDeepStrictEqual } from 'node:util';
import { requestedAtOf } from '../src/api/common.ts';
import type { Delivery } from '../src/api/delivery.ts';
import { errorMessageOf, KubeError } from '../src/errors.ts';
import type { ResourceKind } from '../src/kube/discovery.ts';
import type { KubeObject } from '../src/kube/object.ts';
import type { WatchEvent } from '../src/kube/watch.ts';
import { pullerLimits } from '../src/limits.ts';
import { hasChanged, isStatusWrite, readDelivery, readMetadata, withoutBulk } from './read-delivery.ts';
import { recordRepairs } from './reconcile/apply-accepted.ts';
import { boundsOf } from './reconcile/bounds.ts';
import { followCourse } from './reconcile/course.ts';
import { aggregateHealth } from './reconcile/delivery-health.ts';
import { planDelivery } from './reconcile/delivery-plan.ts';
import { describeDeparture } from './reconcile/departures.ts';
import { viewDrift } from './reconcile/drift-view.ts';
import { addFinalizer, finalizeDelivery } from './reconcile/finalize.ts';
import { followHolds } from './reconcile/holds.ts';
import { keyOfObject } from './reconcile/live-objects.ts';
import { needsOf } from './reconcile/history.ts';
import { isJudgedAsBefore, judgeKept, toFailure } from './reconcile/judge.ts';
import { ownerIdOf } from './reconcile/owner.ts';
import { emptyRecord, isWritten, type DeliveryRecord } from './reconcile/record.ts';
import { reconcileDelivery } from './reconcile/reconcile.ts';
import { createRuntime, names, type Runtime } from './reconcile/runtime.ts';
import { createSchedule, intervalDelayMs } from './reconcile/schedule.ts';
import { nextLookMs } from './reconcile/timing.ts';
import { keepsKind, mustTell, unwatchedKinds } from './reconcile/unwatched.ts';
import type { Services } from './services.ts';
import type { Needs } from './source/artifact-store.ts';
import { takesFrom } from './source/values.ts';
import { createStatusWriter } from './status/status-writer.ts';

export type Controller = {
  onEvent(event: WatchEvent): void;
  /** All Deliveries are known: looks may begin. Before, another's object could be taken for nobody's. */
  start(): void;
  /** Policies have changed: what runs is judged at once, everything else soon. */
  recheckAll(): void;
  /** Policies have changed: the same, but for Deliveries that none of the changed ones is about. */
  recheckPolicies(): void;
  /** An object of the puller's own namespace holds other values: what takes some of it is verified anew. */
  onValues(kind: string, name: string): void;
  /** Something about an owner's objects has changed. */
  onObjectsChanged(ownerId: string): void;
  /** Whether any Delivery keeps objects of a kind. */
  keeps(kind: ResourceKind): boolean;
  /** A kind is served elsewhere than it was. */
  onMoved(kind: ResourceKind): void;
  /** Objects of a kind are told of from now on, or no longer. */
  onWatched(kind: ResourceKind, isFollowed: boolean): void;
  /** A watch has brought a whole object. */
  onObject(kind: ResourceKind, object: KubeObject): void;
  /** Looks at a Delivery as soon as there is room. */
  wake(ownerId: string): void;
  /** A repair made an object anew, and the record must follow. */
  onRecreated(ownerId: string, isDefinition: boolean): void;
  runtimeOf(ownerId: string): Runtime | undefined;
  /** What Deliveries need of the artifacts on the volume. */
  needs(): Needs;
  /** An artifact is kept on the volume from now on. */
  onKept(digest: string): void;
  touch(runtime: Runtime): void;
  /** Takes in how a Delivery's objects are now. */
  assess(runtime: Runtime): void;
  /** Resolves when what is under way has ended. */
  drain(): Promise<void>;
};

export function createController(
  services: () => Services,
  installId: string,
  records: ReadonlyMap<string, DeliveryRecord>,
  { random, signal }: { readonly random: () => number; readonly signal: AbortSignal },
): Controller {
  const runtimes = new Map<string, Runtime>();
  const safetyNetMs = new Map<string, number>();
  const healthTimers = new Map<string, NodeJS.Timeout>();
  /** Records whose Delivery has not come yet. */
  const loaded = new Map(records);
  /** Owners whose record is to be removed. */
  const stale = new Set<string>();
  const schedule = createSchedule({
    run: look,
    groupOf: (ownerId) => runtimes.get(ownerId)?.delivery.metadata.namespace ?? '',
    signal,
  });
  const statuses = createStatusWriter(services, {
    updateHealth: assess,
    onComputed: (runtime) => services().dependencies.onStatus(runtime),
    signal,
  });

  /** Verified anew, but not applied anew: objects do not change by who judges them. */
  function recheck(runtime: Runtime): void {
    runtime.mustVerify = true;
    schedule.soon(runtime.ownerId, false);
  }

  function assess(runtime: Runtime): void {
    updateHealth(runtime);
    const { now, monotonic } = services();
    const moment = { nowMs: now(), monotonicMs: monotonic(), random };
    if (runtimes.has(runtime.ownerId) && followCourse(runtime, moment)) schedule.soon(runtime.ownerId, false);
  }

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
    statuses.touch(runtime);
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
    if (!isFull) return;
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

  /** Health as of now; looked at again when the Delivery's timeout would make it final. */
  function updateHealth(runtime: Runtime): void {
    if (runtimes.get(runtime.ownerId) !== runtime) return;
    const { keeper, watches, customHealth: custom, namedObjects: named, monotonic } = services();
    runtime.health = aggregateHealth(runtime, { keeper, watches, custom, named });
    runtime.unwatched = unwatchedKinds(runtime, { keeper, watches });
    runtime.drift = viewDrift(services(), runtime);
    runtime.departing = keeper.departures.of(runtime.ownerId).map(describeDeparture);
    clearTimeout(healthTimers.get(runtime.ownerId));
    const isCurrent = runtime.health.state === 'Current';
    if (isCurrent || runtime.isApplying || runtime.accepted === undefined) {
      // What could not be applied has not been healthy, whatever there is of it.
      const isThere = !runtime.isApplying && runtime.failure === undefined;
      if (isCurrent && isThere) runtime.healthyDigest = runtime.accepted?.digest;
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
    const { keeper, watches, customHealth, namedObjects, dependencies } = services();
    schedule.forget(ownerId);
    runtimes.delete(ownerId);
    customHealth.forget(runtime);
    namedObjects.forget(runtime);
    dependencies.remove(ownerId);
    loaded.delete(ownerId);
    keeper.releaseAll(ownerId);
    keeper.departures.dropAll(ownerId);
    clearTimeout(healthTimers.get(ownerId));
    healthTimers.delete(ownerId);
    safetyNetMs.delete(ownerId);
    watches.retain(keeper.kinds());
    services().artifacts?.tidy();
    if (isWritten(runtime.record)) noteStale(ownerId);
  }

  /** A record that no Delivery has any more, as where its finalizer was removed by force. */
  function noteStale(ownerId: string): void {
    stale.add(ownerId);
    schedule.soon(ownerId, false);
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
      loaded.delete(ownerId);
      runtime = createRuntime(
        ownerId,
        delivery,
        record?.delivery.uid === uid ? record : emptyRecord({ namespace, name, uid }),
      );
      runtimes.set(ownerId, runtime);
    }
    runtime.delivery = withoutBulk(delivery);
    runtime.unreadable = unreadable;
    if (before !== undefined && !hasChanged(before, delivery)) {
      // Labels may be what a dependant's expression asks for.
      services().dependencies.onStatus(runtime);
      return;
    }
    follow(runtime, before);
    schedule.soon(ownerId, before !== undefined);
  }

  /** What a changed spec means without a look: whom it waits for, and whether it is kept. */
  function follow(runtime: Runtime, before: Delivery | undefined): void {
    const { dependencies, namedObjects, keeper, pullerNamespace } = services();
    const { delivery, ownerId } = runtime;
    if (before === undefined || !isDeepStrictEqual(before.spec, delivery.spec))
      runtime.plan = planDelivery(delivery, { installId, pullerNamespace });
    dependencies.update(runtime);
    if (delivery.spec.suspend || delivery.metadata.deletionTimestamp !== undefined)
      namedObjects.forget(runtime);
    else if (before?.spec.suspend === true) keeper.recheck(ownerId);
  }

  return {
    start: () => {
      for (const ownerId of loaded.keys()) noteStale(ownerId);
      schedule.start();
      services().artifacts?.tidy();
    },
    needs: () => needsOf(runtimes.values()),
    onKept: (digest) => {
      for (const runtime of runtimes.values())
        if (runtime.record.history?.some((one) => one.digest === digest) === true) statuses.touch(runtime);
    },
    onEvent: ({ type, object }) => {
      const metadata = readMetadata(object);
      if (metadata === undefined) return;
      const { namespace, name } = metadata;
      const runtime = runtimes.get(ownerIdOf(installId, { namespace, name }));
      if (type === 'DELETED') {
        if (runtime !== undefined) forget(runtime);
        return;
      }
      if (runtime !== undefined && isStatusWrite(runtime, metadata)) {
        const { delivery } = runtime;
        runtime.delivery = withoutBulk({
          ...delivery,
          metadata: { ...delivery.metadata, ...metadata },
        });
        return;
      }
      const { delivery, unreadable } = readDelivery(object, namespace);
      update(delivery, unreadable);
    },
    recheckAll: () => {
      for (const runtime of runtimes.values()) {
        judgeKept(services(), runtime);
        recheck(runtime);
      }
    },
    recheckPolicies: () => {
      for (const runtime of runtimes.values()) if (!isJudgedAsBefore(services(), runtime)) recheck(runtime);
    },
    onValues: (kind, name) => {
      for (const runtime of runtimes.values()) {
        const { metadata, spec } = runtime.delivery;
        if (metadata.namespace === services().pullerNamespace && takesFrom(spec, kind, name))
          recheck(runtime);
      }
    },
    onObjectsChanged: (ownerId) => {
      const runtime = runtimes.get(ownerId);
      if (runtime !== undefined) statuses.touch(runtime);
      if (runtime?.terminationDeadlineMs !== undefined) schedule.soon(ownerId, false);
    },
    keeps: (kind) => runtimes.values().some((runtime) => keepsKind(runtime, kind)),
    onMoved: (kind) => {
      for (const runtime of runtimes.values())
        if (keepsKind(runtime, kind)) schedule.soon(runtime.ownerId, true);
    },
    onWatched: (kind, isFollowed) => {
      for (const runtime of runtimes.values())
        if (mustTell(runtime, kind, isFollowed)) statuses.touch(runtime);
    },
    onObject: (kind, object) => {
      const key = keyOfObject(kind, object);
      const owner = runtimes.get(services().keeper.get(key)?.ownerId ?? '');
      if (owner !== undefined) services().customHealth.onObject(owner, { key, kind }, object);
    },
    wake: (ownerId) => {
      if (runtimes.has(ownerId)) schedule.soon(ownerId, false);
    },
    onRecreated: (ownerId, isDefinition) => {
      // A definition took all of its objects along, also those whose kind can't be watched.
      if (runtimes.has(ownerId)) schedule.soon(ownerId, isDefinition);
    },
    runtimeOf: (ownerId) => runtimes.get(ownerId),
    touch: (runtime) => statuses.touch(runtime),
    assess,
    drain: async () => {
      await schedule.idle();
      await statuses.idle();
    },
  };
}
