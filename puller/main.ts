#!/usr/bin/env node
// The sealift-puller command.
import { errorCodeOf, errorMessageOf, InputError, isSealiftError } from '../src/errors.ts';
import { pullerUsage, readConfig } from './config.ts';
import { freeWhenIdle } from './idle-memory.ts';
import { createLog } from './log.ts';
import { startProbes } from './probes.ts';
import { runPuller } from './run-puller.ts';

// Errors are answers here as well, and nobody sees more of a stack than its top: capturing deep ones costs time.
Error.stackTraceLimit = 3;

// What is kept of answers is small and lives long: out of a large pool each of them would keep all of it.
Buffer.poolSize = 2048;

const log = createLog((line) => void process.stderr.write(line), Date.now);
const monotonic = (): number => performance.now();

/** Where Node lets programs collect, as in the image. */
function followMemory(signal: AbortSignal): void {
  const { gc } = globalThis;
  if (gc === undefined) return;
  freeWhenIdle({
    cpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    collect: () => gc({ type: 'major', execution: 'async', flavor: 'last-resort' }),
    signal,
  });
}

async function run(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stderr.write(pullerUsage);
    return 0;
  }
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ending.abort());
  try {
    const config = await readConfig(args, process.env, monotonic);
    const probes =
      config.probes === undefined
        ? undefined
        : await startProbes(config.probes, () => !ending.signal.aborted);
    try {
      followMemory(ending.signal);
      await runPuller(config, { log, now: Date.now, monotonic, random: Math.random, signal: ending.signal });
    } finally {
      probes?.close();
    }
    log('info', 'ended');
    return 0;
  } catch (error) {
    if (ending.signal.aborted) return 0;
    const hint = isSealiftError(error) ? error.hint : undefined;
    log('error', errorMessageOf(error), { code: errorCodeOf(error) ?? 'INTERNAL', hint });
    return error instanceof InputError ? 3 : 1;
  }
}

// A puller that has lost its lease must not go on with whatever is still pending.
process.exit(await run(process.argv.slice(2)));
