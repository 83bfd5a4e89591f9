// The rules of promotion: the highest sequence wins, nothing goes back, nothing passes for another repository or
// channel. docs/promotion.md explains them; each refusal names its attack.
import { errorMessageOf, PromotionError, type RejectedCandidate } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { Authority } from '../signing/authority.ts';
import type { Candidates } from '../signing/candidates.ts';
import { searchStatements, uncheckableError, type AcceptedStatement } from '../signing/verifier.ts';
import { matchAuthorities } from './authorities.ts';
import { deadlineMsOf, type Heartbeat } from './freshness.ts';
import type { ChannelRule } from './compiled-policy.ts';
import type { PromotionRule } from './policy.ts';
import {
  promotionPredicateSchema,
  promotionPredicateType,
  type PromotionPredicate,
  type PromotionStatement,
} from './promotion-statement.ts';

/** Which statements are asked for. */
export type PromotionRequest = Pick<PromotionRule, 'repository' | 'channel' | 'epoch' | 'quorum'> & {
  readonly heartbeatAuthorities?: readonly Authority[];
};

/** What a cluster remembers of a channel. */
export type Highest = {
  readonly epoch: number;
  readonly sequence: number;
  readonly digest: Digest;
  /** The latest time of issue of what was accepted, heartbeats included; ms since 1970. */
  readonly issuedAtMs: number;
};

type Refusal = { readonly error: PromotionError; readonly rejected: RejectedCandidate };

/** Statements for a channel among an artifact's candidates, and why others were refused. */
export type StatementList = {
  readonly statements: readonly PromotionStatement[];
  /** Heartbeats of authorities that may prolong; whether there is something to prolong is decided later. */
  readonly heartbeats: readonly Heartbeat[];
  readonly refusals: readonly Refusal[];
  readonly rejected: readonly RejectedCandidate[];
  /** What could not be read, and may hold what is missing. */
  readonly unreadable: readonly RejectedCandidate[];
};

/** All statements about this artifact that are good for this channel; what they order is decided later. */
export function listStatements(candidates: Candidates, request: PromotionRequest): StatementList {
  const { quorum, heartbeatAuthorities = [] } = request;
  // One authority may be of both lists.
  const byName = new Map([...quorum.authorities, ...heartbeatAuthorities].map((one) => [one.name, one]));
  const search = searchStatements(candidates, promotionPredicateType, [...byName.values()]);
  const statements: PromotionStatement[] = [];
  const heartbeats: Heartbeat[] = [];
  const refusals: Refusal[] = [];
  for (const group of groupByPayload(search.accepted)) {
    const outcome = readStatement(group, candidates.subject.digest, request);
    if (outcome instanceof PromotionError) {
      refusals.push({ error: outcome, rejected: { candidate: group[0].candidate, reason: outcome.message } });
    } else if (outcome.action === 'heartbeat') heartbeats.push({ ...outcome, action: outcome.action });
    else statements.push(outcome);
  }
  const rejected = [...search.rejected, ...refusals.map((refusal) => refusal.rejected)];
  return { statements, heartbeats, refusals, rejected, unreadable: search.unreadable };
}

type Group = readonly [AcceptedStatement, ...AcceptedStatement[]];

/** Several signers sign the same bytes; each has a bundle of its own. */
function groupByPayload(accepted: readonly AcceptedStatement[]): readonly Group[] {
  const groups = new Map<string, [AcceptedStatement, ...AcceptedStatement[]]>();
  for (const statement of accepted) {
    const key = Buffer.from(statement.payload).toString('base64');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [statement]);
    else group.push(statement);
  }
  return [...groups.values()];
}

function readStatement(
  group: Group,
  subject: Digest,
  request: PromotionRequest,
): PromotionStatement | PromotionError {
  const [first] = group;
  const parsed = promotionPredicateSchema.safeParse(first.statement.predicate);
  if (!parsed.success || first.statement.subject.length !== 1) {
    return new PromotionError('STATEMENT_MISSING', 'statement is not a promotion of one artifact');
  }
  const refusal = checkSigners(group, parsed.data, request) ?? checkScope(parsed.data, request);
  const signers = matchAuthorities(request.quorum, group).length;
  return refusal ?? { ...parsed.data, subject, statementDigest: first.candidate, signers };
}

