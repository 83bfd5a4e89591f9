// What the watch has told of health counts until the spec changes: an answer to our own apply has no status.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLiveObjects, type Live } from '../../../../puller/reconcile/live-objects.ts';

const told: Live = {
  uid: 'one',
  resourceVersion: '10',
  generation: 1,
  isDeleted: false,
  isTerminating: false,
  finalizers: [],
  ownerId: undefined,
  fingerprint: undefined,
  health: { state: 'Current', message: '' },
};
const answered = { ...told, resourceVersion: '11', health: undefined };

test('health after an answer', async (t) => {
  const after = (answer: Live): Live['health'] => {
    const objects = createLiveObjects();
    objects.note('key', told, true);
    objects.note('key', answer, true);
    return objects.get('key')?.health;
  };
  await t.test('stays where the spec is the same', () => assert.deepEqual(after(answered), told.health));
  await t.test('is unknown for a new generation', () =>
    assert.equal(after({ ...answered, generation: 2 }), undefined),
  );
  await t.test('is unknown for another object of the name', () =>
    assert.equal(after({ ...answered, uid: 'two' }), undefined),
  );
  await t.test('is unknown where no generation tells', () =>
    assert.equal(after({ ...answered, generation: undefined }), undefined),
  );
  await t.test('stays where nothing was written', () =>
    assert.deepEqual(after({ ...answered, resourceVersion: '10', generation: undefined }), told.health),
  );
});
