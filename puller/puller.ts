// The puller that leads, put together: it follows policies and promotions, then the Deliveries, until it is told to end
// or loses the lease.
import { join } from 'node:path';
import { createEventRecorder, type EventRecorder } from '../src/kube/events.ts';
import { createDiscovery } from '../src/kube/discovery.ts';
import type { HeldLease } from '../src/kube/lease.ts';
import type { KubeClient } from '../src/kube/request.ts';
import { apiVersion } from '../src/api/common.ts';
import type { PullerConfig } from './config.ts';
import { createController } from './controller.ts';
import { followKind, referenceKinds } from './follow-kind.ts';
import { readInstallId } from './install-id.ts';
import { createLeadingClient } from './leading-client.ts';
import type { Log } from './log.ts';
import { deliveryKind, promotionRecordKind, trustPolicyKind } from './own-kinds.ts';
import { createPolicies } from './policies.ts';
import { accountOf, applierFor } from './reconcile/applier.ts';
import { createCustomHealth } from './reconcile/custom-health.ts';
import { createDependencies } from './reconcile/dependencies.ts';
import { createKeeper } from './reconcile/keeper.ts';
import { createLanes } from './reconcile/lanes.ts';
import { createNamedObjects } from './reconcile/named-objects.ts';
import { createAutoscalers } from './reconcile/autoscalers.ts';
import { stanceOf } from './reconcile/holds.ts';
import { absentStates, createKindWatches } from './reconcile/kind-watches.ts';
import { createRecordStore } from './reconcile/record-store.ts';
import { createMovedKinds } from './reconcile/moved-kinds.ts';
import { mayCorrect, type Runtime } from './reconcile/runtime.ts';
import { createReferences } from './references.ts';
import { isAutoscaled, reportRepair, reportShown, reportUncorrected } from './report-drift.ts';
import type { Services } from './services.ts';
import { openArtifactStore, type ArtifactStore, type ArtifactStoreOptions } from './source/artifact-store.ts';
import { openLayoutUrl } from './source/layout-roots.ts';
import { createAccessReader } from './source/source-access.ts';
import type { SourceRegistries } from './source/source-registries.ts';
import { createValueSource } from './source/value-source.ts';
import { createPromotionRecords } from './source/promotion-records.ts';
import { noState, openStateFolder } from './source/state-folder.ts';
import { createPolicyStatusWriter } from './status/policy-status-writer.ts';

/** What a process gives: log, clocks, random numbers, and when to end. */
export type World = {
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Monotonic milliseconds. */
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly signal: AbortSignal;
};

/** What one time of holding the lease works with. */
export type Term = {
  readonly config: PullerConfig;
  readonly world: World;
  readonly client: KubeClient;
  readonly registries: SourceRegistries;
  readonly lease: HeldLease;
};

function openArtifacts(
  { stateFolder }: PullerConfig,
  { log, signal }: World,
  uses: Pick<ArtifactStoreOptions, 'needs' | 'onKept'>,
): Promise<ArtifactStore | undefined> {
  if (stateFolder === undefined) return Promise.resolve(undefined);
  return openArtifactStore({ folder: join(stateFolder, 'artifacts'), ...uses, log, signal });
}

/**
 * One time of holding the lease. Resolves when the signal has aborted and what was under way has ended.
 * @throws whatever broke without which nothing can go on, as a watch on Deliveries
 */
