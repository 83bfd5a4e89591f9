import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { toDesired } from '../../../../puller/reconcile/desired.ts';
import { createTracked, type Tracked } from '../../../../puller/reconcile/tracked.ts';
import { createTrackedTable } from '../../../../puller/reconcile/tracked-table.ts';
import { configMapKind } from '../../../helpers/keepers.ts';

function makeTracked(ownerId: string, name: string): Tracked {
  const resource = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
  const owner = { ownerId, namespace: 'shop', name: ownerId, hashKey: Buffer.from('key') };
  return createTracked(ownerId, toDesired(resource, configMapKind, owner), { hash: '', time: '', uid: '' });
}

test('tells of each owner what a walk through all objects would', () => {
  const owners = ['a', 'b'];
  const step = fc.record({
    isSet: fc.boolean(),
    owner: fc.constantFrom(...owners),
    name: fc.constantFrom('one', 'two', 'three'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const table = createTrackedTable();
      const made: Tracked[] = [];
      for (const { isSet, owner, name } of steps) {
        const found = made.findLast((one) => one.ownerId === owner && one.desired.identity.name === name);
        if (!isSet && found !== undefined) table.delete(found);
        if (!isSet) continue;
        const object = makeTracked(owner, name);
        made.push(object);
        table.set(object);
        assert.equal(table.get(object.desired.key), object);
      }
      const all = [...table.all()];
      for (const owner of owners) {
        assert.deepEqual(
          new Set(table.ofOwner(owner)),
          new Set(all.filter(({ ownerId }) => ownerId === owner)),
        );
      }
    }),
  );
});
