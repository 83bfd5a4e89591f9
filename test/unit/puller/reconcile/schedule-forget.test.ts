// Who is forgotten while a look is under way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSchedule } from '../../../../puller/reconcile/schedule.ts';

test('a look that is under way when its Delivery is forgotten is waited for, and no other begins beside it', async () => {
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const schedule = createSchedule({
    run: async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running -= 1;
    },
    groupOf: () => 'shop',
    signal: new AbortController().signal,
  });
  schedule.start();
  schedule.soon('app', false);
  schedule.forget('app');
  schedule.soon('app', false);
  assert.equal(most, 1);
  let isIdle = false;
  const idle = schedule.idle().then(() => (isIdle = true));
  await new Promise(setImmediate);
  assert.equal(isIdle, false, 'the look is not over');
  ends.shift()?.();
  await idle;
  await new Promise(setImmediate);
  assert.equal(ends.length, 1, 'the one that was asked for meanwhile follows');
  schedule.forget('app');
  ends.shift()?.();
  await schedule.idle();
  assert.deepEqual([running, most], [0, 1]);
});
