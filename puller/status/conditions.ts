// A Delivery's conditions from what is known of it. Types are kstatus' (Ready, Reconciling) and ours; each
// message starts with the stable code where something was refused or failed.
import type { Condition } from '../../src/api/common.ts';
import type { DeliveryStatus } from '../../src/api/delivery-status.ts';
import { errorMessageOf } from '../../src/errors.ts';
import { pullerLimits } from '../../src/limits.ts';
import { boundsOf } from '../reconcile/bounds.ts';
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
    ...fresh(runtime, nowMs),
    ...rolledBack(runtime),
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
function isOverdue({ unhealthySinceMs, delivery }: Runtime, monotonicMs: number): boolean {
  return (
    unhealthySinceMs !== undefined && monotonicMs - unhealthySinceMs >= boundsOf(delivery.spec).timeoutMs
  );
}

function ready(runtime: Runtime, monotonicMs: number): Draft {
  const type = 'Ready';
  const { delivery, failure, outage, accepted, unreadable, uncorrected } = runtime;
  const refused = (found: Failure, more = ''): Draft => ({
    type,
    status: 'False',
    reason: reasonOf(found.code),
    message: `${format(found)}${more}`,
  });
  if (unreadable !== undefined) return refused({ code: 'INPUT_INVALID', message: unreadable });
  if (delivery.spec.suspend) {
    return {
      type,
      status: 'Unknown',
      reason: 'Suspended',
      message: 'nothing is done while spec.suspend is true',
    };
  }
  const refusal = runtime.refusal ?? runtime.distrust;
  if (refusal !== undefined) return refused(refusal, whatRuns(runtime));
  if (failure !== undefined) return refused(failure);
  if (accepted === undefined) {
    if (outage !== undefined) return refused(outage, whatRuns(runtime));
    return { type, status: 'Unknown', reason: 'Progressing', message: 'source is being read' };
  }
  if (runtime.isApplying) {
    return {
      type,
      status: 'Unknown',
      reason: 'Progressing',
      message: `${accepted.revision} is being applied`,
    };
  }
  const [stuck] = uncorrected.values();
  if (stuck !== undefined) {
    const more = uncorrected.size > 1 ? `; and ${uncorrected.size - 1} more objects` : '';
    return refused(stuck, more);
  }
  return readyByHealth(runtime, accepted.revision, monotonicMs);
}

function readyByHealth(runtime: Runtime, revision: string, monotonicMs: number): Draft {
  const type = 'Ready';
  const { delivery, health, unwatched } = runtime;
  if (delivery.spec.wait && !isHealthyEnough(runtime, monotonicMs)) {
    const isFinal = health.state === 'Failed' || isOverdue(runtime, monotonicMs);
    return isFinal
      ? { type, status: 'False', reason: 'HealthCheckFailed', message: `WAIT_TIMEOUT: ${health.message}` }
      : { type, status: 'Unknown', reason: 'Progressing', message: health.message };
  }
  const note = unwatched.length === 0 ? '' : `; not watched: ${unwatched.join(', ')}`;
  return { type, status: 'True', reason: 'ReconciliationSucceeded', message: `applied ${revision}${note}` };
}

/** What is true of the objects in the cluster while something else is refused. */
function whatRuns({ record, accepted, distrust }: Runtime): string {
  if (record.appliedRevision === undefined) return '';
  const isKept = accepted !== undefined && distrust === undefined;
  return `; ${record.appliedRevision} ${isKept ? 'is kept' : 'stays as it is and is not corrected'}`;
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

function sourceVerified({ accepted, refusal, outage, distrust }: Runtime): readonly Draft[] {
  const type = 'SourceVerified';
  if (refusal !== undefined)
    return [{ type, status: 'False', reason: reasonOf(refusal.code), message: format(refusal) }];
  if (outage !== undefined)
    return [{ type, status: 'Unknown', reason: reasonOf(outage.code), message: format(outage) }];
  if (accepted === undefined) return [];
  if (distrust !== undefined)
    return [{ type, status: 'False', reason: reasonOf(distrust.code), message: format(distrust) }];
  if (accepted.matched.length === 0) return [unverified(accepted)];
  const by = accepted.matched.join(', ');
  const order =
    accepted.promotion === undefined
      ? ''
      : `, promoted to ${accepted.promotion.channel} by sequence ${accepted.promotion.sequence}`;
  return [
    { type, status: 'True', reason: 'Succeeded', message: `${accepted.revision} is signed by ${by}${order}` },
  ];
}

/** Let through without anybody's signature, as the puller's option or a policy that only audits has it. */
function unverified({ revision, warnings }: NonNullable<Runtime['accepted']>): Draft {
  const type = 'SourceVerified';
  const [warning] = warnings;
  return warning === undefined
    ? {
        type,
        status: 'False',
        reason: 'Unverified',
        message: `${revision} is taken unverified: no TrustPolicy matches`,
      }
    : {
        type,
        status: 'False',
        reason: 'AuditRefused',
        message: `${revision} is let through, but ${warning}`,
      };
}

/** Overdue is told apart from refused: nothing is wrong with what runs, but nobody has confirmed it for too long. */
function fresh({ accepted, overdue }: Runtime, nowMs: number): readonly Draft[] {
  const type = 'Fresh';
  const deadlineMs = accepted?.promotion?.deadlineMs;
  if (overdue !== undefined)
    return [{ type, status: 'False', reason: reasonOf(overdue.code), message: format(overdue) }];
  if (deadlineMs === undefined) return [];
  const at = formatTime(deadlineMs);
  return deadlineMs <= nowMs
    ? [
        {
          type,
          status: 'False',
          reason: 'StatementExpired',
          message: `STATEMENT_EXPIRED: overdue since ${at}`,
        },
      ]
    : [{ type, status: 'True', reason: 'Succeeded', message: `promotion is fresh until ${at}` }];
}

/** An alarm as long as this cluster runs something else than what was promoted. */
function rolledBack({ accepted }: Runtime): readonly Draft[] {
  if (accepted?.rolledBackFrom === undefined) return [];
  const message = `${accepted.digest} runs instead of what sequence ${accepted.rolledBackFrom} promotes, until the next one`;
  return [{ type: 'RolledBackLocally', status: 'True', reason: 'AskedByAnnotation', message }];
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
