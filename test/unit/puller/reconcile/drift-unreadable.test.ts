// An object whose metadata can't be read as such, as an aggregated API server may answer: drift is corrected all the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDesired } from '../../../../puller/reconcile/desired.ts';
import { configMapKind as kind, keptObject, makeKeeper, settleTurns } from '../../../helpers/keepers.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

test('an answer that is no object ends nothing, and drift is corrected without naming what was lost', async () => {
  const methods: string[] = [];
  const client = answeringClient(({ method }) => {
    methods.push(method);
    return method === 'GET' ? { kind: 'Status' } : keptObject('owner', 9);
  });
  const keeper = makeKeeper(() => client);
  const resource = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { k: 'v' } };
  const owner = { ownerId: 'owner', namespace: 'shop', name: 'app', hashKey: Buffer.from('key') };
  const desired = toDesired(resource, kind, owner);
  keeper.onEvent(kind, { type: 'ADDED', object: keptObject('owner', 8, { time: 'theirs' }) }, false);
  // After a restart nobody knows what the event before has told.
  const recorded = { uid: 'uid', hash: 'x', time: 'ours', appliedHash: desired.hash, yieldsReplicas: false };
  keeper.adopt('owner', desired, recorded);
  await settleTurns();
  assert.deepEqual(methods, ['GET', 'PATCH']);
});