/** A heartbeat authority is unattended: it must not be enough to promote ("heartbeat key that promotes"). */
function checkSigners(
  group: Group,
  { action }: PromotionPredicate,
  { quorum, channel, heartbeatAuthorities = [] }: PromotionRequest,
): PromotionError | undefined {
  const matched = matchAuthorities(quorum, group);
  if (matched.length >= quorum.threshold) return undefined;
  if (action === 'heartbeat') {
    const mayProlong = matchAuthorities({ authorities: heartbeatAuthorities, threshold: 1 }, group);
    if (mayProlong.length > 0) return undefined;
  }
  const message = `statement is signed by ${matched.length} of the ${quorum.threshold} authorities that channel ${channel} asks for`;
  return new PromotionError('STATEMENT_MISSING', message);
}

/** The statement is for this place: mix-up of repositories or channels, replay from a former epoch. */
function checkScope(found: PromotionPredicate, wanted: PromotionRequest): PromotionError | undefined {
  if (found.repository !== wanted.repository) {
    return new PromotionError(
      'WRONG_REPOSITORY',
      `statement is for repository ${found.repository}, not ${wanted.repository}`,
    );
  }
  if (found.channel !== wanted.channel) {
    return new PromotionError(
      'WRONG_CHANNEL',
      `statement is for channel ${found.channel}, not ${wanted.channel}`,
    );
  }
  if (found.epoch !== wanted.epoch) {
    return new PromotionError('WRONG_EPOCH', `statement is of epoch ${found.epoch}, not ${wanted.epoch}`);
  }
  return undefined;
}

/** What is promoted, and until when changes to it may be taken. */
export type Decision = {
  readonly statement: PromotionStatement;
  /** Milliseconds since 1970; undefined where nothing sets an end. */
  readonly deadlineMs: number | undefined;
  /** The latest time of issue of the statement and of what prolongs it; ms since 1970. */
  readonly issuedAtMs: number;
};

/**
 * The statement that decides for an artifact that a channel's tag shows.
 * @param rule what the policy asks of the channel
 * @param known what the cluster remembers, and its clock in milliseconds since 1970
 * @throws PromotionError `STATEMENT_MISSING` (bare retag), `WRONG_*`, `SEQUENCE_REPLAYED`, `SEQUENCE_JUMP`,
 *   `EQUIVOCATION`, `STATEMENT_EXPIRED`; VerificationError `SIGNATURE_UNCHECKABLE`
 */
export function decidePromotion(
  list: StatementList,
  subject: Digest,
  rule: Pick<ChannelRule, 'channel' | 'minSequence' | 'maxJump' | 'clockSkewMs' | 'maxAgeMs'>,
  { highest, nowMs }: { readonly highest: Highest | undefined; readonly nowMs: number },
): Decision {
  const statement = highestOf(list.statements);
  if (statement === undefined) throw missingStatement(list, subject, rule.channel);
  if (statement.sequence < rule.minSequence) {
    throw new PromotionError(
      'SEQUENCE_REPLAYED',
      `statement has sequence ${statement.sequence}, below the policy's minSequence ${rule.minSequence}`,
    );
  }
  assertNotBefore(statement, highest);
  assertNoJump(statement, highest, rule);
  // A clock that was set back must not make fresh what is overdue: time never was before what was accepted already.
  const effectiveNowMs = Math.max(nowMs, highest?.issuedAtMs ?? 0);
  // By the clock alone: on top of what was accepted, heartbeats from the future would set the time forward for ever.
  const latestMs = Math.max(nowMs + rule.clockSkewMs, highest?.issuedAtMs ?? 0);
  if (Date.parse(statement.issuedAt) > latestMs) {
    throw new PromotionError(
      'STATEMENT_EXPIRED',
      `statement is issued in the future, at ${statement.issuedAt}`,
      { hint: 'Set the clocks of the promoter and of this cluster.' },
    );
  }
  const { deadlineMs, issuedAtMs } = deadlineMsOf(statement, list.heartbeats, {
    maxAgeMs: rule.maxAgeMs,
    latestMs,
  });
  if (deadlineMs !== undefined && deadlineMs <= effectiveNowMs) {
    const at = new Date(deadlineMs).toISOString();
    throw new PromotionError(
      'STATEMENT_EXPIRED',
      `statement of sequence ${statement.sequence} is overdue since ${at}`,
      { hint: 'Promote the artifact again, or prolong it with `sealift promote --heartbeat`.' },
    );
  }
  return { statement, deadlineMs, issuedAtMs };
}

