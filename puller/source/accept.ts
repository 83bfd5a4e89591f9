// From a Delivery's source to an artifact that policy accepts: match the policies, resolve the tag once, judge the
// digest, read the layer, remember the promotion. Everything works on the digest.
import { fetchSelected, selectLayer } from '../../src/artifact/select-layer.ts';
import type { TransformName } from '../../src/api/trust-policy.ts';
import { ArchiveError, ContentError, isSealiftError, KubeError, RegistryError } from '../../src/errors.ts';
import type { ContentSource } from '../../src/oci/content-store.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { parseManifest, type Content } from '../../src/oci/manifest.ts';
import { isResourceFile, readResourcesInTurns } from '../../src/resources/validate.ts';
import { findCandidates, type Candidates } from '../../src/signing/candidates.ts';
import { isAccepted } from '../../src/signing/verifier.ts';
import { assertAccepted, judge, type Verdict } from '../../src/trust/judge.ts';
import type { FollowedRef } from '../../src/trust/followed-ref.ts';
import type { CompiledPolicy } from '../../src/trust/compiled-policy.ts';
import { requirementsFor, type Followed, type Requirement } from '../../src/trust/policy.ts';
import { assertNoSelfModification } from '../../src/trust/self-modification.ts';
import { compileIgnore, type IgnoreRules } from '../../src/render/ignore.ts';
import {
  transformResources,
  transformsKeyOf,
  transformsOf,
  type Transforms,
} from '../../src/render/transforms.ts';
import { rollbackTarget } from './local-rollback.ts';
import { ownBytes } from './own-bytes.ts';
import type { Promoted, PromotionRecords } from './promotion-records.ts';
import { storeResources, type StoredResources } from './stored-resources.ts';
import { fillIn, type Hide, type ValueSource } from './values.ts';

/** An artifact that all matching policies accept, with its objects. */
export type AcceptedArtifact = {
  readonly digest: Digest;
  /** `TAG@DIGEST`, or the digest where a digest is followed. */
  readonly revision: string;
  readonly resources: StoredResources;
  /** Bytes of the layer. */
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly policies: readonly string[];
  /** Authorities whose signatures counted, as `POLICY/AUTHORITY`. */
  readonly matched: readonly string[];
  /** Formats of the signatures that counted. */
  readonly formats: readonly string[];
  readonly promotion: PromotionSummary | undefined;
  /** The sequence that a cluster admin returned from, where this is the artifact before it. */
  readonly rolledBackFrom?: number;
  /** What policies that only audit would have refused. */
  readonly warnings: readonly string[];
  /** Where it was accepted from, and what counted: enough to judge it again without the registry. */
  readonly basis: {
    readonly followed: Followed;
    readonly candidates: Candidates;
    readonly transforms: ReadonlySet<TransformName>;
    /** The layer that its objects are from. */
    readonly layer: Digest;
    /** By what it was transformed: another Delivery's spec, or other values, make other objects of it. */
    readonly transformsKey: string;
    /** The part of it that the spec alone decides. */
    readonly specKey: string;
    /** Takes secret values that were filled in out of a text; absent where there are none. */
    readonly hide?: Hide | undefined;
    /** What the policies let this Delivery leave to others. */
    readonly driftMode: NonNullable<Transforms['driftMode']>;
    readonly ignore: IgnoreRules;
  };
};

export type PromotionSummary = {
  readonly channel: string;
  readonly sequence: number;
  readonly statementDigest: Digest;
  /** When it is overdue; ms since 1970, undefined where nothing sets an end. */
  readonly deadlineMs?: number | undefined;
  /** Whether it is a way back itself, by its statement or by a cluster admin's word. */
  readonly isRollback?: boolean | undefined;
};

