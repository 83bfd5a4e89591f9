import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { createSemaphore } from '../../../src/kube/semaphore.ts';

test('never more run at once than there are slots, and everyone gets a turn in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat({ max: 3 })), async (slots, turns) => {
      const semaphore = createSemaphore(slots);
      const begun: number[] = [];
      let running = 0;
      await Promise.all(
        turns.map(async (ticks, index) => {
          const release = await semaphore.acquire();
          begun.push(index);
          running += 1;
          assert.ok(running <= slots);
          for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
          running -= 1;
          release();
          release();
        }),
      );
      assert.deepEqual(
        begun,
        turns.map((_, index) => index),
      );
    }),
  );
});

test('who no longer wants to wait takes nobody a slot away', async () => {
  const semaphore = createSemaphore(1);
  const release = await semaphore.acquire();
  const controller = new AbortController();
  const given = semaphore.acquire(controller.signal);
  const next = semaphore.acquire();
  const reason = new Error('no more');
  controller.abort(reason);
  await assert.rejects(given, reason);
  await assert.rejects(semaphore.acquire(controller.signal), reason);
  release();
  (await next)();
  (await semaphore.acquire())();
});
