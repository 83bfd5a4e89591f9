// Waiting on conditions, never on time: a short poll with a deadline that tells what was seen last.
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessageOf } from '../../src/errors.ts';
import { ControlPlaneError } from './errors.ts';

const pollMs = 50;

export type WaitOptions = {
  /** Completes "waited 60 s for ...". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Throws when waiting on is pointless. */
  readonly assertPossible?: () => Promise<void>;
};

/** Polls until `condition` is true; an error of it counts as "not yet". */
export async function waitUntil(condition: () => Promise<boolean>, options: WaitOptions): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  let lastError: unknown;
  for (;;) {
    options.signal?.throwIfAborted();
    await options.assertPossible?.();
    try {
      if (await condition()) return;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > deadline) {
      const seen = lastError === undefined ? '' : `: ${errorMessageOf(lastError, 200)}`;
      const text = `waited ${Math.round(options.timeoutMs / 1000)} s for ${options.what}${seen}`;
      throw new ControlPlaneError('START_TIMEOUT', text, { cause: lastError });
    }
    await delay(pollMs);
  }
}
