import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { freeWhenIdle } from '../../../puller/idle-memory.ts';
import { pullerLimits } from '../../../src/limits.ts';

const { lookMs, quietMs, workMs } = pullerLimits.idleMemory;

/** A process whose CPU time the test sets. */
function startProcess(t: TestContext, collectMs = 0) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const ending = new AbortController();
  let cpuMs = 0;
  let collections = 0;
  freeWhenIdle({
    cpuMs: () => cpuMs,
    collect: async () => {
      collections += 1;
      cpuMs += collectMs;
    },
    signal: ending.signal,
  });
  return {
    /** Lets the time to the next look pass, with so much work. */
    pass: async (workMsOfIt: number): Promise<number> => {
      cpuMs += workMsOfIt;
      t.mock.timers.tick(lookMs);
      await Promise.resolve();
      return collections;
    },
    end: () => ending.abort(),
  };
}

test('collects once after a burst, when it is over', async (t) => {
  const { pass } = startProcess(t);
  assert.equal(await pass(workMs), 0);
  assert.equal(await pass(workMs), 0);
  assert.equal(await pass(quietMs), 1);
  assert.equal(await pass(0), 1);
  assert.equal(await pass(workMs), 1);
  assert.equal(await pass(0), 2);
});

test('collects nothing for what an idle process does', async (t) => {
  const { pass } = startProcess(t);
  for (let looks = 0; looks * quietMs < 3 * workMs; looks += 1) assert.equal(await pass(quietMs), 0);
});

test('does not collect again for the time that collecting took', async (t) => {
  const { pass } = startProcess(t, workMs / 2);
  await pass(workMs);
  assert.equal(await pass(0), 1);
  await pass(0);
  assert.equal(await pass(0), 1);
});

test('ends with its signal', async (t) => {
  const { pass, end } = startProcess(t);
  await pass(workMs);
  end();
  assert.equal(await pass(0), 0);
});
