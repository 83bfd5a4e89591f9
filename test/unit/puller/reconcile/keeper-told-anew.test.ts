// What is known of objects while their kind is told anew: after etcd has forgotten what the watch missed, and after it was
// restored from a backup, whose versions count from a lower one.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { toDesired } from '../../../../puller/reconcile/desired.ts';
import type { Keeper } from '../../../../puller/reconcile/keeper.ts';
import { keptObject, makeKeeper, settleTurns } from '../../../helpers/keepers.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

const kind = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
  verbs: ['get', 'list', 'watch', 'patch'],
};
const resource = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { replicas: 1 },
};
const owner = { ownerId: 'owner', namespace: 'shop', name: 'app', hashKey: Buffer.from('key') };
const desired = toDesired(resource, kind, owner);

function webAt(version: number, members: Record<string, unknown> = {}) {
  return keptObject('owner', version, { name: 'web', spec: { replicas: 1 }, ...members });
}

function stateOf(keeper: Keeper): string {
  const tracked = keeper.get(desired.key) ?? assert.fail('not kept');
  return keeper.healthOf(tracked).state;
}

test('an object that was not healthy is not called healthy while its kind is told anew', async () => {
  let isWatched = true;
  const client = answeringClient(() => webAt(1));
  const keeper = makeKeeper(() => client, { isWatched: () => isWatched });
  await keeper.apply('owner', desired, true);
  const object = webAt(2, { status: { observedGeneration: 1 } });
  keeper.onEvent(kind, { type: 'MODIFIED', object }, true);
  assert.equal(stateOf(keeper), 'InProgress');
  isWatched = false;
  assert.equal(stateOf(keeper), 'InProgress');
});

suite('after a restore of etcd', () => {
  const healthy = {
    status: {
      observedGeneration: 1,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      conditions: [{ type: 'Available', status: 'True' }],
    },
  };

  /** An object that was applied at version 1000, and the versions of what is sent later. */
  async function makeRestored(): Promise<{ readonly keeper: Keeper; readonly sent: number[] }> {
    let version = 1000;
    const sent: number[] = [];
    const client = answeringClient(() => {
      sent.push(version);
      return webAt(version);
    });
    const keeper = makeKeeper(() => client);
    await keeper.apply('owner', desired, true);
    keeper.onEvent(kind, { type: 'ADDED', object: webAt(1000, healthy) }, true);
    sent.length = 0;
    version = 600;
    keeper.onRewound(kind);
    return { keeper, sent };
  }

  test('what stands as it was applied is left, and its health is known', async () => {
    const { keeper, sent } = await makeRestored();
    keeper.onEvent(kind, { type: 'ADDED', object: webAt(500, healthy) }, true);
    await settleTurns();
    assert.deepEqual([sent, stateOf(keeper)], [[], 'Current']);
  });

  test('what has an older form is corrected, though its version is lower', async () => {
    const { keeper, sent } = await makeRestored();
    keeper.onEvent(kind, { type: 'ADDED', object: webAt(500, { time: 'before' }) }, true);
    await settleTurns();
    assert.equal(sent.at(-1), 600);
    keeper.onEvent(kind, { type: 'MODIFIED', object: webAt(601, healthy) }, true);
    assert.equal(stateOf(keeper), 'Current');
  });

  test('what was not there yet is made again', async () => {
    const { keeper, sent } = await makeRestored();
    keeper.onEvent(kind, { type: 'DELETED', object: webAt(500) }, true);
    await settleTurns();
    assert.equal(sent.at(-1), 600);
  });
});
