// Making promotion statements: the next one of a channel, signed and attached; or one that others have begun, signed
// along over the very same bytes. Each is read back from the registry before anyone acts on it.
import { InputError, PromotionError } from '../errors.ts';
import type { ContentStore } from '../oci/content-store.ts';
import type { Digest } from '../oci/digest.ts';
import type { Content } from '../oci/manifest.ts';
import { attachBundle } from '../signing/attach.ts';
import { isKeyless, mismatchOf, type Authority } from '../signing/authority.ts';
import { findCandidates } from '../signing/candidates.ts';
import type { CertificateIdentity } from '../signing/certificate-identity.ts';
import type { KeySigner, Signer } from '../signing/signer.ts';
import { signStatement } from '../signing/sign-statement.ts';
import { formatStatement } from '../signing/statement.ts';
import { searchStatements } from '../signing/verifier.ts';
import { matchAuthorities } from '../trust/authorities.ts';
import { deadlineMsOf } from '../trust/freshness.ts';
import { listStatements, type PromotionRequest } from '../trust/promotion.ts';
import {
  promotionPredicateSchema,
  promotionPredicateType,
  type PromotionPredicate,
  type PromotionStatement,
} from '../trust/promotion-statement.ts';
import type { Ports } from './ports.ts';

export type Attached = {
  readonly statement: PromotionStatement;
  /** How many authorities have yet to sign the same bytes. */
  readonly missingSigners: number;
};

type AttachTo = {
  readonly store: ContentStore;
  readonly wanted: PromotionRequest;
  readonly signer: Signer;
  readonly artifact: Content;
};

/**
 * The predicate after all that is known.
 * @throws PromotionError `SEQUENCE_LIMIT`; InputError `INPUT_INVALID`
 */
export function nextPredicate({
  wanted,
  previous,
  after,
  ...rest
}: {
  readonly wanted: Pick<PromotionRequest, 'repository' | 'channel' | 'epoch'>;
  readonly previous: PromotionStatement | undefined;
  /** The highest sequence that is used up. */
  readonly after: number;
  readonly action: PromotionPredicate['action'];
  readonly issuedAt: string;
  readonly expiresAt: string | undefined;
  readonly note: string | undefined;
}): PromotionPredicate {
  const { repository, channel, epoch } = wanted;
  const sequence = Math.max(previous?.sequence ?? 0, after) + 1;
  if (!Number.isSafeInteger(sequence)) {
    throw new PromotionError('SEQUENCE_LIMIT', 'channel has used its last sequence', {
      hint: 'Raise the epoch in the TrustPolicy and promote with --epoch.',
    });
  }
  const { action, issuedAt, expiresAt, note } = rest;
  return parsePredicate({
    repository,
    channel,
    epoch,
    sequence,
    ...(previous === undefined
      ? {}
      : { previous: { sequence: previous.sequence, digest: previous.subject } }),
    action,
    issuedAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(note === undefined ? {} : { note }),
  });
}

function parsePredicate(predicate: PromotionPredicate): PromotionPredicate {
  const parsed = promotionPredicateSchema.safeParse(predicate);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(
    'INPUT_INVALID',
    `${issue?.path.join('.') ?? 'statement'}: ${issue?.message ?? 'is not valid'}`,
  );
}

/**
 * Signs a statement, attaches it, and reads it back.
 * @throws PromotionError `STATEMENT_MISSING` where the registry does not show it, or its signer does not count
 */
export async function attachStatement(
  to: AttachTo,
  predicate: PromotionPredicate,
  ports: Ports,
): Promise<Attached> {
  const payload = formatStatement(
    to.artifact.descriptor.digest,
    promotionPredicateType,
    parsePredicate(predicate),
  );
  return signAndAttach(to, payload, predicate, ports);
}

/**
 * Signs a statement that others have begun to sign, over the same bytes.
 * @param to.latest the highest sequence that is used up: an older statement is not worth a signature
 * @param to.maxAgeMs milliseconds after which the policy counts a statement as overdue: no cluster would follow it
 * @param digest manifest that carries the statement
 * @throws PromotionError `STATEMENT_MISSING`, `SEQUENCE_REPLAYED`, `STATEMENT_EXPIRED`, `WRONG_*`
 */
