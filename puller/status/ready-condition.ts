// Ready and Reconciling: whether a Delivery is as its spec asks, as `kubectl wait` and kstatus read it.
import { boundsOf } from '../reconcile/bounds.ts';
import { waitsForHealth } from '../reconcile/delivery-plan.ts';
import type { Failure, Runtime } from '../reconcile/runtime.ts';
import { departureNote, terminating } from './prune-conditions.ts';
import { formatFailure, reasonOf, whatRuns, type Draft } from './draft.ts';

const type = 'Ready';

export function ready(runtime: Runtime, monotonicMs: number): Draft {
  const { failure, outage, accepted, uncorrected } = runtime;
  const blocked = whyNothingIsDone(runtime) ?? whyNothingNewIsApplied(runtime);
  if (blocked !== undefined) return blocked;
  if (failure !== undefined) return refused(failure);
  if (accepted === undefined) {
    return outage === undefined ? progressing('source is being read') : refused(outage, whatRuns(runtime));
  }
  if (runtime.isApplying) return progressing(`${accepted.revision} is being applied`);
  const [stuck] = uncorrected.values();
  if (stuck !== undefined) {
    const more = uncorrected.size > 1 ? `; and ${uncorrected.size - 1} more objects` : '';
    return refused(stuck, more);
  }
  return readyByHealth(runtime, accepted.revision, monotonicMs);
}

function whyNothingIsDone(runtime: Runtime): Draft | undefined {
  const { delivery, unreadable } = runtime;
  if (unreadable !== undefined) return refused({ code: 'INPUT_INVALID', message: unreadable });
  if (delivery.spec.suspend) {
    return {
      type,
      status: 'Unknown',
      reason: 'Suspended',
      message: 'nothing is done while spec.suspend is true',
    };
  }
  return terminating(runtime);
}

function whyNothingNewIsApplied(runtime: Runtime): Draft | undefined {
  const { plan, order } = runtime;
  const kept = whatRuns(runtime);
  const refusal = runtime.refusal ?? runtime.distrust;
  if (refusal !== undefined) return refused(refusal, kept);
  if (plan.problem !== undefined) return refused({ code: 'INPUT_INVALID', message: plan.problem }, kept);
  if (order.cycle !== undefined)
    return unready('DependencyCycle', `depends on itself: ${order.cycle}${kept}`);
  if (order.waiting !== undefined) return unready('DependencyNotReady', `${order.waiting.reason}${kept}`);
  return undefined;
}

function refused(found: Failure, more = ''): Draft {
  return unready(reasonOf(found.code), `${formatFailure(found)}${more}`);
}

function unready(reason: string, message: string): Draft {
  return { type, status: 'False', reason, message };
}

function progressing(message: string): Draft {
  return { type, status: 'Unknown', reason: 'Progressing', message };
}

function readyByHealth(runtime: Runtime, revision: string, monotonicMs: number): Draft {
  const { delivery, health, unwatched } = runtime;
  if (waitsForHealth(delivery) && !isHealthyEnough(runtime, monotonicMs)) {
    const isFinal = health.state === 'Failed' || isOverdue(runtime, monotonicMs);
    return isFinal
      ? unready('HealthCheckFailed', `WAIT_TIMEOUT: ${health.message}`)
      : progressing(health.message);
  }
  const note = unwatched.length === 0 ? '' : `; not watched: ${unwatched.join(', ')}`;
  return {
    type,
    status: 'True',
    reason: 'ReconciliationSucceeded',
    message: `applied ${revision}${note}${departureNote(runtime)}`,
  };
}

/** Once healthy, a rolling pod does not take Ready away; failing for good, or for too long, does. */
function isHealthyEnough(runtime: Runtime, monotonicMs: number): boolean {
  const { health, accepted, healthyDigest } = runtime;
  if (health.state === 'Current') return true;
  return (
    health.state === 'InProgress' && accepted?.digest === healthyDigest && !isOverdue(runtime, monotonicMs)
  );
}

/** Absent at rest, and while nothing new is applied: then Ready says why. */
export function reconciling(runtime: Runtime, monotonicMs: number): readonly Draft[] {
  const { delivery, accepted, failure, health, healthyDigest } = runtime;
  const isBlocked = whyNothingIsDone(runtime) ?? whyNothingNewIsApplied(runtime);
  if (isBlocked !== undefined || failure !== undefined || accepted === undefined) return [];
  const isSettling =
    waitsForHealth(delivery) &&
    health.state === 'InProgress' &&
    accepted.digest !== healthyDigest &&
    !isOverdue(runtime, monotonicMs);
  if (!runtime.isApplying && !isSettling) return [];
  const message = runtime.isApplying ? `applying ${accepted.revision}` : health.message;
  return [{ type: 'Reconciling', status: 'True', reason: 'Progressing', message }];
}

/** Whether objects have been unhealthy for longer than the Delivery's timeout. */
function isOverdue({ unhealthySinceMs, delivery }: Runtime, monotonicMs: number): boolean {
  return (
    unhealthySinceMs !== undefined && monotonicMs - unhealthySinceMs >= boundsOf(delivery.spec).timeoutMs
  );
}
