// From a Delivery's source to an artifact that policy accepts: match the policies, resolve the tag once, judge the
// digest, read the layer, remember the promotion. Everything works on the digest.
import type { TransformName } from '../../src/api/trust-policy.ts';
import { ArchiveError, ContentError, isSealiftError, KubeError, RegistryError } from '../../src/errors.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { transformsOf } from '../../src/render/transforms.ts';
import { findCandidates, type Candidates } from '../../src/signing/candidates.ts';
import type { CompiledPolicy } from '../../src/trust/compiled-policy.ts';
import { assertAccepted, judge, type Verdict } from '../../src/trust/judge.ts';
import { requirementsFor, type Requirement } from '../../src/trust/policy.ts';
import type { AcceptedArtifact, AcceptRequest, PromotionSummary } from './accepted-artifact.ts';
import { rollbackTarget } from './local-rollback.ts';
import type { Promoted } from './promotion-records.ts';
import { readArtifact, type Judged } from './read-artifact.ts';

/** Writers of one PromotionRecord that may be first before it is given up for this look. */
const raiseTries = 4;

/**
 * Accepts what a tag shows now.
 * @throws SealiftError with the code of the refusal
 */
export async function acceptTag(request: AcceptRequest): Promise<AcceptedArtifact> {
  // The match comes before the first byte is sent.
  requirementsOf(request);
  const { source, signal, range } = request;
  const tag = range === undefined ? request.tag : range.pick(await source.tags(signal));
  const manifest = await source.resolve(tag, signal);
  request.onResolved(manifest.descriptor.digest);
  const candidates = await findCandidates(source, manifest.descriptor, signal);
  const judged = judgeTag(request, candidates);
  const { promotion } = judged.verdict;
  const summary = promotion && summaryOf(promotion);
  const accepted = await readArtifact(request, manifest, candidates, { ...judged, promotion: summary, tag });
  // Before anything is applied: a crash from here on must not open the way back.
  if (promotion !== undefined) await raise(request, candidates, promotedBy(promotion));
  return promotion === undefined ? accepted : rollBackLocally(request, accepted, promotion);
}

/** A cluster admin may return to the artifact before, where the policy allows it, until the next sequence. */
async function rollBackLocally(
  request: AcceptRequest,
  accepted: AcceptedArtifact,
  { statement, rule }: Decided,
): Promise<AcceptedArtifact> {
  const from = request.records.rollbackFrom(rule.repository, rule.channel);
  if (from !== statement.sequence) return accepted;
  const notAllowed = (reason: string): AcceptedArtifact => {
    const warning = `ROLLBACK_NOT_ALLOWED: sequence ${from} is not rolled back here: ${reason}`;
    return { ...accepted, warnings: [...accepted.warnings, warning] };
  };
  const target = rollbackTarget(statement, rule, request.healthy);
  if (typeof target === 'string') return notAllowed(target);
  try {
    const former = await acceptApplied(request, target.digest, { ...target, isRollback: true });
    return { ...former, rolledBackFrom: from };
  } catch (error) {
    // An outage is tried again; a refusal of the artifact before is none of the one that is promoted.
    if (!isSealiftError(error) || error.retryable || error instanceof RegistryError) throw error;
    return notAllowed(`${error.code}: ${error.message}`);
  }
}

/**
 * Accepts a digest that this cluster applied before, to keep it after a restart or to go back to it: signatures and
 * promotion must still be good. What is kept of it is read first, then the source. Whether the channel has moved on is
 * decided apart from it, by {@link acceptTag}.
 * @throws SealiftError with the code of the refusal
 */
export async function acceptApplied(
  request: AcceptRequest,
  digest: Digest,
  recorded: PromotionSummary | undefined,
): Promise<AcceptedArtifact> {
  const { stored, signal } = request;
  let refusal: unknown;
  try {
    const source = await stored?.(digest);
    if (source !== undefined) return await acceptDigest({ ...request, source }, digest, recorded);
  } catch (error) {
    if (signal.aborted) throw error;
    if (isDamage(error)) await request.onDamaged?.(digest);
    else refusal = error;
  }
  try {
    return await acceptDigest(request, digest, recorded);
  } catch (error) {
    // The source may have other signatures than were kept; where it can't be asked, the refusal tells more.
    throw refusal !== undefined && isSealiftError(error) && error.retryable ? refusal : error;
  }
}

