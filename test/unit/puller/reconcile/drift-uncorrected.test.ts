// Drift that could not be corrected, and is not to be corrected any more: a hold or driftMode has come between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDesired } from '../../../../puller/reconcile/desired.ts';
import type { Stance } from '../../../../puller/reconcile/tracked.ts';
import { KubeError } from '../../../../src/errors.ts';
import { configMapKind as kind, keptObject, makeKeeper, settleTurns } from '../../../helpers/keepers.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

const resource = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { k: 'v' } };
const owner = { ownerId: 'owner', namespace: 'shop', name: 'app', hashKey: Buffer.from('key') };
const desired = toDesired(resource, kind, owner);

for (const stance of [
  { kind: 'Warn' },
  { kind: 'Ignore' },
  { kind: 'Hold', untilMs: 1, reason: 'x' },
] as const satisfies readonly Stance[]) {
  test(`what could not be corrected is no failure any more once the object's stance is ${stance.kind}`, async () => {
    let isDown = false;
    let current: Stance = { kind: 'Correct' };
    const failed = new Set<string>();
    const client = answeringClient(() => {
      if (isDown) throw new KubeError('KUBE_FORBIDDEN', 'denied');
      return keptObject('owner', 1);
    });
    const keeper = makeKeeper(() => client, {
      stanceOf: () => current,
      onRepairFailed: (_, { key }) => failed.add(key),
      onSettled: (_, key) => failed.delete(key),
    });
    await keeper.apply('owner', desired, true);
    isDown = true;
    keeper.onEvent(kind, { type: 'MODIFIED', object: keptObject('owner', 2, { time: 'theirs' }) }, false);
    await settleTurns();
    assert.deepEqual([...failed], [desired.key]);
    current = stance;
    keeper.recheck('owner');
    assert.deepEqual([...failed], []);
    // Once it is to be corrected again, it is tried again.
    current = { kind: 'Correct' };
    keeper.recheck('owner');
    await settleTurns();
    assert.deepEqual([...failed], [desired.key]);
  });
}
