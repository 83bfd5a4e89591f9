import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { createSemaphore, type Turn } from '../../../src/kube/semaphore.ts';

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

/** The order in which waiters that queue behind one slot are let in. */
async function orderOf(
  waiters: readonly { readonly name: string; readonly turn: Turn }[],
): Promise<readonly string[]> {
  const semaphore = createSemaphore(1);
  const release = await semaphore.acquire();
  const order: string[] = [];
  const all = waiters.map(async ({ name, turn }) => {
    const done = await semaphore.acquire(undefined, turn);
    order.push(name);
    done();
  });
  release();
  await Promise.all(all);
  return order;
}

test('repairs go before bulk work that waits longer', async () => {
  const order = await orderOf([
    { name: 'bulk', turn: { share: 'a' } },
    { name: 'more bulk', turn: { share: 'a' } },
    { name: 'repair', turn: { priority: 'repair', share: 'a' } },
  ]);
  assert.deepEqual(order, ['repair', 'bulk', 'more bulk']);
});

test('but not for ever: after some in a row, one of the bulk has its turn', async () => {
  const repairs = Array.from({ length: 20 }, (_, index) => ({
    name: `repair ${index}`,
    turn: { priority: 'repair' } as const,
  }));
  const order = await orderOf([...repairs, { name: 'bulk', turn: {} }]);
  assert.equal(order.indexOf('bulk'), 8);
});

test('a Delivery with many objects lets the others have their turns', async () => {
  const many = Array.from({ length: 50 }, (_, index) => ({ name: `many ${index}`, turn: { share: 'many' } }));
  const few = ['x', 'y'].map((share) => ({ name: share, turn: { share } }));
  const order = await orderOf([...many, ...few]);
  assert.deepEqual(order.slice(0, 4), ['many 0', 'x', 'y', 'many 1']);
});

test('bulk work that is given up takes nobody a turn, whatever its share', async () => {
  const semaphore = createSemaphore(1);
  const release = await semaphore.acquire();
  const controller = new AbortController();
  const given = semaphore.acquire(controller.signal, { share: 'a' });
  const repair = semaphore.acquire(controller.signal, { priority: 'repair' });
  const next = semaphore.acquire(undefined, { share: 'b' });
  controller.abort(new Error('no more'));
  await assert.rejects(given, /no more/u);
  await assert.rejects(repair, /no more/u);
  release();
  (await next)();
});