/** Against what the cluster remembers: "rollback by retag" and "equivocation". */
function assertNotBefore(statement: PromotionStatement, highest: Highest | undefined): void {
  if (highest === undefined || highest.epoch < statement.epoch) return;
  if (highest.epoch > statement.epoch) {
    const message = `statement is of epoch ${statement.epoch}, but this cluster has accepted epoch ${highest.epoch} already`;
    throw new PromotionError('SEQUENCE_REPLAYED', message);
  }
  if (statement.sequence < highest.sequence) {
    throw new PromotionError(
      'SEQUENCE_REPLAYED',
      `statement has sequence ${statement.sequence}, but this cluster has accepted ${highest.sequence} already`,
      { hint: 'To go back, promote the older artifact anew: that makes a statement of a higher sequence.' },
    );
  }
  if (statement.sequence === highest.sequence && statement.subject !== highest.digest) {
    throw new PromotionError(
      'EQUIVOCATION',
      `sequence ${statement.sequence} promotes ${statement.subject}, but promoted ${highest.digest} before`,
      { hint: 'Two promoters raced, or one of their keys is misused; the next promotion settles it.' },
    );
  }
}

/** A stolen key could use up all sequences at once, and lock the true promoter out. First contact is no jump. */
function assertNoJump(
  { sequence, epoch }: PromotionStatement,
  highest: Highest | undefined,
  { maxJump, minSequence }: Pick<ChannelRule, 'maxJump' | 'minSequence'>,
): void {
  if (maxJump === undefined || highest === undefined || highest.epoch !== epoch) return;
  const base = Math.max(highest.sequence, minSequence);
  if (sequence - base <= maxJump) return;
  throw new PromotionError(
    'SEQUENCE_JUMP',
    `statement has sequence ${sequence}, more than ${maxJump} above ${base}`,
    {
      hint: `If that many promotions were made meanwhile, raise promotion.minSequence of the TrustPolicy to ${sequence}.`,
      details: { sequence },
    },
  );
}

/** The statement of the highest sequence; of several, the one whose carrier sorts first. */
export function highestOf(statements: readonly PromotionStatement[]): PromotionStatement | undefined {
  return statements.toSorted(
    (a, b) => b.sequence - a.sequence || (a.statementDigest < b.statementDigest ? -1 : 1),
  )[0];
}

/** A statement that is there but for elsewhere is told apart from none at all. */
function missingStatement(list: StatementList, subject: Digest, channel: string): Error {
  if (list.unreadable.length > 0) return uncheckableError('promotion statement', { digest: subject }, list);
  const wrong = list.refusals.find(({ error }) => error.code !== 'STATEMENT_MISSING') ?? list.refusals[0];
  const hint = `Promote it with \`sealift promote … ${channel}\`; moving the tag is not enough.`;
  if (wrong !== undefined) return new PromotionError(wrong.error.code, wrong.error.message, { hint });
  if (list.heartbeats.length > 0) {
    const message = `only heartbeats refer to ${subject}, which promote nothing`;
    return new PromotionError('STATEMENT_MISSING', message, { hint });
  }
  const reasons = list.rejected
    .map(({ candidate, reason }) => `${candidate.slice(0, 19)} ${reason}`)
    .join('; ');
  return new PromotionError(
    'STATEMENT_MISSING',
    errorMessageOf(
      `no promotion statement for channel ${channel} refers to ${subject}${reasons === '' ? '' : ` (${reasons})`}`,
      900,
    ),
    { hint },
  );
}
