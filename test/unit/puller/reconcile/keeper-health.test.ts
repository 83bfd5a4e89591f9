// What is known of an object's health while its kind is told anew, as after etcd has forgotten what the watch missed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDesired } from '../../../../puller/reconcile/desired.ts';
import { createKeeper } from '../../../../puller/reconcile/keeper.ts';
import type { KindWatches } from '../../../../puller/reconcile/kind-watches.ts';
import { fieldManagerOf } from '../../../../puller/reconcile/owner.ts';
import { ownerLabel } from '../../../../src/api/common.ts';
import { kubeObjectSchema, type KubeObject } from '../../../../src/kube/object.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

const kind = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
  verbs: ['get', 'list', 'watch', 'patch'],
};

function objectOf(version: number, status: object): KubeObject {
  return kubeObjectSchema.parse({
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'uid',
      resourceVersion: String(version),
      generation: 1,
      labels: { [ownerLabel]: 'owner' },
      managedFields: [
        { manager: fieldManagerOf('owner'), operation: 'Apply', time: 'ours', fieldsV1: { 'f:spec': {} } },
      ],
    },
    spec: { replicas: 1 },
    status,
  });
}

test('an object that was not healthy is not called healthy while its kind is told anew', async () => {
  let isToldAnew = false;
  const nothing = (): undefined => undefined;
  const keeper = createKeeper({
    applierOf: () => ({
      client: answeringClient(() => objectOf(1, {})),
      ownerId: 'owner',
      impersonate: undefined,
      isLiveOwner: () => false,
      mayAdopt: false,
      untilGone: async () => true,
      warn: nothing,
    }),
    mayCorrect: () => true,
    watches: () => ({ isWatched: () => !isToldAnew, isFollowed: () => true }) as unknown as KindWatches, // all that is asked for
    onRepaired: nothing,
    onRepairFailed: nothing,
    onChanged: nothing,
    onSettled: nothing,
    onReleased: nothing,
    onShown: nothing,
    stanceOf: () => ({ kind: 'Correct' }),
    isAutoscaled: async () => false,
    now: () => performance.now(),
    signal: new AbortController().signal,
  });
  const resource = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { replicas: 1 },
  };
  const owner = { ownerId: 'owner', namespace: 'shop', name: 'app', hashKey: Buffer.from('key') };
  const desired = toDesired(resource, kind, owner);
  await keeper.apply('owner', desired, true);
  keeper.onEvent(kind, { type: 'MODIFIED', object: objectOf(2, { observedGeneration: 1 }) }, true);
  const tracked = keeper.get(desired.key) ?? assert.fail('not kept');
  assert.equal(keeper.healthOf(tracked).state, 'InProgress');
  isToldAnew = true;
  assert.equal(keeper.healthOf(tracked).state, 'InProgress');
});
