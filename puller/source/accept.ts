// From a Delivery's source to an artifact that policy accepts: match the policies, resolve the tag once, verify the
// digest's signatures and promotion, remember the promotion, only then fetch the layer. Everything works on the digest.
import { fetchArtifact, artifactLayer } from '../../src/artifact/artifact.ts';
import { PromotionError } from '../../src/errors.ts';
import type { TrustPolicy } from '../../src/api/trust-policy.ts';
import type { ContentSource } from '../../src/oci/content-store.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { parseManifest, type Content } from '../../src/oci/manifest.ts';
import type { Resource } from '../../src/resources/resource.ts';
import { readResources } from '../../src/resources/validate.ts';
import { findCandidates, type Candidates } from '../../src/signing/verifier.ts';
import { requirementsFor, type Requirement } from '../../src/trust/policy.ts';
import { decidePromotion, listStatements } from '../../src/trust/promotion.ts';
import type { PromotionStatement } from '../../src/trust/promotion-statement.ts';
import { assertNoSelfModification } from '../../src/trust/self-modification.ts';
import { verifySignatures } from '../../src/trust/signatures.ts';
import type { SourceUrl } from '../../src/trust/source-url.ts';
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
  readonly promotion:
    { readonly channel: string; readonly sequence: number; readonly statementDigest: Digest } | undefined;
};

export type AcceptRequest = {
  readonly source: ContentSource;
  readonly url: SourceUrl;
  readonly tag: string;
  readonly namespace: string;
  readonly policies: readonly TrustPolicy[];
  readonly records: PromotionRecords;
  readonly pullerNamespace: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Told as soon as the digest is known, so that a refusal can name it. */
  readonly onResolved: (digest: Digest) => void;
};

/**
 * Accepts what a tag shows now.
 * @throws SealiftError with the code of the refusal
 */
export async function acceptTag(request: AcceptRequest): Promise<AcceptedArtifact> {
  // The match comes before the first byte is sent.
  const requirements = requirementsFor(request.policies, request);
  const manifest = await request.source.resolve(request.tag, request.signal);
  request.onResolved(manifest.descriptor.digest);
  const candidates = await findCandidates(request.source, manifest.descriptor, request.signal);
  const matched = verifyAll(requirements, candidates);
  let promotion: PromotionStatement | undefined;
  for (const requirement of requirements) {
    promotion = decide(request, requirement, candidates) ?? promotion;
  }
  // Before the layer is fetched: a crash from here on must not open the way back.
  if (promotion !== undefined) await request.records.raise(promotion);
  return readArtifact(request, manifest, { requirements, matched, promotion });
}

/**
 * Accepts a digest that this cluster applied before, to keep it after a restart: its signatures must still be good, and
 * under promotion it must be what the channel's record says.
 * @throws SealiftError with the code of the refusal
 */
export async function acceptApplied(
  request: AcceptRequest,
  digest: Digest,
  recorded: AcceptedArtifact['promotion'],
): Promise<AcceptedArtifact> {
  const requirements = requirementsFor(request.policies, request);
  const manifest = await request.source.resolve(digest, request.signal);
  const candidates = await findCandidates(request.source, manifest.descriptor, request.signal);
  const matched = verifyAll(requirements, candidates);
  for (const { promotion } of requirements) {
    if (promotion === undefined) continue;
    const highest = request.records.highest(promotion.repository, promotion.channel);
    if (highest?.digest !== digest) {
      throw new PromotionError(
        'SEQUENCE_REPLAYED',
        `channel ${promotion.channel} was promoted to ${highest?.digest ?? 'nothing'}, not to ${digest}`,
      );
    }
  }
  return readArtifact(request, manifest, { requirements, matched, promotion: recorded });
}

function verifyAll(requirements: readonly Requirement[], candidates: Candidates): readonly string[] {
  return requirements.flatMap(({ policy, signatures }) =>
    verifySignatures(candidates, signatures).map((authority) => `${policy}/${authority}`),
  );
}

function decide(
  request: AcceptRequest,
  { promotion }: Requirement,
  candidates: Candidates,
): PromotionStatement | undefined {
  if (promotion === undefined) return undefined;
  return decidePromotion(listStatements(candidates, promotion), {
    subject: candidates.subject.digest,
    channel: promotion.channel,
    minSequence: promotion.minSequence,
    highest: request.records.highest(promotion.repository, promotion.channel),
    nowMs: request.now(),
  });
}

type Verdict = {
  readonly requirements: readonly Requirement[];
  readonly matched: readonly string[];
  readonly promotion: AcceptedArtifact['promotion'];
};

async function readArtifact(
  request: AcceptRequest,
  manifest: Content,
  verdict: Verdict,
): Promise<AcceptedArtifact> {
  const { digest } = manifest.descriptor;
  const { annotations = {} } = parseManifest(manifest.bytes);
  const files = await fetchArtifact(request.source, manifest, request.signal);
  const resources = readResources(files).map(({ resource }) => resource);
  assertNoSelfModification(resources, request.pullerNamespace);
  const { promotion } = verdict;
  return {
    digest,
    revision: `${request.tag}@${digest}`,
    resources,
    size: artifactLayer(parseManifest(manifest.bytes)).size,
    annotations,
    policies: verdict.requirements.map(({ policy }) => policy),
    matched: verdict.matched,
    promotion:
      promotion === undefined
        ? undefined
        : {
            channel: promotion.channel,
            sequence: promotion.sequence,
            statementDigest: promotion.statementDigest,
          },
  };
}
