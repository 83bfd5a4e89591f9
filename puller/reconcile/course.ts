// How the artifact that runs has fared since it was begun: healthy in time, or failed for good, which spec.onFailure
// answers. What must outlive the process stands in the record.
import { pullerLimits } from '../../src/limits.ts';
import { boundsOf } from './bounds.ts';
import type { DetourReason } from './aim.ts';
import { waitsForHealth } from './delivery-plan.ts';
import type { Head } from './record.ts';
import type { Runtime } from './runtime.ts';
import { retryDelayMs } from './schedule.ts';
import { reasonOf } from '../status/draft.ts';

export type Course = {
  /** What the source has shown last and was accepted; undefined until it was read by this process. */
  head: Head | undefined;
  /** When that is overdue; ms since 1970, undefined where nothing sets an end. */
  deadlineMs: number | undefined;
  /** Why something else than that runs, and what the source shows. */
  detour: { readonly reason: DetourReason; readonly head: Head } | undefined;
  /** Why there is no way back, though spec asks for one. */
  note: string | undefined;
  /** Artifacts that were not gone back to since they are refused, and why; until something may have changed that. */
  passedOver: Map<string, string>;
  /** Monotonic ms of the beginning of the apply; unknown after a restart. */
  startedMs: number | undefined;
  /** What came of it, as the history tells it. */
  outcome:
    | {
        readonly digest: string;
        /** Reason of Ready. */
        readonly status: string;
        /** Milliseconds since 1970. */
        readonly atMs: number;
        readonly durationMs: number | undefined;
      }
    | undefined;
  /** Monotonic ms since which the apply fails. */
  failingSinceMs: number | undefined;
  /** Whether it has failed for good, and the look that acts on that was asked for. */
  hasFailed: boolean;
  /** Times that it was applied again whole, and monotonic ms of the next one. */
  retries: number;
  retryAtMs: number | undefined;
};

export function createCourse(): Course {
  return {
    head: undefined,
    deadlineMs: undefined,
    detour: undefined,
    note: undefined,
    passedOver: new Map(),
    startedMs: undefined,
    outcome: undefined,
    failingSinceMs: undefined,
    hasFailed: false,
    retries: 0,
    retryAtMs: undefined,
  };
}

/** Another artifact is begun. */
export function beginCourse(runtime: Runtime, monotonicMs: number): void {
  const { course } = runtime;
  // It has to turn healthy anew, also where it was before another one.
  runtime.healthyDigest = undefined;
  course.startedMs = monotonicMs;
  course.outcome = undefined;
  course.failingSinceMs = undefined;
  course.hasFailed = false;
  course.retries = 0;
  course.retryAtMs = undefined;
}

export type Moment = {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly monotonicMs: number;
  readonly random: () => number;
};

/** Notes what has come of it. Gives whether a look is to act on it now. */
export function followCourse(runtime: Runtime, moment: Moment): boolean {
  const { course, accepted, appliedDigest, isApplying, failure, record, delivery } = runtime;
  if (accepted === undefined || appliedDigest !== accepted.digest || isApplying) return false;
  course.failingSinceMs = failure === undefined ? undefined : (course.failingSinceMs ?? moment.monotonicMs);
  const status = statusOf(runtime, moment.monotonicMs);
  const isNews = noteOutcome(runtime, status, moment);
  if (status === 'ReconciliationSucceeded') {
    course.retries = 0;
    // What may be gone back to must be known after a kill, too.
    return isNews && delivery.spec.onFailure === 'Previous' && record.history?.[0]?.hasSettled !== true;
  }
  return noteFailure(runtime, moment);
}

