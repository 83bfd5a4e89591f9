import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDesired } from '../../../../puller/reconcile/desired.ts';
import { createKeeper } from '../../../../puller/reconcile/keeper.ts';
import type { KindWatches } from '../../../../puller/reconcile/kind-watches.ts';
import { fieldManagerOf } from '../../../../puller/reconcile/owner.ts';
import { ownerLabel } from '../../../../src/api/common.ts';
import { KubeError } from '../../../../src/errors.ts';
import { kubeObjectSchema, type KubeObject } from '../../../../src/kube/object.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

const kind = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
  verbs: ['get', 'list', 'watch', 'patch'],
};

test('drift after an apply that worked does not wait for the next try of an older correction', async (t) => {
  // Later tries never come by themselves: what follows an event at once is all that is seen.
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let version = 1;
  let isDown = false;
  let sent = 0;
  const objectAt = (time: string): KubeObject =>
    kubeObjectSchema.parse({
      metadata: {
        name: 'settings',
        namespace: 'shop',
        uid: 'uid',
        resourceVersion: String((version += 1)),
        labels: { [ownerLabel]: 'owner' },
        managedFields: [
          { manager: fieldManagerOf('owner'), operation: 'Apply', time, fieldsV1: { 'f:data': {} } },
        ],
      },
    });
  const client = answeringClient(() => {
    sent += 1;
    if (isDown) throw new KubeError('KUBE_FORBIDDEN', 'denied');
    return objectAt('ours');
  });
  const applier = {
    client,
    ownerId: 'owner',
    impersonate: undefined,
    isLiveOwner: () => false,
    mayAdopt: false,
    untilGone: async () => true,
    warn: () => undefined,
  };
  const ended = new AbortController();
  const nothing = (): undefined => undefined;
  const keeper = createKeeper({
    applierOf: () => applier,
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
    signal: ended.signal,
  });
  const resource = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { k: 'v' } };
  const owner = { ownerId: 'owner', namespace: 'shop', name: 'app', hashKey: Buffer.from('key') };
  const desired = toDesired(resource, kind, owner);
  const vandalise = async (): Promise<void> => {
    keeper.onEvent(kind, { type: 'MODIFIED', object: objectAt('theirs') }, false);
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  };
  await keeper.apply('owner', desired, true);
  isDown = true;
  await vandalise();
  assert.equal(sent, 2, 'a correction that fails, and is tried again in 0.4 s');
  isDown = false;
  await keeper.apply('owner', desired, false);
  await vandalise();
  assert.equal(sent, 4, 'corrected at once');
  ended.abort();
});
