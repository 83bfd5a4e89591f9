// Which artifact a Delivery is to run: what its source shows, or one before it, by spec.rollbackTo or since the shown one
// did not turn healthy here. Decided from the record, so that a restart decides the same.
import type { DeliverySpec } from '../../src/api/delivery.ts';
import type { PromotionRule } from '../../src/trust/policy.ts';
import type { DeliveryRecord, Head, HistoryEntry } from './record.ts';

/** Why another artifact than the shown one runs. */
export type DetourReason = 'AskedBySpec' | 'ReleaseFailed';

/** What the record is to remember of it. */
export type Marks = Pick<DeliveryRecord, 'rollback' | 'failed'>;

export type Aim = { readonly marks: Marks } & (
  | {
      readonly kind: 'head';
      /** Why there is no way back, though one is asked for. */ readonly note?: string;
    }
  | { readonly kind: 'back'; readonly reason: DetourReason; readonly entry: HistoryEntry }
  /** What runs stays. */
  | { readonly kind: 'refused'; readonly message: string }
);

export type AimRequest = {
  /** What the source shows. */
  readonly head: Head;
  readonly spec: Pick<DeliverySpec, 'rollbackTo' | 'onFailure'>;
  readonly record: Pick<DeliveryRecord, 'history' | 'rollback' | 'failed'>;
  /** Canonical URL of the source. */
  readonly url: string;
  /** Value of the reconcile request annotation. */
  readonly requestedAt: string | undefined;
  /** Digests of the history that are refused by now, and why. */
  readonly refused?: ReadonlyMap<string, string>;
  /** What the policies that enforce say of promotions. */
  readonly rules: readonly Pick<PromotionRule, 'channel' | 'mayRollBackLocally'>[];
};

export function chooseAim(request: AimRequest): Aim {
  const { head, rules } = request;
  const marks = marksOf(request);
  const digest = request.spec.rollbackTo?.digest;
  const hasEnded = rules.length > 0 && marks.rollback !== undefined && isAnother(head, marks.rollback.head);
  if (digest === head.digest) return { kind: 'head', marks };
  if (digest !== undefined && !hasEnded) return aimBySpec(request, digest, marks);
  if (marks.failed !== undefined) return aimAfterFailure(request, marks);
  if (!hasEnded) return { kind: 'head', marks };
  return { kind: 'head', marks, note: `spec.rollbackTo has ended with sequence ${sequenceOf(head) ?? ''}` };
}

/** What of the record still holds. */
function marksOf({ head, spec, record, requestedAt }: AimRequest): Marks {
  const { rollback, failed } = record;
  const isSame = failed?.head.digest === head.digest && sequenceOf(failed.head) === sequenceOf(head);
  const isFailed = isSame && failed.requestedAt === requestedAt && spec.onFailure === 'Previous';
  const isAsked = rollback !== undefined && rollback.digest === spec.rollbackTo?.digest;
  return { ...(isAsked ? { rollback } : {}), ...(isFailed ? { failed } : {}) };
}

function aimBySpec(request: AimRequest, digest: string, marks: Marks): Aim {
  const { head, record, url } = request;
  const entry = record.history?.find((one) => one.digest === digest && one.url === url);
  const refused = (why: string): Aim => ({
    kind: 'refused',
    marks,
    message: `${digest} is not gone back to: ${why}`,
  });
  if (entry === undefined) return refused('it is not in the history of this source');
  if (!entry.isHealthy) return refused('it was never seen healthy here');
  const why = refusalOf(request, entry);
  if (why !== undefined) return refused(why);
  return {
    kind: 'back',
    reason: 'AskedBySpec',
    entry,
    marks: { ...marks, rollback: marks.rollback ?? { digest: entry.digest, head } },
  };
}

/** One that is refused by now makes room for the one before it, as far as policy allows that. */
function aimAfterFailure(request: AimRequest, marks: Marks): Aim {
  const { refused } = request;
  const former = healthyBefore(request);
  const entry = former.find(({ digest }) => refused?.has(digest) !== true);
  const why = entry === undefined ? undefined : refusalOf(request, entry);
  if (entry !== undefined && why === undefined)
    return { kind: 'back', reason: 'ReleaseFailed', entry, marks };
  const [last] = former;
  if (last === undefined) return { kind: 'head', marks, note: 'nothing before it was healthy here' };
  return {
    kind: 'head',
    marks,
    note: `${last.digest} is not gone back to: ${refused?.get(last.digest) ?? why ?? ''}`,
  };
}

/** Those that were healthy before what the source shows, the last one first. */
function healthyBefore({ head, record, url }: AimRequest): readonly HistoryEntry[] {
  const { history = [] } = record;
  return history.filter((one) => one.isHealthy && one.digest !== head.digest && one.url === url);
}

/**
 * Under a promotion a Delivery gets no more than a cluster admin by annotation: one step back, in the same channel, and
 * not from what is a way back itself, or two of them would undo each other ("rollback by a tenant").
 */
function refusalOf(request: AimRequest, entry: HistoryEntry): string | undefined {
  const { head, rules } = request;
  if (rules.length === 0) return undefined;
  if (!rules.every(({ mayRollBackLocally }) => mayRollBackLocally))
    return "ROLLBACK_NOT_ALLOWED: the policy's localRollback is Never";
  if (head.promotion?.isRollback === true)
    return 'ROLLBACK_NOT_ALLOWED: what is promoted is a rollback itself';
  if (!rules.every(({ channel }) => entry.promotion?.channel === channel))
    return 'ROLLBACK_NOT_ALLOWED: it was not promoted to this channel';
  if (entry.digest !== healthyBefore(request)[0]?.digest)
    return 'ROLLBACK_NOT_ALLOWED: the policy allows just the one that was healthy last';
  return undefined;
}

/** Under a promotion, what is accepted never goes back in an epoch; in the next one sequences begin anew. */
function isAnother(head: Head, begun: Head): boolean {
  return sequenceOf(head) !== sequenceOf(begun) || head.digest !== begun.digest;
}

function sequenceOf({ promotion }: Head): number | undefined {
  return promotion?.sequence;
}
