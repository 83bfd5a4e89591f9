// The puller, put together: it waits for the lease, follows policies and promotions, then the Deliveries, until it is
// told to end or loses the lease.
import { createEventRecorder, type EventRecorder } from '../src/kube/events.ts';
import { createDiscovery } from '../src/kube/discovery.ts';
import { runWithLease, type HeldLease } from '../src/kube/lease.ts';
import { createKubeClient, type KubeClient } from '../src/kube/request.ts';
import { apiVersion } from '../src/api/common.ts';
import { formatIdentity } from '../src/resources/resource.ts';
import type { PullerConfig } from './config.ts';
import { createController, type Controller } from './controller.ts';
import { followKind, referenceKinds } from './follow-kind.ts';
import { readInstallId } from './install-id.ts';
import { createLeadingClient } from './leading-client.ts';
import type { Log } from './log.ts';
import { deliveryKind, promotionRecordKind, trustPolicyKind } from './own-kinds.ts';
import { createPolicies } from './policies.ts';
import { accountOf, applierFor } from './reconcile/applier.ts';
import { createKeeper } from './reconcile/keeper.ts';
import type { Desired } from './reconcile/desired.ts';
import { toFailure } from './reconcile/judge.ts';
import type { Repair } from './reconcile/repair.ts';
import { createKindWatches } from './reconcile/kind-watches.ts';
import { createRecordStore } from './reconcile/record-store.ts';
import type { Runtime } from './reconcile/runtime.ts';
import { createReferences } from './references.ts';
import type { Services } from './services.ts';
import { createAccessReader } from './source/source-access.ts';
import { createSourceRegistries, type SourceRegistries } from './source/source-registries.ts';
import { createPromotionRecords } from './source/promotion-records.ts';
import { noState, openStateFolder } from './source/state-folder.ts';
import { createPolicyStatusWriter } from './status/policy-status-writer.ts';

/** Failed corrections in a row after which an Event tells of them. */
const notedFailures = 3;

export type World = {
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Monotonic milliseconds. */
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly signal: AbortSignal;
};

/** Runs until the signal aborts, or until the lease is lost, which is an error: the process must end then. */
export async function runPuller(config: PullerConfig, world: World): Promise<void> {
  const client = createKubeClient({ config: config.cluster, now: world.monotonic, random: world.random });
  const registries = createSourceRegistries({
    ca: config.registryCa,
    chooseProxy: config.chooseProxy,
    random: world.random,
    now: world.monotonic,
  });
  const ending = new AbortController();
  const signal = AbortSignal.any([world.signal, ending.signal]);
  let term: Promise<void> = Promise.resolve();
  let failure: unknown;
  try {
    await runWithLease(client, {
      namespace: config.namespace,
      name: 'sealift-puller',
      identity: config.identity,
      now: world.monotonic,
      date: () => new Date(world.now()),
      signal,
      onAcquired: (lease) => {
        world.log('info', 'lease acquired', { identity: config.identity });
        term = lead({ config, world: { ...world, signal }, client, registries, lease }).catch(
          (error: unknown) => {
            failure ??= error;
            ending.abort();
          },
        );
      },
      onLost: async () => {
        if (!world.signal.aborted) failure ??= new Error('lease was lost');
        ending.abort();
        await term;
      },
      onError: (error) => world.log('warn', 'lease', { error: error.message }),
    });
  } finally {
    ending.abort();
    await term;
    client.close();
    registries.close();
  }
  if (failure !== undefined && !world.signal.aborted) throw failure;
}

type Term = {
  readonly config: PullerConfig;
  readonly world: World;
  readonly client: KubeClient;
  readonly registries: SourceRegistries;
  readonly lease: HeldLease;
};

/** One time of holding the lease. Resolves when the signal has aborted and what was under way has ended. */
async function lead({ config, world, client: bare, registries, lease }: Term): Promise<void> {
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
    onRepaired: (repair) => reportRepair(services, controller, repair),
    onRepairFailed: (ownerId, desired, error, failures) => {
      const runtime = controller.runtimeOf(ownerId);
      if (runtime !== undefined && !signal.aborted)
        reportUncorrected(services, runtime, { desired, error, failures });
    },
    onChanged: (ownerId) => controller.onObjectsChanged(ownerId),
    now: world.monotonic,
    signal,
  });
  const watches = createKindWatches(
    client,
    {
      onEvent: (kind, event, isFull) => keeper.onEvent(kind, event, isFull),
      onSynced: (kind) => keeper.onSynced(kind),
      onEnded: (kind) => keeper.onEnded(kind),
      onBroken: fail,
      onStatus: (kind, state) => log('info', 'watch', { kind: kind.kind, group: kind.group, state }),
    },
    signal,
  );
  const services: Services = {
    client,
    discovery: createDiscovery(client),
    keeper,
    watches,
    promotions,
    recordStore,
    policies: () => policies.list(),
    mayBeUnverified: config.mayBeUnverified,
    openSource: (delivery, url, isFresh) => registries.open(delivery, url, { reader: secrets, isFresh }),
    isLiveOwner,
    mayWrite,
    pullerNamespace: namespace,
    touch: (runtime) => controller.touch(runtime),
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
      if (!isNews || !policies.onReference(kind.kind, event.object.metadata.name)) return;
      if (isSynced) controller.recheckAll();
    });
  }
  await followKind(services, { kind: trustPolicyKind }, (event, isSynced) => {
    const isNews = policies.onEvent(event);
    policyStatuses.touch();
    if (isNews && isSynced) controller.recheckAll();
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
}

/** Nothing is corrected that policy does not accept now, that is suspended, or that is on its way out. */
function mayCorrect(runtime: Runtime | undefined): boolean {
  if (runtime?.accepted === undefined || runtime.distrust !== undefined || runtime.unreadable !== undefined)
    return false;
  const { spec, metadata } = runtime.delivery;
  return !spec.suspend && metadata.deletionTimestamp === undefined;
}

/** Drift that stays is shown: an object that could not be corrected is no success. */
function reportUncorrected(
  services: Services,
  runtime: Runtime,
  {
    desired,
    error,
    failures,
  }: { readonly desired: Desired; readonly error: unknown; readonly failures: number },
): void {
  const failure = toFailure(error);
  const object = formatIdentity(desired.identity);
  services.log('warn', 'drift can not be corrected', {
    object,
    code: failure.code,
    error: failure.message,
    failures,
  });
  runtime.uncorrected.set(desired.key, failure);
  services.touch(runtime);
  if (failures === notedFailures) services.tell(runtime, 'Warning', 'DriftCorrectionFailed', failure.message);
}

function reportRepair(services: Services, controller: Controller, repair: Repair): void {
  const { ownerId, desired, drift, fields, takers, elapsedMs } = repair;
  const object = formatIdentity(desired.identity);
  const what = drift === 'changed' ? `changed${fields.length === 0 ? '' : ` (${fields.join(', ')})`}` : drift;
  const who = takers.length === 0 ? '' : ` by ${takers.join(', ')}`;
  services.log('info', 'drift corrected', {
    object,
    drift,
    fields: fields.join(' '),
    by: takers.join(' '),
    elapsedMs: Math.round(elapsedMs),
  });
  const runtime = controller.runtimeOf(ownerId);
  if (drift !== 'changed') controller.onRecreated(ownerId);
  if (runtime !== undefined)
    services.tell(runtime, 'Normal', 'DriftCorrected', `${object} was ${what}${who} and is as it was again`);
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
