import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWriteQueue } from '../../../src/layout/write-queue.ts';

test('one write runs at a time, and calls during it share the next', async () => {
  const started: PromiseWithResolvers<void>[] = [];
  const queue = createWriteQueue(() => {
    const write = Promise.withResolvers<void>();
    started.push(write);
    return write.promise;
  });
  const first = queue();
  await Promise.resolve();
  const others = [queue(), queue(), queue()];
  assert.equal(started.length, 1);
  started[0]?.resolve();
  await first;
  await Promise.resolve();
  assert.equal(started.length, 2);
  started[1]?.resolve();
  await Promise.all(others);
  assert.equal(started.length, 2);
});

test('a write that fails is told to its callers and does not stop the next', async () => {
  let isBroken = true;
  const queue = createWriteQueue(async () => {
    if (isBroken) throw new Error('disk is full');
  });
  await assert.rejects(queue(), /disk is full/u);
  isBroken = false;
  await queue();
});
