// Holes in looks at a Delivery that a review found: a change that an outage swallowed, and health that was none.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { healthyOf } from '../../../../puller/reconcile/history.ts';
import { recordRepairs } from '../../../../puller/reconcile/apply-accepted.ts';
import { createChanges } from '../../../../puller/reconcile/changes.ts';
import { aggregateHealth } from '../../../../puller/reconcile/delivery-health.ts';
import { createDepartures } from '../../../../puller/reconcile/departures.ts';
import type { Keeper } from '../../../../puller/reconcile/keeper.ts';
import type { KindWatches } from '../../../../puller/reconcile/kind-watches.ts';
import { emptyRecord, type DeliveryRecord } from '../../../../puller/reconcile/record.ts';
import { reconcileDelivery } from '../../../../puller/reconcile/reconcile.ts';
import { createRuntime, type Runtime } from '../../../../puller/reconcile/runtime.ts';
import { createTracked, type Tracked } from '../../../../puller/reconcile/tracked.ts';
import type { Services, Source } from '../../../../puller/services.ts';
import { computeStatus } from '../../../../puller/status/delivery-status.ts';
import { deliverySchema, type Delivery } from '../../../../src/api/delivery.ts';
import type { DeliveryStatus } from '../../../../src/api/delivery-status.ts';
import { ApplyError, KubeError, RegistryError } from '../../../../src/errors.ts';
import type { ContentStore } from '../../../../src/oci/content-store.ts';
import { publish } from '../../../../src/operations/publish.ts';
import type { CompiledPolicy } from '../../../../src/trust/compiled-policy.ts';
import { watchStore } from '../../../helpers/failing-store.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';
import { createMemoryStore } from '../../../../src/oci/memory-store.ts';
import { compileInput } from '../../../helpers/policies.ts';
import { promoteTo } from '../../../helpers/promotions.ts';
import { configFile, makePorts, noon, publishValue } from '../../../helpers/published.ts';
import { signerNamed } from '../../../helpers/signers.ts';

const identity = { namespace: 'tenant', name: 'app', uid: 'uid' };

function deliveryOf(path = './'): Delivery {
  return deliverySchema.parse({
    metadata: { ...identity, resourceVersion: '1', generation: 1 },
    spec: {
      source: { url: 'oci://registry.site/config/app', ref: { tag: 'prod' } },
      path,
      prune: true,
      serviceAccountName: 'deployer',
    },
  });
}

function runtimeOf(path?: string, record: DeliveryRecord = emptyRecord(identity)): Runtime {
  return createRuntime('owner', deliveryOf(path), record);
}

/** Names of the objects that the record has. */
function recordedIn({ record }: Runtime): readonly string[] {
  return Object.values(record.entries).map(({ name }) => name);
}

type Fixture = {
  readonly services: Services;
  /** Whether the registry answers. */
  isAway: boolean;
  /** Why no object can be applied. */
  refusal: Error | undefined;
};

