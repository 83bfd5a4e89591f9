// A Delivery's conditions from what is known of it. Types are kstatus' (Ready, Reconciling, Stalled) and ours; each
// message starts with the stable code where something was refused or failed.
import { parseDurationMs, type Condition } from '../../src/api/common.ts';
import type { DeliveryStatus } from '../../src/api/delivery.ts';
import { errorMessageOf } from '../../src/errors.ts';
import { pullerLimits } from '../../src/limits.ts';
import type { Failure, Runtime } from '../reconcile/runtime.ts';

/** A code as a condition's reason: `SIGNATURE_MISSING` is `SignatureMissing`. */
export function reasonOf(code: string): string {
  return code
    .toLowerCase()
    .split('_')
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('');
}

type Draft = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/**
 * The conditions of now; unchanged ones keep their transition time.
 * @param nowMs milliseconds since 1970
 * @param monotonicMs monotonic milliseconds, as the runtime's
 */
export function computeConditions(
  runtime: Runtime,
  previous: DeliveryStatus['conditions'],
  { nowMs, monotonicMs }: { readonly nowMs: number; readonly monotonicMs: number },
): readonly Condition[] {
  const observedGeneration = runtime.delivery.metadata.generation;
  const drafts = [
    ready(runtime, monotonicMs),
    ...reconciling(runtime, monotonicMs),
    ...sourceVerified(runtime),
    ...healthy(runtime),
    ...contested(runtime),
  ];
  return drafts.map((draft) => {
    const before = previous?.find(({ type }) => type === draft.type);
    return {
      ...draft,
      message: errorMessageOf(draft.message, pullerLimits.messageLength),
      lastTransitionTime: before?.status === draft.status ? before.lastTransitionTime : formatTime(nowMs),
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
    };
  });
}

/** Times of the Kubernetes API have whole seconds. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Whether objects have been unhealthy for longer than the Delivery's timeout. */
export function isOverdue({ unhealthySinceMs, delivery }: Runtime, monotonicMs: number): boolean {
  return (
    unhealthySinceMs !== undefined && monotonicMs - unhealthySinceMs >= parseDurationMs(delivery.spec.timeout)
  );
}

function ready(runtime: Runtime, monotonicMs: number): Draft {
  const type = 'Ready';
  const { delivery, refusal, failure, outage, record, health, accepted } = runtime;
  const kept = record.isComplete && record.revision !== undefined ? `; ${record.revision} is kept` : '';
  if (delivery.spec.suspend)
    return {
      type,
      status: 'Unknown',
      reason: 'Suspended',
      message: 'nothing is done while spec.suspend is true',
    };
  if (refusal !== undefined)
    return { type, status: 'False', reason: reasonOf(refusal.code), message: `${format(refusal)}${kept}` };
  if (failure !== undefined)
    return { type, status: 'False', reason: reasonOf(failure.code), message: format(failure) };
  if (accepted === undefined) {
    if (outage !== undefined)
      return { type, status: 'False', reason: reasonOf(outage.code), message: `${format(outage)}${kept}` };
    return { type, status: 'Unknown', reason: 'Progressing', message: 'source is being read' };
  }
  if (runtime.isApplying)
    return {
      type,
      status: 'Unknown',
      reason: 'Progressing',
      message: `${accepted.revision} is being applied`,
    };
  if (delivery.spec.wait && !isHealthyEnough(runtime, monotonicMs)) {
    const isFinal = health.state === 'Failed' || isOverdue(runtime, monotonicMs);
    return isFinal
      ? { type, status: 'False', reason: 'HealthCheckFailed', message: `WAIT_TIMEOUT: ${health.message}` }
      : { type, status: 'Unknown', reason: 'Progressing', message: health.message };
  }
  const unwatched = runtime.unwatched.length === 0 ? '' : `; not watched: ${runtime.unwatched.join(', ')}`;
  return {
    type,
    status: 'True',
    reason: 'ReconciliationSucceeded',
    message: `applied ${accepted.revision}${unwatched}`,
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

function reconciling(runtime: Runtime, monotonicMs: number): readonly Draft[] {
  const { delivery, accepted, refusal, failure, health, healthyDigest } = runtime;
  if (delivery.spec.suspend || refusal !== undefined || failure !== undefined || accepted === undefined)
    return [];
  const isSettling =
    health.state === 'InProgress' && accepted.digest !== healthyDigest && !isOverdue(runtime, monotonicMs);
  if (!runtime.isApplying && !isSettling) return [];
  const message = runtime.isApplying ? `applying ${accepted.revision}` : health.message;
  return [{ type: 'Reconciling', status: 'True', reason: 'Progressing', message }];
}

function sourceVerified({ accepted, refusal, outage, isTrusted }: Runtime): readonly Draft[] {
  const type = 'SourceVerified';
  if (refusal !== undefined)
    return [{ type, status: 'False', reason: reasonOf(refusal.code), message: format(refusal) }];
  if (outage !== undefined)
    return [{ type, status: 'Unknown', reason: reasonOf(outage.code), message: format(outage) }];
  if (accepted === undefined || !isTrusted) return [];
  const by = accepted.matched.join(', ');
  const order =
    accepted.promotion === undefined
      ? ''
      : `, promoted to ${accepted.promotion.channel} by sequence ${accepted.promotion.sequence}`;
  return [
    { type, status: 'True', reason: 'Succeeded', message: `${accepted.revision} is signed by ${by}${order}` },
  ];
}

function healthy({ accepted, health, isApplying, delivery }: Runtime): readonly Draft[] {
  if (accepted === undefined || isApplying || delivery.spec.suspend) return [];
  const type = 'Healthy';
  if (health.state === 'Current')
    return [{ type, status: 'True', reason: 'Succeeded', message: 'all objects are healthy' }];
  const isFailed = health.state === 'Failed';
  return [
    {
      type,
      status: isFailed ? 'False' : 'Unknown',
      reason: isFailed ? 'HealthCheckFailed' : 'Progressing',
      message: health.message,
    },
  ];
}

function contested({ contested: keys }: Runtime): readonly Draft[] {
  if (keys.length === 0) return [];
  const message = `${keys.slice(0, 3).join(', ')}${keys.length > 3 ? ` and ${keys.length - 3} more` : ''}: changed again and again by somebody else`;
  return [{ type: 'Contested', status: 'True', reason: 'FightingAnotherController', message }];
}

function format({ code, message }: Failure): string {
  return `${code}: ${message}`;
}
