// When a Delivery is looked at next: after a failure soon and then ever later, else when its source, its safety net, its
// promotion or a hold is due.
import { pullerLimits } from '../../src/limits.ts';
import type { Services } from '../services.ts';
import { isStalled } from '../status/stalled.ts';
import { boundsOf } from './bounds.ts';
import { deadlineMsOf, untilRetryMs } from './course.ts';
import { untilHoldEndsMs } from './holds.ts';
import type { Runtime } from './runtime.ts';
import { intervalDelayMs, retryDelayMs } from './schedule.ts';

export type NextLook = {
  /** Milliseconds until everything is to be verified and applied again. */
  readonly untilNetMs: number;
  readonly random: () => number;
};

/** Milliseconds until the next look; undefined where only an event asks for one. Counts failures in a row. */
export function nextLookMs(services: Services, runtime: Runtime, next: NextLook): number | undefined {
  const { deletionTimestamp } = runtime.delivery.metadata;
  const hasFailed = runtime.failure !== undefined || runtime.outage !== undefined;
  if (deletionTimestamp !== undefined) return nextEndMs(services, runtime, { ...next, hasFailed });
  // What only a change mends is not tried again before there is one.
  const mayHelp = hasFailed && !isStalled(runtime);
  runtime.attempts = mayHelp ? runtime.attempts + 1 : 0;
  if (runtime.delivery.spec.suspend) return undefined;
  const { sourceIntervalMs } = boundsOf(runtime.delivery.spec);
  return Math.min(
    intervalDelayMs(sourceIntervalMs, runtime.looks.count <= 1, next.random),
    mayHelp ? retryMs(runtime, next.random) : Math.max(next.untilNetMs, pullerLimits.retryMinMs),
    untilOverdueMs(runtime, services.now()),
    untilHoldEndsMs(services, runtime),
    untilRetryMs(runtime, services.monotonic()),
  );
}

/** Of a Delivery that is being deleted. */
function nextEndMs(
  { monotonic }: Services,
  runtime: Runtime,
  { hasFailed, random }: NextLook & { readonly hasFailed: boolean },
): number | undefined {
  runtime.attempts = hasFailed ? runtime.attempts + 1 : 0;
  if (hasFailed) return retryMs(runtime, random);
  const { terminationDeadlineMs } = runtime;
  if (terminationDeadlineMs === undefined) return undefined;
  const leftMs = Math.max(terminationDeadlineMs - monotonic(), 0);
  // Watches tell of the end sooner; of kinds that are not watched nothing else does.
  return Math.min(leftMs + 50, pullerLimits.terminationLookMs);
}

function retryMs({ delivery, attempts }: Runtime, random: () => number): number {
  return retryDelayMs(attempts, boundsOf(delivery.spec).retryIntervalMs, random);
}

/**
 * Time until what is promoted is overdue, so that it is told when it is. Infinite where it has no end, and once a look has
 * begun after it: what that look could not tell is not told by looking every second.
 */
function untilOverdueMs(runtime: Runtime, nowMs: number): number {
  const deadlineMs = deadlineMsOf(runtime);
  if (deadlineMs === undefined || runtime.overdue !== undefined || runtime.looks.begunMs >= deadlineMs)
    return Number.POSITIVE_INFINITY;
  return Math.max(deadlineMs - nowMs, 0) + pullerLimits.retryMinMs;
}
