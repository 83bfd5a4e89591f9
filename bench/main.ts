// `npm run bench -- [NAME]... [-o text|json] [OPTION]...`: the named benches, or all of them. Each tells ratios against a
// floor or a peer in the same run; absolute numbers are of this machine and this moment.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { readClusterOptions, clusterFlags, clusterUsage, type ClusterOptions } from './cluster/options.ts';
import { run as runDrift } from './drift.ts';
import { run as runPublish } from './publish.ts';
import { run as runReconcile } from './reconcile.ts';
import { run as runRegistry } from './registry.ts';
import type { Measured, Report } from './report.ts';
import { run as runScale } from './scale.ts';
import { run as runVerify } from './verify.ts';

/** `only`: parts of a bench that has some. */
type Options = ClusterOptions & { readonly only: readonly string[] };

const benches: Readonly<Record<string, (report: Report, options: Options) => Promise<void>>> = {
  drift: runDrift,
  publish: runPublish,
  reconcile: runReconcile,
  registry: runRegistry,
  scale: runScale,
  verify: runVerify,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: 'string', short: 'o', default: 'text' },
    only: { type: 'string', multiple: true, default: [] },
    ...clusterFlags,
  },
});
const isJson = values.output === 'json';
const unknown = positionals.filter((name) => !Object.hasOwn(benches, name));
const options = readClusterOptions(values);
if (unknown.length > 0 || options === undefined || (!isJson && values.output !== 'text')) {
  const names = Object.keys(benches).join('|');
  process.stderr.write(
    `usage: npm run bench -- [${names}]... [-o text|json] [--only PART]...\n${clusterUsage}`,
  );
  process.exit(3);
}

const results: Record<string, Record<string, Measured>> = {};
for (const name of positionals.length > 0 ? positionals : Object.keys(benches)) {
  const measured: Record<string, Measured> = {};
  results[name] = measured;
  await benches[name]?.(
    (key, line, data) => {
      measured[key] = data;
      (isJson ? process.stderr : process.stdout).write(`${line}\n`);
    },
    { ...options, only: values.only },
  );
}
if (isJson) {
  const machine = { node: process.version, platform: process.platform, cpus: availableParallelism() };
  process.stdout.write(`${JSON.stringify({ machine, results })}\n`);
}