export type AcceptRequest = FollowedRef & {
  readonly source: ContentSource;
  /** What is kept of a digest that this Delivery has read before; undefined where nothing is. */
  readonly stored?: (digest: Digest) => Promise<ContentSource | undefined>;
  /** Told of a kept one that is damaged. */
  readonly onDamaged?: (digest: Digest) => Promise<void>;
  /** The policies of now, asked for at each judgement. */
  readonly policies: () => readonly CompiledPolicy[];
  /** Whether a source that no policy matches is taken as it is. */
  readonly mayBeUnverified: boolean;
  readonly transforms: Transforms;
  /** What the Delivery's ConfigMaps and Secrets give; nothing is read before policies allow it. */
  readonly values?: ValueSource;
  readonly records: PromotionRecords;
  /** Artifacts that have been healthy here. */
  readonly healthy: readonly (PromotionSummary & { readonly digest: Digest })[];
  readonly pullerNamespace: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Told as soon as the digest is known, so that a refusal can name it. */
  readonly onResolved: (digest: Digest) => void;
};

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

/** What the policies asked for, and what met it. */
type Judged = { readonly requirements: readonly Requirement[]; readonly verdict: Verdict };

type Reading = Judged & {
  readonly promotion: PromotionSummary | undefined;
  /** Tag that showed it, where one was asked for. */
  readonly tag?: string;
};

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

async function readArtifact(
  request: AcceptRequest,
  manifest: Content,
  candidates: Candidates,
  { requirements, verdict, promotion, tag: shown }: Reading,
): Promise<AcceptedArtifact> {
  const { digest } = manifest.descriptor;
  const parsed = parseManifest(manifest.bytes);
  const { layerSelector } = request.transforms;
  const layer = selectLayer(parsed, layerSelector);
  const operation = layerSelector?.operation ?? 'extract';
  const files = await fetchSelected(request.source, layer, { operation, signal: request.signal });
  // Not by its policies alone: one that only audits lets pass what nobody signed.
  const isSigned = verdict.matched.length > 0;
  const filled = await fillIn(request.transforms, { source: request.values, isSigned }, request.signal);
  // Other tools' artifacts hold more than resources.
  const clear = await filled.decrypt(files.filter(({ path }) => isResourceFile(path)));
  const parsedResources = filled.decryptMembers(await readResourcesInTurns(clear));
  const resources = transformResources(parsedResources, request.transforms, filled.substitute);
  const ignore = compileIgnore(request.transforms.ignore);
  assertNoSelfModification(resources, request.pullerNamespace);
  const { url, tag, kind, namespace, transforms } = request;
  return {
    digest,
    // A range names no artifact: where its tag was not asked for, the record knows the revision.
    revision: kind === 'digest' ? digest : `${shown ?? tag}@${digest}`,
    resources: storeResources(resources),
    size: layer.size,
    annotations: parsed.annotations ?? {},
    policies: requirements.map(({ policy }) => policy),
    matched: verdict.matched,
    formats: verdict.formats,
    promotion,
    warnings: verdict.checks
      .filter(({ outcome }) => outcome === 'warned')
      .map(({ policy, error, found }) => `${policy}: ${error?.code ?? 'INTERNAL'}: ${found}`),
    basis: {
      followed: { url, tag, namespace, ...(kind === undefined ? {} : { kind }) },
      candidates: keepCounted(candidates, requirements),
      transforms: transformsOf(transforms),
      layer: layer.digest,
      transformsKey: `${transformsKeyOf(transforms)}${filled.key()}`,
      specKey: transformsKeyOf(transforms),
      hide: filled.hide(),
      driftMode: transforms.driftMode ?? 'Correct',
      ignore,
    },
  };
}

/** What no authority signed is dropped: others may attach megabytes. */
function keepCounted(candidates: Candidates, requirements: readonly Requirement[]): Candidates {
  const authorities = requirements.flatMap(({ signatures, attestations, promotion }) => [
    ...signatures.authorities,
    ...attestations.flatMap((attestation) => attestation.authorities),
    ...(promotion?.quorum.authorities ?? []),
    ...(promotion?.heartbeatAuthorities ?? []),
  ]);
  const found = candidates.found
    .filter((candidate) => isAccepted(candidate, authorities))
    // Not what was read of them: that is remembered for as long as these very bytes are.
    .map((candidate) => ({ ...candidate, bytes: ownBytes(candidate.bytes) }));
  return { subject: candidates.subject, found, rejected: [], unreadable: [] };
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
