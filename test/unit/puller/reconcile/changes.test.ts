import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createChanges } from '../../../../puller/reconcile/changes.ts';

suite('waiting for a change', () => {
  const { signal } = new AbortController();

  test('ends at once where the condition holds', async () => {
    assert.equal(await createChanges().until(() => true, 60_000, signal), true);
  });

  test('looks again at each change, and only then', async () => {
    const changes = createChanges();
    let looks = 0;
    const waiting = changes.until(() => (looks += 1) === 3, 60_000, signal);
    assert.equal(looks, 1);
    changes.wake();
    changes.wake();
    assert.equal(await waiting, true);
    changes.wake();
    assert.equal(looks, 3);
  });

  test('ends without it after its time', async () => {
    assert.equal(await createChanges().until(() => false, 1, signal), false);
  });

  test('ends when the puller does', async () => {
    const ending = new AbortController();
    const waiting = createChanges().until(() => false, 60_000, ending.signal);
    ending.abort();
    assert.equal(await waiting, false);
    assert.equal(await createChanges().until(() => false, 60_000, ending.signal), false);
  });
});
