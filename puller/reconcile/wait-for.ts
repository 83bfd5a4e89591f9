// Waiting for a condition that watch events bring about, without asking the API server.
import { setTimeout as delay } from 'node:timers/promises';

const stepMs = 20;

/** @returns whether the condition came true in time; false also when the signal aborts */
export async function waitFor(
  condition: () => boolean,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < timeoutMs && !signal.aborted; waitedMs += stepMs) {
    if (condition()) return true;
    await delay(stepMs, undefined, { signal }).catch(() => undefined);
  }
  return condition();
}
