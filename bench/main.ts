// `npm run bench -- [NAME]... [-o text|json]`: the named benches, or all of them. Each tells ratios against a floor or a
// peer in the same run; absolute numbers are of this machine and this moment.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { run as runPuller } from './puller.ts';
import { run as runRegistry } from './registry.ts';
import type { Measured, Report } from './report.ts';
import { run as runVerify } from './verify.ts';

const benches: Readonly<Record<string, (report: Report) => Promise<void>>> = {
  puller: runPuller,
  registry: runRegistry,
  verify: runVerify,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { output: { type: 'string', short: 'o', default: 'text' } },
});
const isJson = values.output === 'json';
const unknown = positionals.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0 || (!isJson && values.output !== 'text')) {
  process.stderr.write(`usage: npm run bench -- [${Object.keys(benches).join('|')}]... [-o text|json]\n`);
  process.exit(3);
}

const results: Record<string, Record<string, Measured>> = {};
for (const name of positionals.length > 0 ? positionals : Object.keys(benches)) {
  const measured: Record<string, Measured> = {};
  results[name] = measured;
  await benches[name]?.((key, line, data) => {
    measured[key] = data;
    (isJson ? process.stderr : process.stdout).write(`${line}\n`);
  });
}
if (isJson) {
  const machine = { node: process.version, platform: process.platform, cpus: availableParallelism() };
  process.stdout.write(`${JSON.stringify({ machine, results })}\n`);
}
