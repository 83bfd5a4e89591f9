// The end of a Delivery whose objects can't be deleted at once: its condition tells what hinders it now.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { toDesired } from '../../../../puller/reconcile/desired.ts';
import { finalizeDelivery } from '../../../../puller/reconcile/finalize.ts';
import { emptyRecord } from '../../../../puller/reconcile/record.ts';
import { createRuntime, type Runtime } from '../../../../puller/reconcile/runtime.ts';
import { toFailure } from '../../../../puller/reconcile/judge.ts';
import { nextLookMs } from '../../../../puller/reconcile/timing.ts';
import type { Services } from '../../../../puller/services.ts';
import { computeConditions } from '../../../../puller/status/conditions.ts';
import { finalizer } from '../../../../src/api/common.ts';
import { deliverySchema } from '../../../../src/api/delivery.ts';
import { KubeError } from '../../../../src/errors.ts';
import { pullerLimits } from '../../../../src/limits.ts';
import { identityKey } from '../../../../src/resources/resource.ts';
import { configMapKind as kind, keptObject, makeKeeper } from '../../../helpers/keepers.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

const identity = { namespace: 'shop', name: 'app', uid: 'uid' };

type Bench = {
  readonly runtime: Runtime;
  readonly services: Services;
  /** Whether the API server refuses to delete. */
  isDenied: boolean;
};

/** A Delivery that is being deleted, with one object that a finalizer holds. */
function makeBench(): Bench {
  const delivery = deliverySchema.parse({
    metadata: { ...identity, resourceVersion: '1', deletionTimestamp: 'now', finalizers: [finalizer] },
    spec: {
      source: { url: 'oci://registry.site/config/app', ref: { tag: 'prod' } },
      prune: true,
      deletionPolicy: 'WaitForTermination',
      serviceAccountName: 'deployer',
    },
  });
  const name = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' };
  const applied = { uid: 'uid', hash: 'hash', fieldsHash: 'fields', fieldsTime: 'ours' };
  const record = { ...emptyRecord(identity), entries: { [identityKey(name)]: { ...name, applied } } };
  const runtime = createRuntime('owner', delivery, record);
  const bench = { isDenied: true, isDeleted: false };
  const { metadata, ...rest } = keptObject('owner', 2);
  const held = {
    ...rest,
    metadata: { ...metadata, deletionTimestamp: 'now', finalizers: ['example.com/hold'] },
  };
  const client = answeringClient(({ method }) => {
    if (method !== 'DELETE') return bench.isDeleted ? held : keptObject('owner', 1);
    if (bench.isDenied) throw new KubeError('KUBE_INVALID', 'admission denied the request', { status: 400 });
    bench.isDeleted = true;
    return held;
  });
  const services = {
    client,
    keeper: makeKeeper(() => client),
    watches: { ensure: async () => undefined, isWatched: () => false },
    discovery: { find: async () => kind, list: async () => [kind], invalidate: () => undefined },
    recordStore: { write: async () => undefined, remove: async () => undefined },
    runtimeOf: () => runtime,
    pullerNamespace: 'sealift-system',
    log: () => undefined,
    tell: () => undefined,
    monotonic: () => 0,
    signal: new AbortController().signal,
  } as unknown as Services; // all that is asked for
  return Object.assign(bench, { runtime, services });
}

/** One look, as the controller takes it. */
async function look({ services, runtime }: Bench): Promise<void> {
  await finalizeDelivery(services, runtime).catch((error: unknown) => {
    runtime.failure = toFailure(error);
  });
}

function readyOf({ runtime }: Bench): string {
  const conditions = computeConditions(runtime, undefined, { nowMs: 0, monotonicMs: 0 });
  const ready = conditions.find(({ type }) => type === 'Ready');
  return `${ready?.status} ${ready?.reason}: ${ready?.message}`;
}

suite('a Delivery that waits for the end of its objects', () => {
  test('is no failure any more once what was denied is deleted', async () => {
    const bench = makeBench();
    await look(bench);
    assert.match(readyOf(bench), /^False PruneFailed: .*admission denied/u);
    bench.isDenied = false;
    await look(bench);
    assert.match(readyOf(bench), /^Unknown Progressing: waiting for the end of/u);
    assert.equal(bench.runtime.failure, undefined);
    const nextMs = nextLookMs(bench.services, bench.runtime, { untilNetMs: 1e9, random: () => 0 });
    assert.equal(nextMs, pullerLimits.terminationLookMs);
  });

  test('waits for the object of now, where a repair made it anew and the record has the one before', async () => {
    const bench = makeBench();
    bench.isDenied = false;
    const { services, runtime } = bench;
    const desired = toDesired(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: {} },
      kind,
      { ownerId: 'owner', namespace: 'shop', name: 'app', hashKey: Buffer.from('key') },
    );
    services.keeper.adopt('owner', desired, {
      uid: 'uid',
      hash: 'fields',
      time: 'ours',
      appliedHash: 'hash',
      yieldsReplicas: false,
    });
    const [entry] = Object.values(runtime.record.entries);
    if (entry?.applied !== undefined) entry.applied.uid = 'former';
    await look(bench);
    // Nobody watches the kind, or the puller was restarted: the record is all that is known.
    services.keeper.departures.dropAll('owner');
    await look(bench);
    assert.notDeepEqual(runtime.record.entries, {}, 'it is let go before its object is gone');
  });

  test('says so where something can not be deleted while it waits', async () => {
    const bench = makeBench();
    bench.runtime.terminationDeadlineMs = 1000;
    await look(bench);
    assert.match(readyOf(bench), /^False PruneFailed: .*admission denied/u);
  });
});