/** What is kept was complete once: what is missing or unreadable now was lost or changed on the volume. */
function isDamage(error: unknown): boolean {
  if (isSealiftError(error) && error.code === 'SIGNATURE_UNCHECKABLE') return true;
  // A stream shows that it was changed only at its end; what unpacks it may stumble before.
  return error instanceof ArchiveError || (error instanceof ContentError && damages.has(error.code));
}

const damages: ReadonlySet<string> = new Set([
  'CONTENT_MISSING',
  'DIGEST_MISMATCH',
  'LAYOUT_INVALID',
  'MANIFEST_INVALID',
  'SIZE_MISMATCH',
]);

async function acceptDigest(
  request: AcceptRequest,
  digest: Digest,
  recorded: PromotionSummary | undefined,
): Promise<AcceptedArtifact> {
  requirementsOf(request);
  const manifest = await request.source.resolve(digest, request.signal);
  const candidates = await findCandidates(request.source, manifest.descriptor, request.signal);
  const requirements = requirementsOf(request);
  const verdict = judgeRunning(requirements, candidates, {
    transforms: transformsOf(request.transforms),
    sequence: recorded?.sequence,
  });
  return readArtifact(request, manifest, candidates, { requirements, verdict, promotion: recorded });
}

/**
 * Judges what runs by the policies of now, with what came with it; asks nobody. What runs is not put out by time: an
 * expired statement, or a higher one elsewhere, holds changes, not this.
 * @throws SealiftError with the code of the refusal
 */
export function rejudge(
  { basis, promotion }: AcceptedArtifact,
  policies: readonly CompiledPolicy[],
  { mayBeUnverified }: { readonly mayBeUnverified: boolean },
): void {
  const requirements = requirementsFor(policies, basis.followed, { mayBeUnverified });
  const { transforms, candidates } = basis;
  judgeRunning(requirements, candidates, { transforms, sequence: promotion?.sequence });
}

/** @throws SealiftError with the code of the refusal */
function judgeRunning(
  requirements: readonly Requirement[],
  candidates: Candidates,
  {
    transforms,
    sequence,
  }: { readonly transforms: ReadonlySet<TransformName>; readonly sequence: number | undefined },
): Verdict {
  const verdict = judge(requirements, candidates, {
    highest: () => undefined,
    nowMs: 0,
    transforms,
    running: { sequence },
  });
  assertAccepted(verdict);
  return verdict;
}

function requirementsOf(request: AcceptRequest): readonly Requirement[] {
  const { mayBeUnverified } = request;
  return requirementsFor(request.policies(), request, { mayBeUnverified });
}

/** @throws SealiftError with the code of the refusal */
function judgeTag(request: AcceptRequest, candidates: Candidates): Judged {
  const requirements = requirementsOf(request);
  const verdict = judge(requirements, candidates, {
    highest: (repository, channel) => request.records.highest(repository, channel),
    nowMs: request.now(),
    transforms: transformsOf(request.transforms),
  });
  assertAccepted(verdict);
  return { requirements, verdict };
}

/** Another Delivery of the same channel may be first: then the record is read, and it is decided again. */
async function raise(request: AcceptRequest, candidates: Candidates, decided: Promoted): Promise<void> {
  let promoted: Promoted | undefined = decided;
  for (let attempt = 1; promoted !== undefined; attempt += 1) {
    try {
      await request.records.raise(promoted);
      return;
    } catch (error) {
      const isRace = error instanceof KubeError && error.code === 'KUBE_CONFLICT';
      if (!isRace || attempt >= raiseTries) throw error;
      await request.records.refresh(promoted.statement);
      const { promotion } = judgeTag(request, candidates).verdict;
      promoted = promotion && promotedBy(promotion);
    }
  }
}

type Decided = NonNullable<Verdict['promotion']>;

function summaryOf({ statement, deadlineMs }: Decided): PromotionSummary {
  const { channel, sequence, statementDigest, action } = statement;
  return {
    channel,
    sequence,
    statementDigest,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(action === 'rollback' ? { isRollback: true } : {}),
  };
}

function promotedBy({ statement, issuedAtMs }: Decided): Promoted {
  return { statement, issuedAtMs };
}
