// Who is looked at next: what was asked for first, namespaces fairly, and no namespace beyond its share.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createLookQueue, type LookQueue } from '../../../../puller/reconcile/look-queue.ts';
import { intervalDelayMs, retryDelayMs } from '../../../../puller/reconcile/schedule.ts';

const makeQueue = (limit = 10): LookQueue => createLookQueue((key) => key.slice(0, 1), limit);

function takeAll(queue: LookQueue): readonly string[] {
  const taken: string[] = [];
  for (let key = queue.take(); key !== undefined; key = queue.take()) {
    taken.push(key);
    queue.begin(key);
  }
  return taken;
}

suite('the queue of looks', () => {
  test('lets what was asked for go first', () => {
    const queue = makeQueue();
    queue.add('a1', false);
    queue.add('a2', true);
    queue.add('a3', false);
    queue.add('a3', true);
    assert.deepEqual(takeAll(queue), ['a2', 'a3', 'a1']);
  });

  test('keeps the place of what was asked for, and forgets what is gone', () => {
    const queue = makeQueue();
    queue.add('a1', true);
    queue.add('a2', true);
    queue.add('a1', false);
    queue.add('a3', true);
    queue.delete('a2');
    assert.deepEqual(takeAll(queue), ['a1', 'a3']);
  });

  test('takes turns among namespaces', () => {
    const queue = makeQueue();
    for (const key of ['a1', 'a2', 'a3', 'b1', 'c1']) queue.add(key, true);
    assert.deepEqual(takeAll(queue), ['a1', 'b1', 'c1', 'a2', 'a3']);
  });

  test('holds a namespace back that has its share, until one of its looks has ended', () => {
    const queue = makeQueue(1);
    for (const key of ['a1', 'a2', 'b1']) queue.add(key, true);
    const first = queue.take();
    assert.equal(first, 'a1');
    const end = queue.begin('a1');
    assert.equal(queue.take(), 'b1');
    assert.equal(queue.take(), undefined);
    end();
    assert.equal(queue.take(), 'a2');
  });
});

suite('delays', () => {
  test('of the first look at an interval lie all over it, of later ones near its end', () => {
    assert.ok(intervalDelayMs(1000, true, () => 0) < 100);
    assert.ok(intervalDelayMs(1000, true, () => 0.999) > 950);
    assert.equal(
      intervalDelayMs(1000, false, () => 0),
      950,
    );
    assert.ok(intervalDelayMs(1000, false, () => 0.999) <= 1050);
  });

  test('after failures double up to the bound', () => {
    const delays = [1, 2, 3, 30].map((attempts) => retryDelayMs(attempts, 60_000, () => 1));
    assert.deepEqual(delays, [2000, 4000, 8000, 60_000]);
  });
});