export async function cosignStatement(
  to: AttachTo & { readonly latest: number; readonly maxAgeMs: number | undefined },
  digest: Digest,
  ports: Ports,
): Promise<Attached> {
  const { store, wanted, artifact } = to;
  const candidates = await findCandidates(store, artifact.descriptor, ports.signal);
  const only = { ...candidates, found: candidates.found.filter((found) => found.digest === digest) };
  const { quorum } = wanted;
  const list = listStatements(only, { ...wanted, quorum: { ...quorum, threshold: 1 } });
  const [statement] = list.statements;
  if (statement === undefined) {
    const [refusal] = list.refusals;
    if (refusal !== undefined) throw refusal.error;
    const reason = list.rejected.find(({ candidate }) => candidate === digest)?.reason ?? 'is not there';
    throw new PromotionError(
      'STATEMENT_MISSING',
      `statement ${digest} of ${artifact.descriptor.digest} ${reason}`,
      {
        hint: "Give the digest that the first signer's `sealift promote` printed as its statement.",
      },
    );
  }
  if (statement.sequence < to.latest) {
    throw new PromotionError(
      'SEQUENCE_REPLAYED',
      `statement ${digest} has sequence ${statement.sequence}, but ${to.latest} is used already`,
      { hint: 'Let it be promoted anew, and sign that statement.' },
    );
  }
  const times = { maxAgeMs: to.maxAgeMs, latestMs: ports.now() };
  const { deadlineMs } = deadlineMsOf(statement, list.heartbeats, times);
  if (deadlineMs !== undefined && deadlineMs <= times.latestMs) {
    throw new PromotionError(
      'STATEMENT_EXPIRED',
      `statement ${digest} is overdue since ${new Date(deadlineMs).toISOString()}`,
      { hint: 'Let it be promoted anew, and sign that statement.' },
    );
  }
  const [accepted] = searchStatements(only, promotionPredicateType, quorum.authorities).accepted;
  if (accepted === undefined)
    throw new PromotionError('STATEMENT_MISSING', `statement ${digest} is not there`);
  return signAndAttach(to, Buffer.from(accepted.payload), statement, ports);
}

/** What would not count is not attached: it would stay there, and look as if something had been done. */
async function assertMaySign(
  signer: Signer,
  { action }: PromotionPredicate,
  { quorum, channel, heartbeatAuthorities = [] }: PromotionRequest,
  signal?: AbortSignal,
): Promise<void> {
  const isOne = signer.kind === 'key' ? acceptsKey(signer) : acceptsIdentity(await signer.identity(signal));
  const isPromoter = quorum.authorities.some(isOne);
  if (action !== 'heartbeat' && isPromoter) return;
  // The promoters of a channel prolong as they promote: together.
  if (action === 'heartbeat' && (heartbeatAuthorities.some(isOne) || (isPromoter && quorum.threshold === 1)))
    return;
  throw new PromotionError(
    'STATEMENT_MISSING',
    `the signer is no authority whose ${action} would count for channel ${channel}`,
    { hint: 'Sign as an authority of the channel; see which the TrustPolicy names.' },
  );
}

function acceptsKey({ verifyKey }: KeySigner): (authority: Authority) => boolean {
  return (authority) => !isKeyless(authority) && authority.key.hint === verifyKey.hint;
}

function acceptsIdentity(identity: CertificateIdentity): (authority: Authority) => boolean {
  return (authority) => isKeyless(authority) && mismatchOf(authority.keyless, identity) === undefined;
}

async function signAndAttach(
  { store, wanted, signer, artifact }: AttachTo,
  payload: Buffer,
  predicate: PromotionPredicate,
  ports: Ports,
): Promise<Attached> {
  await assertMaySign(signer, predicate, wanted, ports.signal);
  const bytes = await signStatement(signer, payload, ports.signal);
  const bundle = { bytes, predicateType: promotionPredicateType, created: predicate.issuedAt };
  const referrer = await attachBundle(store, artifact.descriptor, bundle, ports.signal);
  const { digest } = referrer.descriptor;
  const candidates = await findCandidates(store, artifact.descriptor, ports.signal);
  const once = { ...wanted, quorum: { ...wanted.quorum, threshold: 1 } };
  const list = listStatements(candidates, once);
  const statement = [...list.statements, ...list.heartbeats].find(
    ({ sequence, issuedAt, action }) =>
      sequence === predicate.sequence && issuedAt === predicate.issuedAt && action === predicate.action,
  );
  const own = list.rejected.find(({ candidate }) => candidate === digest);
  const isListed = candidates.found.some((found) => found.digest === digest);
  if (statement === undefined || own !== undefined || !isListed) {
    const why = isListed ? `it ${own?.reason ?? 'does not count'}` : 'the registry does not list it';
    throw new PromotionError(
      'STATEMENT_MISSING',
      `statement ${digest} was attached to ${artifact.descriptor.digest}, but ${why}`,
      { hint: 'Sign as an authority of the channel; see which the TrustPolicy names.' },
    );
  }
  const { quorum } = wanted;
  const signatures = searchStatements(candidates, promotionPredicateType, quorum.authorities).accepted.filter(
    (accepted) => Buffer.compare(accepted.payload, payload) === 0,
  );
  const missingSigners =
    predicate.action === 'heartbeat'
      ? 0
      : Math.max(0, quorum.threshold - matchAuthorities(quorum, signatures).length);
  ports.log(`attached ${predicate.action} of sequence ${predicate.sequence}`);
  return { statement: { ...statement, statementDigest: digest }, missingSigners };
}
