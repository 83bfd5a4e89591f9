// The objects of an artifact that was judged: its layer fetched by digest, decrypted, parsed, and transformed as the
// Delivery asks; with them what is needed to judge it again without the registry.
import { fetchSelected, selectLayer } from '../../src/artifact/select-layer.ts';
import { parseManifest, type Content } from '../../src/oci/manifest.ts';
import { compileIgnore } from '../../src/render/ignore.ts';
import { transformResources, transformsKeyOf, transformsOf } from '../../src/render/transforms.ts';
import { isResourceFile, readResourcesInTurns } from '../../src/resources/validate.ts';
import type { Candidates } from '../../src/signing/candidates.ts';
import { isAccepted } from '../../src/signing/verifier.ts';
import type { Verdict } from '../../src/trust/judge.ts';
import type { Requirement } from '../../src/trust/policy.ts';
import { assertNoSelfModification } from '../../src/trust/self-modification.ts';
import type { AcceptedArtifact, AcceptRequest, PromotionSummary } from './accepted-artifact.ts';
import { ownBytes } from './own-bytes.ts';
import { storeResources } from './stored-resources.ts';
import { fillIn } from './values.ts';

/** What the policies asked for, and what met it. */
export type Judged = { readonly requirements: readonly Requirement[]; readonly verdict: Verdict };

/** What is known of an artifact before its layer is read. */
export type Reading = Judged & {
  readonly promotion: PromotionSummary | undefined;
  /** Tag that showed it, where one was asked for. */
  readonly tag?: string;
};

/**
 * Reads the artifact of a manifest that policies accept.
 * @throws SealiftError with the code of the refusal, or of what can't be read
 */
export async function readArtifact(
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