/** A puller whose cluster takes every object, and has none of those that are to be deleted. */
function makeFixture(store: ContentStore, policy: CompiledPolicy): Fixture {
  const fixture: { isAway: boolean; refusal: Error | undefined } = { isAway: false, refusal: undefined };
  const watched = watchStore(store, () => {
    if (fixture.isAway) throw new RegistryError('REGISTRY_NETWORK', 'nobody answers', { retryable: true });
  });
  const source: Source = { ...watched, peek: async (tag) => (await watched.resolve(tag)).descriptor.digest };
  const kind = {
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    plural: 'configmaps',
    namespaced: true,
    verbs: ['get', 'watch', 'patch', 'delete'],
  };
  const nothing = (): undefined => undefined;
  const keeper: Keeper = {
    get: nothing,
    live: nothing,
    adopt: nothing,
    apply: async () => {
      if (fixture.refusal !== undefined) throw fixture.refusal;
      return 'created';
    },
    release: nothing,
    releaseAll: nothing,
    healthOf: () => ({ state: 'Current', message: '' }),
    isContested: () => false,
    stanceOf: () => ({ kind: 'Correct' }),
    rescale: nothing,
    recheck: nothing,
    onEvent: nothing,
    onSynced: nothing,
    onEnded: nothing,
    onRewound: nothing,
    kinds: () => [],
    changes: createChanges(),
    departures: createDepartures(nothing),
  };
  const watches: KindWatches = {
    ensure: async () => undefined,
    isWatched: () => true,
    isFollowed: () => true,
    retain: nothing,
    hold: () => nothing,
    poke: nothing,
    stop: nothing,
  };
  const services: Services = {
    client: answeringClient(() => {
      throw new KubeError('KUBE_NOT_FOUND', 'it is not there');
    }),
    valuesFor: () => ({
      variables: async () => new Map(),
      identities: async () => [],
      hashKey: Buffer.alloc(32),
    }),
    discovery: { find: async () => kind, list: async () => [kind], invalidate: nothing },
    keeper,
    watches,
    promotions: {
      onEvent: () => false,
      rollbackFrom: nothing,
      highest: nothing,
      raise: async () => undefined,
      refresh: async () => undefined,
    },
    recordStore: {
      load: async () => new Map(),
      write: async () => undefined,
      remove: async () => undefined,
    },
    dependencies: {
      update: nothing,
      remove: nothing,
      onStatus: nothing,
      reasonToWait: nothing,
      wakeBehind: nothing,
    },
    customHealth: {
      healthOf: nothing,
      onObject: nothing,
      retain: nothing,
      forget: nothing,
      forgetAll: nothing,
    },
    namedObjects: {
      healthOf: () => ({ state: 'Current', message: '' }),
      retain: nothing,
      forget: nothing,
    },
    policies: () => [policy],
    mayBeUnverified: false,
    openSource: () => source,
    isLiveOwner: () => true,
    runtimeOf: nothing,
    mayWrite: () => true,
    pullerNamespace: 'sealift-system',
    assess: () => undefined,
    touch: nothing,
    tell: nothing,
    now: () => noon,
    monotonic: () => 0,
    fail: (error) => assert.fail(String(error)),
    log: nothing,
    signal: new AbortController().signal,
  };
  return Object.assign(fixture, { services });
}

suite('a change of spec.path while the registry is away', () => {
  /** The artifact has one object in each of two folders. */
  async function makeFolders(): Promise<Fixture> {
    const store = createMemoryStore();
    const files = ['a', 'b'].map((name) => ({ ...configFile(name, name), path: `${name}/${name}.yaml` }));
    const signer = await signerNamed('release');
    await publish({ store, files, annotations: {}, signer, tags: ['prod'] }, makePorts());
    return makeFixture(store, await compileInput({ spec: { allowTransforms: ['path'] } }));
  }

  test('is applied by the next look that reaches it, however small', async () => {
    const fixture = await makeFolders();
    const { services } = fixture;
    const runtime = runtimeOf('./a');
    await reconcileDelivery(services, runtime, { isFull: true });
    assert.deepEqual([recordedIn(runtime), runtime.record.isComplete], [['a'], true]);

    runtime.delivery = deliveryOf('./b');
    fixture.isAway = true;
    await reconcileDelivery(services, runtime, { isFull: true });
    assert.equal(runtime.outage?.code, 'REGISTRY_NETWORK');
    assert.deepEqual(recordedIn(runtime), ['a'], 'what runs is kept');

    fixture.isAway = false;
    await reconcileDelivery(services, runtime, { isFull: false });
    assert.deepEqual([recordedIn(runtime), runtime.record.isComplete], [['b'], true]);
  });

  test('and the puller is restarted meanwhile: what left the path is pruned', async () => {
    const fixture = await makeFolders();
    const { services } = fixture;
    const former = runtimeOf('./a');
    await reconcileDelivery(services, former, { isFull: true });

    const runtime = runtimeOf('./b', former.record);
    fixture.isAway = true;
    await reconcileDelivery(services, runtime, { isFull: false });
    fixture.isAway = false;
    await reconcileDelivery(services, runtime, { isFull: false });
    assert.deepEqual([recordedIn(runtime), runtime.record.isComplete], [['b'], true]);
  });

  test('asks for nothing more once it was applied', async () => {
    const fixture = await makeFolders();
    const { services } = fixture;
    const runtime = runtimeOf('./a');
    await reconcileDelivery(services, runtime, { isFull: true });
    fixture.refusal = new ApplyError('ADMISSION_DENIED', 'it is sent again', 'ConfigMap/a');
    await reconcileDelivery(services, runtime, { isFull: false });
    assert.equal(runtime.failure, undefined);
  });
});

