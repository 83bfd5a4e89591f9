// A seeded run of kills, outages, edits and promotions. CHAOS_SEED repeats a schedule, CHAOS_STEPS makes it longer;
// `npm run chaos -- --seed N --steps M` does so outside the suite and tells each step.
import { test } from 'node:test';
import { randomInt } from 'node:crypto';
import { runChaos } from '../helpers/chaos/run.ts';

test('whatever fails, pullers converge, lose nothing and never apply what is older or unverified', async (t) => {
  const seed = Number(process.env['CHAOS_SEED'] ?? randomInt(2 ** 31));
  const steps = Number(process.env['CHAOS_STEPS'] ?? 40);
  const lines: string[] = [];
  try {
    await runChaos({ seed, steps, log: (line) => void lines.push(line) });
  } catch (error) {
    t.diagnostic(lines.join('\n'));
    throw new Error(`repeat with CHAOS_SEED=${seed} CHAOS_STEPS=${steps}`, { cause: error });
  }
});
