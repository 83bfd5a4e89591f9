// The rules of promotion: the highest sequence wins, nothing goes back, nothing passes for another repository or
// channel. docs/promotion.md explains them; each refusal names its attack.
import { errorMessageOf, PromotionError, type RejectedCandidate } from '../errors.ts';
import { signingLimits } from '../limits.ts';
import type { Digest } from '../oci/digest.ts';
import {
  searchStatements,
  uncheckableError,
  type AcceptedStatement,
  type Candidates,
} from '../signing/verifier.ts';
import { matchAuthorities, type Quorum } from './authorities.ts';
import {
  promotionPredicateSchema,
  promotionPredicateType,
  type PromotionPredicate,
  type PromotionStatement,
} from './promotion-statement.ts';

/** Which statements are asked for. */
export type PromotionRequest = {
  readonly repository: string;
  readonly channel: string;
  readonly epoch: number;
  readonly quorum: Quorum;
};

/** What a cluster remembers of a channel. */
export type Highest = { readonly epoch: number; readonly sequence: number; readonly digest: Digest };

type Refusal = { readonly error: PromotionError; readonly rejected: RejectedCandidate };

/** Statements for a channel among an artifact's candidates, and why others were refused. */
export type StatementList = {
  readonly statements: readonly PromotionStatement[];
  readonly refusals: readonly Refusal[];
  readonly rejected: readonly RejectedCandidate[];
  /** What could not be read, and may hold what is missing. */
  readonly unreadable: readonly RejectedCandidate[];
};

/** All statements about this artifact that are good for this channel; what they order is decided later. */
export function listStatements(candidates: Candidates, request: PromotionRequest): StatementList {
  const keys = request.quorum.authorities.map(({ key }) => key);
  const search = searchStatements(candidates, promotionPredicateType, keys);
  const statements: PromotionStatement[] = [];
  const refusals: Refusal[] = [];
  for (const group of groupByPayload(search.accepted)) {
    const outcome = readStatement(group, candidates.subject.digest, request);
    if (outcome instanceof PromotionError) {
      refusals.push({ error: outcome, rejected: { candidate: group[0].candidate, reason: outcome.message } });
    } else statements.push(outcome);
  }
  const rejected = [...search.rejected, ...refusals.map((refusal) => refusal.rejected)];
  return { statements, refusals, rejected, unreadable: search.unreadable };
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
  // A heartbeat only extends: what it extends is not followed yet, so it promotes nothing.
  if (parsed.data.action === 'heartbeat') {
    return new PromotionError('STATEMENT_MISSING', 'statement is a heartbeat, which promotes nothing');
  }
  const matched = matchAuthorities(
    request.quorum,
    group.map(({ key }) => key),
  );
  if (matched.length < request.quorum.threshold) {
    const message = `statement is signed by ${matched.length} of the ${request.quorum.threshold} authorities that channel ${request.channel} asks for`;
    return new PromotionError('STATEMENT_MISSING', message);
  }
  const mismatch = checkScope(parsed.data, request);
  return mismatch ?? { ...parsed.data, subject, statementDigest: first.candidate };
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

/**
 * The statement that decides for an artifact that a channel's tag shows.
 * @param nowMs milliseconds since 1970
 * @throws PromotionError `STATEMENT_MISSING` (bare retag), `WRONG_*`, `SEQUENCE_REPLAYED`, `SEQUENCE_LIMIT`,
 *   `EQUIVOCATION`, `STATEMENT_EXPIRED`
 */
export function decidePromotion(
  list: StatementList,
  {
    subject,
    channel,
    minSequence,
    highest,
    nowMs,
  }: {
    readonly subject: Digest;
    readonly channel: string;
    readonly minSequence: number;
    readonly highest: Highest | undefined;
    readonly nowMs: number;
  },
): PromotionStatement {
  const statement = highestOf(list.statements);
  if (statement === undefined) throw missingStatement(list, subject, channel);
  if (statement.sequence < minSequence) {
    throw new PromotionError(
      'SEQUENCE_REPLAYED',
      `statement has sequence ${statement.sequence}, below the policy's minSequence ${minSequence}`,
    );
  }
  assertNotBefore(statement, highest);
  if (Date.parse(statement.issuedAt) > nowMs + signingLimits.clockSkewMs) {
    throw new PromotionError(
      'STATEMENT_EXPIRED',
      `statement is issued in the future, at ${statement.issuedAt}`,
      {
        hint: 'Set the clocks of the promoter and of this cluster.',
      },
    );
  }
  if (statement.expiresAt !== undefined && Date.parse(statement.expiresAt) <= nowMs) {
    throw new PromotionError(
      'STATEMENT_EXPIRED',
      `statement of sequence ${statement.sequence} expired at ${statement.expiresAt}`,
      {
        hint: 'Promote the artifact again.',
      },
    );
  }
  return statement;
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

/** The statement of the highest sequence; of several, the one whose carrier sorts first. */
export function highestOf(statements: readonly PromotionStatement[]): PromotionStatement | undefined {
  return statements.toSorted(
    (a, b) => b.sequence - a.sequence || (a.statementDigest < b.statementDigest ? -1 : 1),
  )[0];
}

/** A statement that is there but for elsewhere is told apart from none at all. */
function missingStatement(list: StatementList, subject: Digest, channel: string): Error {
  if (list.unreadable.length > 0)
    return uncheckableError('promotion statement', { digest: subject }, list.unreadable);
  const wrong = list.refusals.find(({ error }) => error.code !== 'STATEMENT_MISSING') ?? list.refusals[0];
  const hint = `Promote it with \`sealift promote … ${channel}\`; moving the tag is not enough.`;
  if (wrong !== undefined) return new PromotionError(wrong.error.code, wrong.error.message, { hint });
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
