import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settledWithin } from '../../../../puller/reconcile/settled-within.ts';

test('waits until it has settled, and leaves no timer behind', async (t) => {
  const started = t.mock.method(globalThis, 'setTimeout');
  const cleared = t.mock.method(globalThis, 'clearTimeout');
  await settledWithin(Promise.resolve(), 60_000);
  assert.deepEqual(
    cleared.mock.calls.map((call) => call.arguments[0]),
    started.mock.calls.map((call) => call.result),
  );
});

test('does not wait longer than it may', async () => {
  await settledWithin(Promise.withResolvers<undefined>().promise, 1);
});