/** Gives whether what came of it is not what was noted before. */
function noteOutcome(
  { course, accepted, record }: Runtime,
  status: string | undefined,
  { nowMs, monotonicMs }: Moment,
): boolean {
  const entry = record.history?.[0];
  const before = course.outcome?.status ?? entry?.status;
  const isOfEntry = accepted !== undefined && entry?.digest === accepted.digest;
  if (!isOfEntry || status === undefined || status === before) return false;
  const { startedMs } = course;
  const tookMs = startedMs === undefined ? undefined : monotonicMs - startedMs;
  const durationMs = course.outcome?.durationMs ?? tookMs;
  course.outcome = { digest: accepted.digest, status, atMs: nowMs, durationMs };
  return true;
}

/** Gives whether it has just failed for good, and something is to be done about that. */
function noteFailure(runtime: Runtime, { monotonicMs, random }: Moment): boolean {
  const { course, delivery } = runtime;
  const { onFailure } = delivery.spec;
  if (course.hasFailed || onFailure === 'Hold' || !hasFailedForGood(runtime, monotonicMs)) return false;
  course.hasFailed = true;
  if (onFailure === 'Retry') {
    const { retryIntervalMs } = boundsOf(delivery.spec);
    course.retryAtMs = monotonicMs + retryDelayMs(course.retries + 1, retryIntervalMs, random);
  }
  return true;
}

/** Reason of Ready, once there is one; undefined while it is on its way. */
function statusOf(runtime: Runtime, monotonicMs: number): string | undefined {
  const { failure, health, record, delivery } = runtime;
  if (failure !== undefined) return reasonOf(failure.code);
  if (health.state === 'Current' || !waitsForHealth(delivery))
    return record.isComplete ? 'ReconciliationSucceeded' : undefined;
  return health.state === 'Failed' || isOverdue(runtime, monotonicMs) ? 'HealthCheckFailed' : undefined;
}

/** A release that was healthy once has not failed: what is wrong later, the one before would not mend. */
function hasFailedForGood(runtime: Runtime, monotonicMs: number): boolean {
  const { accepted, healthyDigest, record, course, health, delivery } = runtime;
  const entry = record.history?.[0];
  const hasSettled = entry?.digest === accepted?.digest && entry?.hasSettled === true;
  if (hasSettled || healthyDigest === accepted?.digest) return false;
  const { timeoutMs } = boundsOf(delivery.spec);
  const { failingSinceMs } = course;
  if (failingSinceMs !== undefined) return monotonicMs - failingSinceMs >= timeoutMs;
  return health.state === 'Failed' || isOverdue(runtime, monotonicMs);
}

function isOverdue({ unhealthySinceMs, delivery }: Runtime, monotonicMs: number): boolean {
  const { timeoutMs } = boundsOf(delivery.spec);
  return unhealthySinceMs !== undefined && monotonicMs - unhealthySinceMs >= timeoutMs;
}

/** Whether what has failed is to be applied again whole now; if so, its time to turn healthy begins anew. */
export function takeRetry(runtime: Runtime, monotonicMs: number): boolean {
  const { course, delivery } = runtime;
  if (delivery.spec.onFailure !== 'Retry') course.retryAtMs = undefined;
  if (course.retryAtMs === undefined) return false;
  if (monotonicMs < course.retryAtMs) return false;
  course.retryAtMs = undefined;
  course.retries += 1;
  course.hasFailed = false;
  course.failingSinceMs = undefined;
  runtime.unhealthySinceMs = undefined;
  return true;
}

/** When what the source shows is overdue; ms since 1970, undefined where nothing sets an end. */
export function deadlineMsOf({ accepted, course }: Runtime): number | undefined {
  return course.detour === undefined ? accepted?.promotion?.deadlineMs : course.deadlineMs;
}

/** Milliseconds until what has failed is applied again; infinite where it is not. */
export function untilRetryMs({ course }: Runtime, monotonicMs: number): number {
  return course.retryAtMs === undefined
    ? Number.POSITIVE_INFINITY
    : // A look that could not act on it must not be followed by the next at once.
      Math.max(course.retryAtMs - monotonicMs, pullerLimits.retryMinMs);
}