test('what an artifact was made of is told of the one that was applied last, and of each in the history', async () => {
  const store = createMemoryStore();
  const signer = await signerNamed('release');
  const release = async (value: string, annotations: Record<string, string>): Promise<void> => {
    const files = [configFile(value)];
    await publish({ store, files, annotations, signer, tags: [value] }, makePorts());
    await store.tag(await store.resolve(value), 'prod');
  };
  const { services } = makeFixture(store, await compileInput());
  const runtime = runtimeOf();
  const statusAfter = async (): Promise<DeliveryStatus> => {
    await reconcileDelivery(services, runtime, { isFull: true });
    return computeStatus(runtime, undefined, { nowMs: noon, monotonicMs: 0 });
  };
  const origin = 'main@sha1:4f2c';
  await release('a', { 'org.opencontainers.image.revision': origin });
  const first = await statusAfter();
  assert.equal(first.lastAppliedOriginRevision, origin);
  assert.deepEqual(first.history?.[0]?.metadata, {
    revision: first.lastAppliedRevision,
    originRevision: origin,
  });
  await release('b', {});
  const second = await statusAfter();
  assert.equal(second.lastAppliedOriginRevision, undefined);
  assert.deepEqual(
    second.history?.map(({ metadata }) => metadata?.['originRevision']),
    [undefined, origin],
  );
  assert.deepEqual(
    second.history?.map(({ totalReconciliations }) => totalReconciliations),
    [1, 1],
  );
});

suite('a way back that policy denies', () => {
  test('is judged once, not at every look', async () => {
    const store = createMemoryStore();
    await publishValue(store, 'a', 'prod');
    const asked: string[] = [];
    const watched = watchStore(store, ({ subject }) => void asked.push(subject));
    const fixture = makeFixture(watched, await compileInput());
    const { services } = fixture;
    const runtime = runtimeOf();
    runtime.delivery = { ...runtime.delivery, spec: { ...runtime.delivery.spec, onFailure: 'Previous' } };
    await reconcileDelivery(services, runtime, { isFull: true });
    const former = runtime.accepted?.digest ?? assert.fail('nothing is accepted');
    runtime.healthyDigest = former;
    await recordRepairs(services, runtime);
    await publishValue(store, 'b', 'later');
    await store.tag(await store.resolve('later'), 'prod');
    const denying = await compileInput({ spec: { deniedDigests: [former] } });
    const strict = { ...services, policies: () => [denying] };
    runtime.mustVerify = true;
    await reconcileDelivery(strict, runtime, { isFull: false });
    runtime.course.hasFailed = true;
    const timesAsked = async (): Promise<number> => {
      asked.length = 0;
      await reconcileDelivery(strict, runtime, { isFull: false });
      assert.match(runtime.course.note ?? '', /DIGEST_DENIED/u);
      return asked.filter((one) => one.includes(former)).length;
    };
    assert.ok((await timesAsked()) > 0);
    assert.equal(await timesAsked(), 0);
    // Policies, or somebody's wish, may have changed what comes of it.
    runtime.mustVerify = true;
    assert.ok((await timesAsked()) > 0);
  });
});

