// What the runner starts: gives verify the process and the toolkit, and ends with its exit code.
import { runnerHost } from '../shared/host.ts';
import { run } from './main.ts';

const cancel = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancel.abort());

process.exitCode = await run({
  host: runnerHost,
  env: process.env,
  now: Date.now,
  random: Math.random,
  signal: cancel.signal,
});
