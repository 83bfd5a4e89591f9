import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { createKnownObjects } from '../../../src/kube/known-objects.ts';
import type { KubeObject } from '../../../src/kube/object.ts';

function object(name: string, uid: string, namespace?: string): KubeObject {
  return { metadata: { name, uid, resourceVersion: '1', ...(namespace === undefined ? {} : { namespace }) } };
}

test('what was known and is not listed again is swept, whatever came in between', () => {
  const names = fc.uniqueArray(
    fc.string({ minLength: 1, maxLength: 2 }).filter((name) => !name.includes('/')),
  );
  fc.assert(
    fc.property(names, names, names, (before, listed, deleted) => {
      const known = createKnownObjects();
      for (const name of before) known.note(object(name, name));
      known.begin();
      for (const name of listed) known.note(object(name, name));
      for (const name of deleted) known.forget(object(name, name));
      const gone = known.sweep().map(({ name }) => name);
      const expected = before.filter((name) => !listed.includes(name) && !deleted.includes(name));
      assert.deepEqual(gone.toSorted(), expected.toSorted());
      known.begin();
      const rest = listed.filter((name) => !deleted.includes(name));
      assert.equal(known.sweep().length, rest.length);
    }),
  );
});

test('an object that took the name of another is told apart by its uid', () => {
  const known = createKnownObjects();
  assert.equal(known.note(object('a', 'one', 'space')), undefined);
  assert.equal(known.note(object('a', 'one', 'space')), undefined);
  assert.equal(known.note(object('a', 'other')), undefined);
  assert.deepEqual(known.note(object('a', 'two', 'space')), { name: 'a', namespace: 'space', uid: 'one' });
  assert.deepEqual(known.sweep(), []);
});
