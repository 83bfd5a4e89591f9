// What the entry of every action does: gives it the process and the toolkit, and ends with its exit code.
import { endWarnings, runnerHost } from './host.ts';
import type { ActionWorld } from './world.ts';

export async function startAction(run: (world: ActionWorld) => Promise<0 | 1>): Promise<void> {
  const cancel = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancel.abort());
  process.exitCode = await run({
    host: runnerHost,
    env: process.env,
    now: Date.now,
    random: Math.random,
    signal: cancel.signal,
  });
  endWarnings();
}