export async function lead({ config, world, client: bare, registries, lease }: Term): Promise<void> {
  const { log, signal } = world;
  const mayWrite = (): boolean => lease.isHeld() && !signal.aborted;
  const client = createLeadingClient(bare, mayWrite, signal);
  const { promise: broken, reject: fail } = Promise.withResolvers<never>();
  broken.catch(() => undefined);
  const { namespace } = config;
  const recordStore = createRecordStore(client, namespace);
  const records = await recordStore.load();
  const installId = await readInstallId(client, namespace, records.size > 0);
  const references = createReferences();
  const policies = createPolicies(references);
  const state = config.stateFolder === undefined ? noState : await openStateFolder(config.stateFolder);
  const promotions = createPromotionRecords(client, state);
  const artifacts = await openArtifacts(config, world, {
    needs: () => controller.needs(),
    onKept: (digest) => controller.onKept(digest),
  });
  const secrets = createAccessReader(client, accountOf);
  if (config.mayBeUnverified) log('warn', 'sources that no TrustPolicy matches are taken unverified');
  const events = createEventRecorder(client, {
    component: 'sealift.dev/puller',
    instance: config.identity,
    now: world.now,
    onError: (error) => log('warn', 'event can not be written', { error: error.message }),
  });

  const isLiveOwner = (ownerId: string): boolean => controller.runtimeOf(ownerId) !== undefined;
  const keeper = createKeeper({
    watches: () => watches,
    applierOf: (ownerId) => {
      const runtime = controller.runtimeOf(ownerId);
      return runtime === undefined ? undefined : applierFor(services, runtime);
    },
    mayCorrect: (ownerId) => services.mayWrite() && mayCorrect(controller.runtimeOf(ownerId)),
    onSettled: (ownerId, key) => {
      const runtime = controller.runtimeOf(ownerId);
      if (runtime?.uncorrected.delete(key) === true) controller.touch(runtime);
    },
    stanceOf: (ownerId, identity) => {
      const runtime = controller.runtimeOf(ownerId);
      return runtime === undefined ? { kind: 'Correct' } : stanceOf(services, runtime, identity);
    },
    isAutoscaled: ({ ownerId, desired }) => {
      const runtime = controller.runtimeOf(ownerId);
      return runtime === undefined
        ? Promise.resolve(undefined)
        : isAutoscaled(services, autoscalers, { runtime, desired });
    },
    onShown: (object) => {
      const runtime = controller.runtimeOf(object.ownerId);
      if (runtime !== undefined) reportShown(services, runtime, object);
    },
    onReleased: ({ desired, yieldsReplicas }) => {
      if (yieldsReplicas) autoscalers.drop(desired.key);
    },
    onRepaired: (repair) => reportRepair(services, controller, repair),
    onRepairFailed: (ownerId, desired, error, failures) => {
      const runtime = controller.runtimeOf(ownerId);
      if (runtime === undefined || signal.aborted) return;
      reportUncorrected(services, runtime, { desired, error, failures });
      movedKinds.onFailed(desired.kind, error);
    },
    onChanged: (ownerId) => controller.onObjectsChanged(ownerId),
    now: world.monotonic,
    signal,
  });
  const discovery = createDiscovery(client);
  const movedKinds = createMovedKinds({
    discovery,
    now: world.monotonic,
    isMissed: (kind) => !watches.isFollowed(kind) && controller.keeps(kind),
    onMoved: (kind) => controller.onMoved(kind),
    signal,
  });
  const autoscalers = createAutoscalers({
    client,
    discovery,
    onChanged: (keys) => keeper.rescale(({ desired }) => keys.has(desired.key)),
    onBroken: fail,
    signal,
  });
  const watches = createKindWatches(
    client,
    {
      onEvent: (kind, event, isFull) => {
        keeper.onEvent(kind, event, isFull);
        if (isFull && event.type !== 'DELETED') controller.onObject(kind, event.object);
      },
      onSynced: (kind) => keeper.onSynced(kind),
      onRewound: (kind) => {
        log('warn', 'versions went back: etcd was restored', { kind: kind.kind, group: kind.group });
        keeper.onRewound(kind);
        customHealth.forgetAll();
      },
      onEnded: (kind) => keeper.onEnded(kind),
      onBroken: fail,
      onStatus: (kind, state) => {
        log('info', 'watch', { kind: kind.kind, group: kind.group, state });
        if (state === 'missing') movedKinds.onMissing(kind);
        if (state === 'synced' || absentStates.has(state)) controller.onWatched(kind, state === 'synced');
      },
    },
    signal,
  );
  const lanes = createLanes({ signal, fail });
  const customHealth = createCustomHealth(() => services, lanes);
  const services: Services = {
    client,
    discovery,
    keeper,
    watches,
    promotions,
    recordStore,
    policies: () => policies.list(),
    mayBeUnverified: config.mayBeUnverified,
    openSource: (delivery, url, isFresh) =>
      url.kind === 'layout'
        ? openLayoutUrl(url, delivery.metadata.namespace, {
            roots: config.layoutRoots,
            pullerNamespace: namespace,
          })
        : registries.open(delivery, url, { reader: secrets, isFresh }),
    valuesFor: (delivery, hashKey) =>
      createValueSource(client, delivery, { impersonate: accountOf(delivery), hashKey }),
    artifacts,
    isLiveOwner,
    runtimeOf: (ownerId) => controller.runtimeOf(ownerId),
    mayWrite,
    pullerNamespace: namespace,
    dependencies: createDependencies({
      runtimeOf: (ownerId) => controller.runtimeOf(ownerId),
      lanes,
      now: world.monotonic,
      wake: (ownerId) => controller.wake(ownerId),
      touch: (runtime) => controller.touch(runtime),
    }),
    customHealth,
    namedObjects: createNamedObjects(() => services, customHealth),
    touch: (runtime) => controller.touch(runtime),
    assess: (runtime) => controller.assess(runtime),
    tell: (runtime, type, reason, note) => {
      tell(events, runtime, { type, reason, note }).catch((error: unknown) => {
        // What is under way when this process is told to end is given up: it must not break the end off.
        if (!signal.aborted) fail(error);
      });
    },
    now: world.now,
    monotonic: world.monotonic,
    fail,
    log,
    signal,
  };
  const controller = createController(() => services, installId, records, world);

  // Judging needs policies and promotions whole, so they are known before the first Delivery is.
  const policyStatuses = createPolicyStatusWriter(services, policies, references);
  for (const [kind, fieldSelector] of referenceKinds) {
    await followKind(services, { kind, namespace, fieldSelector }, (event, isSynced) => {
      const isNews = references.onEvent(kind.kind, event);
      policyStatuses.touch();
      if (!isNews) return;
      const { name } = event.object.metadata;
      if (isSynced) controller.onValues(kind.kind, name);
      if (policies.onReference(kind.kind, name) && isSynced) controller.recheckPolicies();
    });
  }
  await followKind(services, { kind: trustPolicyKind }, (event, isSynced) => {
    const isNews = policies.onEvent(event);
    policyStatuses.touch();
    if (isNews && isSynced) controller.recheckPolicies();
  });
  await followKind(services, { kind: promotionRecordKind }, (event, isSynced) => {
    if (promotions.onEvent(event) && isSynced) controller.recheckAll();
  });
  await followKind(services, { kind: deliveryKind }, (event) => controller.onEvent(event));
  controller.start();
  log('info', 'following Deliveries', { namespace, installId });
  if (!signal.aborted) {
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await Promise.race([aborted, broken]);
  }
  watches.stop();
  await policyStatuses.stop();
  await controller.drain();
  await artifacts?.idle();
}

function tell(
  events: EventRecorder,
  { delivery }: Runtime,
  {
    type,
    reason,
    note,
  }: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly note: string },
): Promise<void> {
  const { namespace, name, uid } = delivery.metadata;
  return events.record({
    regarding: { apiVersion, kind: 'Delivery', namespace, name, uid },
    type,
    reason,
    action: reason,
    note,
    namespace,
  });
}
