// What is let go while a request for it is under way: its answer makes it nobody's again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDesired, type Desired } from '../../../../puller/reconcile/desired.ts';
import { createKeeper, type Keeper } from '../../../../puller/reconcile/keeper.ts';
import type { KindWatches } from '../../../../puller/reconcile/kind-watches.ts';
import { fieldManagerOf } from '../../../../puller/reconcile/owner.ts';
import { ownerLabel } from '../../../../src/api/common.ts';
import { kubeObjectSchema, type KubeObject } from '../../../../src/kube/object.ts';
import type { KubeClient } from '../../../../src/kube/request.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

const kind = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
  verbs: ['get', 'list', 'watch', 'patch'],
};

function objectOf(ownerId: string, version: number, time = 'ours'): KubeObject {
  return kubeObjectSchema.parse({
    metadata: {
      name: 'settings',
      namespace: 'shop',
      uid: 'uid',
      resourceVersion: String(version),
      labels: { [ownerLabel]: ownerId },
      managedFields: [
        { manager: fieldManagerOf(ownerId), operation: 'Apply', time, fieldsV1: { 'f:data': {} } },
      ],
    },
  });
}

function desiredOf(ownerId: string): Desired {
  const resource = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { k: 'v' } };
  return toDesired(resource, kind, { ownerId, namespace: 'shop', name: 'app', hashKey: Buffer.from('key') });
}

function makeKeeper(clientOf: (ownerId: string) => KubeClient): Keeper {
  const nothing = (): undefined => undefined;
  return createKeeper({
    applierOf: (ownerId) => ({
      client: clientOf(ownerId),
      ownerId,
      impersonate: undefined,
      isLiveOwner: () => false,
      mayAdopt: false,
      untilGone: async () => true,
      warn: nothing,
    }),
    mayCorrect: () => true,
    watches: () => ({ isWatched: () => true, isFollowed: () => true }) as unknown as KindWatches, // all that is asked for
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
}

for (const [name, isFirst] of [
  ['for the first time', true],
  ['anew', false],
] as const) {
  test(`an object that is let go while it is applied ${name} is not kept`, async () => {
    let version = 0;
    let sent = 0;
    let whileSent = (): void => undefined;
    const client = answeringClient(() => {
      sent += 1;
      whileSent();
      return objectOf('owner', (version += 1));
    });
    const keeper = makeKeeper(() => client);
    const desired = desiredOf('owner');
    if (!isFirst) await keeper.apply('owner', desired, true);
    whileSent = () => keeper.releaseAll('owner');
    await keeper.apply('owner', desired, isFirst);
    assert.equal(keeper.get(desired.key), undefined);
    assert.deepEqual([...keeper.kinds()], [], 'its kind need not be watched');
    const before = sent;
    keeper.onEvent(kind, { type: 'MODIFIED', object: objectOf('owner', (version += 1), 'theirs') }, false);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    assert.equal(sent, before, 'nobody corrects it');
  });
}

test('an object that another one lets go is kept by the one that applies it', async () => {
  const keeper = makeKeeper((ownerId) =>
    answeringClient(() => {
      if (ownerId === 'second') keeper.releaseAll('first');
      return objectOf(ownerId, 7);
    }),
  );
  await keeper.apply('second', desiredOf('second'), true);
  assert.equal(keeper.get(desiredOf('second').key)?.ownerId, 'second');
});
