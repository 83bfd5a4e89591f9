// From a Delivery's source to an artifact that policy accepts: match the policies, resolve the tag once, verify the
// digest's signatures and promotion, read the layer, remember the promotion. Everything works on the digest.
import { artifactLayer, fetchArtifact } from '../../src/artifact/artifact.ts';
import type { TrustPolicy } from '../../src/api/trust-policy.ts';
import { KubeError, PromotionError } from '../../src/errors.ts';
import type { ContentSource } from '../../src/oci/content-store.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { parseManifest, type Content } from '../../src/oci/manifest.ts';
import type { Resource } from '../../src/resources/resource.ts';
import { isResourceFile, readResourcesInTurns } from '../../src/resources/validate.ts';
import { checkBundle } from '../../src/signing/bundle.ts';
import { findCandidates, type Candidates } from '../../src/signing/verifier.ts';
import { requirementsFor, type Followed, type Requirement } from '../../src/trust/policy.ts';
import { decidePromotion, listStatements } from '../../src/trust/promotion.ts';
import type { PromotionStatement } from '../../src/trust/promotion-statement.ts';
import { assertNoSelfModification } from '../../src/trust/self-modification.ts';
import { verifySignatures } from '../../src/trust/signatures.ts';
import type { PromotionRecords } from './promotion-records.ts';

/** An artifact that all matching policies accept, with its objects. */
export type AcceptedArtifact = {
  readonly digest: Digest;
  /** `TAG@DIGEST` */
  readonly revision: string;
  readonly resources: readonly Resource[];
  /** Bytes of the layer. */
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly policies: readonly string[];
  /** Authorities whose signatures counted, as `POLICY/AUTHORITY`. */
  readonly matched: readonly string[];
  readonly promotion: PromotionSummary | undefined;
  /** Where it was accepted from, and the bundles that counted: enough to judge it again without the registry. */
  readonly basis: { readonly followed: Followed; readonly candidates: Candidates };
};

export type PromotionSummary = {
  readonly channel: string;
  readonly sequence: number;
  readonly statementDigest: Digest;
};

export type AcceptRequest = Followed & {
  readonly source: ContentSource;
  /** The policies of now, asked for at each judgement. */
  readonly policies: () => readonly TrustPolicy[];
  readonly records: PromotionRecords;
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
  requirementsFor(request.policies(), request);
  const manifest = await request.source.resolve(request.tag, request.signal);
  request.onResolved(manifest.descriptor.digest);
  const candidates = await findCandidates(request.source, manifest.descriptor, request.signal);
  const { promotion, ...verdict } = decideAll(request, candidates);
  const accepted = await readArtifact(request, manifest, candidates, {
    ...verdict,
    promotion: promotion && summaryOf(promotion),
  });
  // Before anything is applied: a crash from here on must not open the way back.
  if (promotion !== undefined) await raise(request, candidates, promotion);
  return accepted;
}

/**
 * Accepts a digest that this cluster applied before, to keep it after a restart: signatures and promotion must still be
 * good. Whether the channel has moved on is decided apart from it, by {@link acceptTag}.
 * @throws SealiftError with the code of the refusal
 */
export async function acceptApplied(
  request: AcceptRequest,
  digest: Digest,
  recorded: PromotionSummary | undefined,
): Promise<AcceptedArtifact> {
  const requirements = requirementsFor(request.policies(), request);
  const manifest = await request.source.resolve(digest, request.signal);
  const candidates = await findCandidates(request.source, manifest.descriptor, request.signal);
  const matched = verifyAll(requirements, candidates);
  const accepted = await readArtifact(request, manifest, candidates, {
    requirements,
    matched,
    promotion: recorded,
  });
  rejudge(accepted, request.policies());
  return accepted;
}

/**
 * Judges what runs by the policies of now, with what came with it; asks nobody. What runs is not put out by time: an
 * expired statement, or a higher one elsewhere, holds changes, not this.
 * @throws SealiftError with the code of the refusal
 */