suite('what was healthy', () => {
  async function makePromoted(): Promise<Fixture & { readonly store: ContentStore }> {
    const store = createMemoryStore();
    await publishValue(store, 'a', '1.0');
    await publishValue(store, 'b', '2.0');
    await promoteTo(store, '1.0', { repository: 'config/app' });
    const promotion = { channels: [{ tag: 'prod', authorities: ['promoter'] }] };
    return Object.assign(makeFixture(store, await compileInput({ promotion })), { store });
  }

  /** All objects that are there are healthy, as the controller finds it. */
  function turnHealthy(runtime: Runtime): void {
    runtime.healthyDigest = runtime.accepted?.digest;
  }

  function healthyIn({ record }: Runtime): readonly number[] {
    return healthyOf(record).map(({ sequence }) => sequence);
  }

  test('is remembered, if it was applied as a whole', async () => {
    const { services } = await makePromoted();
    const runtime = runtimeOf();
    await reconcileDelivery(services, runtime, { isFull: true });
    turnHealthy(runtime);
    await recordRepairs(services, runtime);
    assert.deepEqual(healthyIn(runtime), [1]);
  });

  test('is not what could not be applied, healthy as the rest of it may be', async () => {
    const fixture = await makePromoted();
    const { services } = fixture;
    const runtime = runtimeOf();
    fixture.refusal = new ApplyError('ADMISSION_DENIED', 'ConfigMap was denied', 'ConfigMap/settings');
    await reconcileDelivery(services, runtime, { isFull: true });
    assert.equal(runtime.failure?.code, 'ADMISSION_DENIED');
    turnHealthy(runtime);
    await recordRepairs(services, runtime);
    assert.deepEqual(healthyIn(runtime), []);
  });

  test('is not what a later look could not apply, though the record has it as a whole', async () => {
    const { services } = await makePromoted();
    const runtime = runtimeOf();
    await reconcileDelivery(services, runtime, { isFull: true });
    const find = (): Promise<never> => Promise.reject(new KubeError('KUBE_UNAVAILABLE', 'nobody answers'));
    await reconcileDelivery({ ...services, discovery: { ...services.discovery, find } }, runtime, {
      isFull: true,
    });
    assert.deepEqual([runtime.failure?.code, runtime.record.isComplete], ['KUBE_UNAVAILABLE', true]);
    turnHealthy(runtime);
    await recordRepairs(services, runtime);
    assert.deepEqual(healthyIn(runtime), []);
  });

  test('is not what was applied in part: the record was written, the rest was not', async () => {
    const { services } = await makePromoted();
    const runtime = runtimeOf();
    await reconcileDelivery(services, runtime, { isFull: true });
    runtime.record = { ...runtime.record, isComplete: false };
    turnHealthy(runtime);
    await recordRepairs(services, runtime);
    assert.deepEqual(healthyIn(runtime), []);
  });

  test('is not what a suspension broke off, healthy as what was applied may be', async () => {
    const store = createMemoryStore();
    const files = ['a', 'b'].map((name) => configFile(name, name));
    const signer = await signerNamed('release');
    await publish({ store, files, annotations: {}, signer, tags: ['prod'] }, makePorts());
    const { services: fixed } = makeFixture(store, await compileInput());
    const runtime = runtimeOf();
    const setSuspended = (suspend: boolean): void => {
      runtime.delivery = { ...runtime.delivery, spec: { ...runtime.delivery.spec, suspend } };
    };
    let isRolling = false;
    const { customHealth: custom, namedObjects: named } = fixed;
    const kept = new Map<string, Tracked>();
    const apply: Keeper['apply'] = async (ownerId, desired) => {
      if (!isRolling) setSuspended(true);
      kept.set(desired.key, createTracked(ownerId, desired, { uid: 'uid', hash: 'hash', time: 'time' }));
      return 'created';
    };
    const keeper: Keeper = { ...fixed.keeper, apply, get: (key) => kept.get(key) };
    const services: Services = {
      ...fixed,
      keeper,
      assess: () => {
        const { state } = aggregateHealth(runtime, { keeper, watches: fixed.watches, custom, named });
        if (state === 'Current' && !isRolling && !runtime.isApplying && runtime.failure === undefined)
          runtime.healthyDigest = runtime.accepted?.digest;
      },
    };
    await reconcileDelivery(services, runtime, { isFull: true });
    assert.deepEqual([runtime.keys.size, runtime.record.isComplete], [1, false]);
    services.assess(runtime);
    // Resumed, the rest is applied, and is still rolling.
    setSuspended(false);
    isRolling = true;
    await reconcileDelivery(services, runtime, { isFull: true });
    assert.deepEqual([runtime.keys.size, runtime.record.isComplete], [2, true]);
    assert.deepEqual([runtime.healthyDigest, runtime.record.history?.[0]?.isHealthy], [undefined, false]);
  });

  test('is remembered before it is replaced, though no look was between', async () => {
    const { services, store } = await makePromoted();
    const runtime = runtimeOf();
    await reconcileDelivery(services, runtime, { isFull: true });
    turnHealthy(runtime);
    await promoteTo(store, '2.0', { repository: 'config/app' });
    await reconcileDelivery(services, runtime, { isFull: false });
    assert.deepEqual([runtime.record.promotion?.sequence, healthyIn(runtime)], [2, [1]]);
  });
});
