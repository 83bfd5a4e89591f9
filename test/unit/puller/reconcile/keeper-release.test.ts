// What is let go while a request for it is under way: its answer makes it nobody's again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDesired, type Desired } from '../../../../puller/reconcile/desired.ts';
import { configMapKind as kind, keptObject, makeKeeper, settleTurns } from '../../../helpers/keepers.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

function desiredOf(ownerId: string): Desired {
  const resource = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { k: 'v' } };
  return toDesired(resource, kind, { ownerId, namespace: 'shop', name: 'app', hashKey: Buffer.from('key') });
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
      return keptObject('owner', (version += 1));
    });
    const keeper = makeKeeper(() => client);
    const desired = desiredOf('owner');
    if (!isFirst) await keeper.apply('owner', desired, true);
    whileSent = () => keeper.releaseAll('owner');
    await keeper.apply('owner', desired, isFirst);
    assert.equal(keeper.get(desired.key), undefined);
    assert.deepEqual([...keeper.kinds()], [], 'its kind need not be watched');
    const before = sent;
    const object = keptObject('owner', (version += 1), { time: 'theirs' });
    keeper.onEvent(kind, { type: 'MODIFIED', object }, false);
    await settleTurns();
    assert.equal(sent, before, 'nobody corrects it');
  });
}

test('an object that another one lets go is kept by the one that applies it', async () => {
  const keeper = makeKeeper((ownerId) =>
    answeringClient(() => {
      if (ownerId === 'second') keeper.releaseAll('first');
      return keptObject(ownerId, 7);
    }),
  );
  await keeper.apply('second', desiredOf('second'), true);
  assert.equal(keeper.get(desiredOf('second').key)?.ownerId, 'second');
});
