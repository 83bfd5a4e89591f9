import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDesired } from '../../../../puller/reconcile/desired.ts';
import { KubeError } from '../../../../src/errors.ts';
import type { KubeObject } from '../../../../src/kube/object.ts';
import { configMapKind as kind, keptObject, makeKeeper, settleTurns } from '../../../helpers/keepers.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

test('drift after an apply that worked does not wait for the next try of an older correction', async (t) => {
  // Later tries never come by themselves: what follows an event at once is all that is seen.
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let version = 1;
  let isDown = false;
  let sent = 0;
  const objectAt = (time: string): KubeObject => keptObject('owner', (version += 1), { time });
  const client = answeringClient(() => {
    sent += 1;
    if (isDown) throw new KubeError('KUBE_FORBIDDEN', 'denied');
    return objectAt('ours');
  });
  const ended = new AbortController();
  const keeper = makeKeeper(() => client, { signal: ended.signal });
  const resource = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { k: 'v' } };
  const owner = { ownerId: 'owner', namespace: 'shop', name: 'app', hashKey: Buffer.from('key') };
  const desired = toDesired(resource, kind, owner);
  const vandalise = async (): Promise<void> => {
    keeper.onEvent(kind, { type: 'MODIFIED', object: objectAt('theirs') }, false);
    await settleTurns();
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
