// `npm run chaos -- [--seed N] [--steps M] [--runs K]`: runs of chaos one after the other, each with the next seed, with
// every step told.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runChaos } from './run.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, steps: { type: 'string' }, runs: { type: 'string' } },
});
const firstSeed = Number(values.seed ?? randomInt(2 ** 31));
const steps = Number(values.steps ?? 200);
const startedMs = performance.now();
const log = (line: string): void =>
  void process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(7)} ${line}\n`);

for (let run = 0; run < Number(values.runs ?? 1); run += 1) {
  const seed = firstSeed + run;
  log(`seed ${seed}, ${steps} steps`);
  try {
    await runChaos({ seed, steps, log });
  } catch (error) {
    log(`failed: repeat with --seed ${seed} --steps ${steps}`);
    throw error;
  }
}
