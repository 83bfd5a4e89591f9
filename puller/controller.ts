// The Deliveries of the cluster: their events in, looks at them asked for, their statuses out.
import { isDeepStrictEqual } from 'node:util';
import type { Delivery } from '../src/api/delivery.ts';
import type { ResourceKind } from '../src/kube/discovery.ts';
import type { KubeObject } from '../src/kube/object.ts';
import type { WatchEvent } from '../src/kube/watch.ts';
import { createDeliveryLooks } from './delivery-looks.ts';
import { hasChanged, isStatusWrite, readDelivery, readMetadata, withoutBulk } from './read-delivery.ts';
import { boundsOf } from './reconcile/bounds.ts';
import { followCourse } from './reconcile/course.ts';
import { aggregateHealth } from './reconcile/delivery-health.ts';
import { planDelivery } from './reconcile/delivery-plan.ts';
import { describeDeparture } from './reconcile/departures.ts';
import { viewDrift } from './reconcile/drift-view.ts';
import { keyOfObject } from './reconcile/live-objects.ts';
import { needsOf } from './reconcile/history.ts';
import { isJudgedAsBefore, judgeKept } from './reconcile/judge.ts';
import { ownerIdOf } from './reconcile/owner.ts';
import { emptyRecord, isWritten, type DeliveryRecord } from './reconcile/record.ts';
import { createRuntime, type Runtime } from './reconcile/runtime.ts';
import { keepsKind, mustTell, unwatchedKinds } from './reconcile/unwatched.ts';
import type { Services } from './services.ts';
import type { Needs } from './source/artifact-store.ts';
import { takesFrom } from './source/values.ts';
import { createStatusWriter } from './status/status-writer.ts';

/** What knows all Deliveries of the cluster. */
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

/**
 * Follows Deliveries from their first event on.
 * @param records what former processes recorded, by owner
 */
export function createController(
  services: () => Services,
  installId: string,
  records: ReadonlyMap<string, DeliveryRecord>,
  { random, signal }: { readonly random: () => number; readonly signal: AbortSignal },
): Controller {
  const runtimes = new Map<string, Runtime>();
  const healthTimers = new Map<string, NodeJS.Timeout>();
  /** Records whose Delivery has not come yet. */
  const loaded = new Map(records);
  const looks = createDeliveryLooks(services, {
    runtimes,
    touch: (runtime) => statuses.touch(runtime),
    random,
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
    looks.soon(runtime.ownerId, false);
  }

  function assess(runtime: Runtime): void {
    updateHealth(runtime);
    const { now, monotonic } = services();
    const moment = { nowMs: now(), monotonicMs: monotonic(), random };
    if (runtimes.has(runtime.ownerId) && followCourse(runtime, moment)) looks.soon(runtime.ownerId, false);
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
    looks.forget(ownerId);
    runtimes.delete(ownerId);
    customHealth.forget(runtime);
    namedObjects.forget(runtime);
    dependencies.remove(ownerId);
    loaded.delete(ownerId);
    keeper.releaseAll(ownerId);
    keeper.departures.dropAll(ownerId);
    clearTimeout(healthTimers.get(ownerId));
    healthTimers.delete(ownerId);
    watches.retain(keeper.kinds());
    services().artifacts?.tidy();
    if (isWritten(runtime.record)) looks.noteStale(ownerId);
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
    looks.soon(ownerId, before !== undefined);
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
      for (const ownerId of loaded.keys()) looks.noteStale(ownerId);
      looks.start();
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
      if (runtime?.terminationDeadlineMs !== undefined) looks.soon(ownerId, false);
    },
    keeps: (kind) => runtimes.values().some((runtime) => keepsKind(runtime, kind)),
    onMoved: (kind) => {
      for (const runtime of runtimes.values())
        if (keepsKind(runtime, kind)) looks.soon(runtime.ownerId, true);
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
      if (runtimes.has(ownerId)) looks.soon(ownerId, false);
    },
    onRecreated: (ownerId, isDefinition) => {
      // A definition took all of its objects along, also those whose kind can't be watched.
      if (runtimes.has(ownerId)) looks.soon(ownerId, isDefinition);
    },
    runtimeOf: (ownerId) => runtimes.get(ownerId),
    touch: (runtime) => statuses.touch(runtime),
    assess,
    drain: async () => {
      await looks.idle();
      await statuses.idle();
    },
  };
}
