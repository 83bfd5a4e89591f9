// Health of objects that no watch tells of: what was read of one version says nothing about a later one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createCustomHealth,
  type CustomHealth,
  type Subject,
} from '../../../../puller/reconcile/custom-health.ts';
import { createLanes } from '../../../../puller/reconcile/lanes.ts';
import { emptyRecord } from '../../../../puller/reconcile/record.ts';
import { createRuntime, type Runtime } from '../../../../puller/reconcile/runtime.ts';
import type { Services } from '../../../../puller/services.ts';
import { deliverySchema } from '../../../../src/api/delivery.ts';
import { waitUntil } from '../../../control-plane/wait.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

const identity = { namespace: 'shop', name: 'app', uid: 'uid' };

type Bench = {
  readonly custom: CustomHealth;
  readonly runtime: Runtime;
  /** What the API server has: version, and status of condition Ready. */
  live: { version: number; ready: string };
};

function makeBench(): Bench {
  const delivery = deliverySchema.parse({
    metadata: { ...identity, resourceVersion: '1', generation: 1 },
    spec: {
      source: { url: 'oci://registry.site/config/app', ref: { tag: 'prod' } },
      prune: true,
      serviceAccountName: 'deployer',
    },
  });
  const runtime = createRuntime('owner', delivery, emptyRecord(identity));
  runtime.keys = new Set([subject('1').key]);
  const { signal } = new AbortController();
  const fail = (error: unknown): never => assert.fail(String(error));
  const bench: { live: Bench['live'] } = { live: { version: 1, ready: 'True' } };
  const client = answeringClient(() => {
    return {
      metadata: {
        name: 'nightly',
        namespace: 'shop',
        uid: 'uid',
        resourceVersion: String(bench.live.version),
        generation: 1,
      },
      status: { conditions: [{ type: 'Ready', status: bench.live.ready, message: 'its disk' }] },
    };
  });
  const services = {
    client,
    signal,
    pullerNamespace: 'sealift-system',
    runtimeOf: () => runtime,
    touch: () => undefined,
    monotonic: () => 0,
    watches: { isFollowed: () => false },
  } as unknown as Services; // all that is asked for
  const custom = createCustomHealth(() => services, createLanes({ signal, fail }));
  return Object.assign(bench, { custom, runtime });
}

function subject(appliedVersion: string): Subject {
  return {
    key: 'backups.example/Backup/shop/nightly',
    kind: { group: 'backups.example', kind: 'Backup' },
    isWatched: false,
    path: () => '/apis/backups.example/v1/namespaces/shop/backups/nightly',
    resourceVersion: '',
    appliedVersion,
  };
}

function untilState({ custom, runtime }: Bench, appliedVersion: string, state: string): Promise<void> {
  return waitUntil(async () => custom.healthOf(runtime, subject(appliedVersion))?.state === state, {
    what: `${state} of what was applied at ${appliedVersion}`,
    timeoutMs: 5000,
  });
}

test('an update of an object that was healthy is read as well', async () => {
  const bench = makeBench();
  await untilState(bench, '1', 'Current');
  bench.live = { version: 2, ready: 'False' };
  assert.equal(bench.custom.healthOf(bench.runtime, subject('2'))?.message, 'is not seen yet');
  await waitUntil(
    async () => bench.custom.healthOf(bench.runtime, subject('2'))?.message.includes('its disk') === true,
    {
      what: 'the disk',
      timeoutMs: 5000,
    },
  );
  bench.live = { version: 3, ready: 'True' };
  await untilState(bench, '2', 'Current');
});

test('an object that left and came back is judged by what it is then', async () => {
  const bench = makeBench();
  const { custom, runtime } = bench;
  await untilState(bench, '1', 'Current');
  custom.retain(runtime, new Set(['another']));
  bench.live = { version: 2, ready: 'False' };
  const unknown = { ...subject('1'), appliedVersion: undefined };
  assert.equal(custom.healthOf(runtime, unknown)?.message, 'is not seen yet');
});
