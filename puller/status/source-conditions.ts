// What is known of the source: who signed what it shows, whether that is still fresh, whether this cluster went back.
import { deadlineMsOf } from '../reconcile/course.ts';
import type { Runtime } from '../reconcile/runtime.ts';
import { formatFailure, formatTime, reasonOf, type Draft } from './draft.ts';

export function sourceVerified({ accepted, refusal, outage, distrust }: Runtime): readonly Draft[] {
  const type = 'SourceVerified';
  if (refusal !== undefined)
    return [{ type, status: 'False', reason: reasonOf(refusal.code), message: formatFailure(refusal) }];
  if (outage !== undefined)
    return [{ type, status: 'Unknown', reason: reasonOf(outage.code), message: formatFailure(outage) }];
  if (accepted === undefined) return [];
  if (distrust !== undefined)
    return [{ type, status: 'False', reason: reasonOf(distrust.code), message: formatFailure(distrust) }];
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
export function fresh(runtime: Runtime, nowMs: number): readonly Draft[] {
  const type = 'Fresh';
  const { overdue } = runtime;
  const deadlineMs = deadlineMsOf(runtime);
  if (overdue !== undefined)
    return [{ type, status: 'False', reason: reasonOf(overdue.code), message: formatFailure(overdue) }];
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
export function rolledBack({ accepted, course, health, healthyDigest }: Runtime): readonly Draft[] {
  if (accepted !== undefined && course.detour !== undefined) {
    const { reason, head } = course.detour;
    const why = reason === 'AskedBySpec' ? 'as spec.rollbackTo asks' : 'which did not turn healthy here';
    const isUnhealthy = course.hasFailed || (health.state === 'Failed' && healthyDigest !== accepted.digest);
    const fate = isUnhealthy ? '; it is not healthy, either, and stays' : '';
    const message = `${accepted.revision} runs instead of ${head.revision}, ${why}${fate}`;
    return [{ type: 'RolledBackLocally', status: 'True', reason, message }];
  }
  if (accepted?.rolledBackFrom === undefined) return [];
  const message = `${accepted.digest} runs instead of what sequence ${accepted.rolledBackFrom} promotes, until the next one`;
  return [{ type: 'RolledBackLocally', status: 'True', reason: 'AskedByAnnotation', message }];
}