export function rejudge(
  { basis, promotion, digest }: AcceptedArtifact,
  policies: readonly TrustPolicy[],
): void {
  const requirements = requirementsFor(policies, basis.followed);
  verifyAll(requirements, basis.candidates);
  for (const { promotion: wanted } of requirements) {
    if (wanted === undefined) continue;
    const { statements } = listStatements(basis.candidates, wanted);
    const found = statements.find(({ sequence }) => sequence === promotion?.sequence);
    if (found === undefined) {
      throw new PromotionError(
        'STATEMENT_MISSING',
        `${digest} runs by a promotion that the policy accepts no longer`,
      );
    }
    if (found.sequence < wanted.minSequence) {
      throw new PromotionError(
        'SEQUENCE_REPLAYED',
        `${digest} runs by sequence ${found.sequence}, below the policy's minSequence ${wanted.minSequence}`,
      );
    }
  }
}

/** What the policies asked for, and what met it. */
type Verdict<Promotion> = {
  readonly requirements: readonly Requirement[];
  readonly matched: readonly string[];
  readonly promotion: Promotion | undefined;
};

/** Signatures and promotion by all policies; the statement that decides, where promotion is asked for. */
function decideAll(request: AcceptRequest, candidates: Candidates): Verdict<PromotionStatement> {
  const requirements = requirementsFor(request.policies(), request);
  const matched = verifyAll(requirements, candidates);
  let decided: PromotionStatement | undefined;
  for (const { promotion } of requirements) {
    if (promotion === undefined) continue;
    decided = decidePromotion(listStatements(candidates, promotion), {
      subject: candidates.subject.digest,
      channel: promotion.channel,
      minSequence: promotion.minSequence,
      highest: request.records.highest(promotion.repository, promotion.channel),
      nowMs: request.now(),
    });
  }
  return { requirements, matched, promotion: decided };
}

function verifyAll(requirements: readonly Requirement[], candidates: Candidates): readonly string[] {
  return requirements.flatMap(({ policy, signatures }) =>
    verifySignatures(candidates, signatures).map((authority) => `${policy}/${authority}`),
  );
}

/** Another Delivery of the same channel may be first: then the record is read, and it is decided again. */
async function raise(
  request: AcceptRequest,
  candidates: Candidates,
  decided: PromotionStatement,
): Promise<void> {
  let statement: PromotionStatement | undefined = decided;
  for (let attempt = 1; statement !== undefined; attempt += 1) {
    try {
      await request.records.raise(statement);
      return;
    } catch (error) {
      const isRace = error instanceof KubeError && error.code === 'KUBE_CONFLICT';
      if (!isRace || attempt >= raiseTries) throw error;
      await request.records.refresh(statement);
      statement = decideAll(request, candidates).promotion;
    }
  }
}

async function readArtifact(
  request: AcceptRequest,
  manifest: Content,
  candidates: Candidates,
  { requirements, matched, promotion }: Verdict<PromotionSummary>,
): Promise<AcceptedArtifact> {
  const { digest } = manifest.descriptor;
  const parsed = parseManifest(manifest.bytes);
  const files = await fetchArtifact(request.source, manifest, request.signal);
  // Other tools' artifacts hold more than resources.
  const parsedResources = await readResourcesInTurns(files.filter(({ path }) => isResourceFile(path)));
  const resources = parsedResources.map(({ resource }) => resource);
  assertNoSelfModification(resources, request.pullerNamespace);
  const { url, tag, namespace } = request;
  return {
    digest,
    revision: `${tag}@${digest}`,
    resources,
    size: artifactLayer(parsed).size,
    annotations: parsed.annotations ?? {},
    policies: requirements.map(({ policy }) => policy),
    matched,
    promotion,
    basis: { followed: { url, tag, namespace }, candidates: keepCounted(candidates, requirements) },
  };
}

/** What no authority signed is dropped: others may attach megabytes. */
function keepCounted(candidates: Candidates, requirements: readonly Requirement[]): Candidates {
  const keys = requirements.flatMap(({ signatures, promotion }) =>
    [...signatures.authorities, ...(promotion?.quorum.authorities ?? [])].map(({ key }) => key),
  );
  const bundles = candidates.bundles.filter(({ bytes }) => 'verified' in checkBundle(bytes, keys));
  return { subject: candidates.subject, bundles, rejected: [], unreadable: [] };
}

function summaryOf({ channel, sequence, statementDigest }: PromotionStatement): PromotionSummary {
  return { channel, sequence, statementDigest };
}
