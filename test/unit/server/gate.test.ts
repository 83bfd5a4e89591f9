// The gate: shared work goes side by side, and nothing runs beside what has to be alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createGate } from '../../../src/server/gate.ts';

test('in any order of calls, work that is alone is alone, and all of it is done', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ isAlone: fc.boolean(), turns: fc.nat({ max: 5 }), fails: fc.boolean() }), {
        maxLength: 20,
      }),
      async (works) => {
        const gate = createGate();
        let shared = 0;
        let alone = 0;
        const results = works.map(({ isAlone, turns, fails }, index) => {
          const work = async (): Promise<number> => {
            if (isAlone) alone += 1;
            else shared += 1;
            assert.ok(alone === 0 || (alone === 1 && shared === 0));
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            assert.ok(alone === 0 || (alone === 1 && shared === 0));
            if (isAlone) alone -= 1;
            else shared -= 1;
            if (fails) throw new Error('failed');
            return index;
          };
          return isAlone ? gate.alone(work) : gate.shared(work);
        });
        const outcomes = await Promise.allSettled(results);
        assert.deepEqual(
          outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'failed')),
          works.map(({ fails }, index) => (fails ? 'failed' : index)),
        );
      },
    ),
    { numRuns: 200, seed: 5 },
  );
});

test('shared work does not wait for other shared work', async () => {
  const gate = createGate();
  let open = (): void => undefined;
  const first = gate.shared(() => new Promise<void>((resolve) => (open = resolve)));
  await gate.shared(async () => undefined);
  open();
  await first;
});
