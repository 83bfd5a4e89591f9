// Verify: what a puller would say of a reference, outside a cluster: by keys and identities that are named, or by whole
// policies, with every check told.
import { fetchSelected, selectLayer } from '../artifact/select-layer.ts';
import { isSealiftError, PolicyError, type ErrorCode, type SealiftError } from '../errors.ts';
import type { ContentSource } from '../oci/content-store.ts';
import type { Digest } from '../oci/digest.ts';
import { parseManifest } from '../oci/manifest.ts';
import type { ParsedResource } from '../resources/parse.ts';
import { isResourceFile, readResources, type SourceFile } from '../resources/validate.ts';
import { decryptFiles, isEncryptedFile } from '../render/sops/decrypt.ts';
import { decryptMembers } from '../render/sops/members.ts';
import { isInFolder, transformResources, transformsOf, type Transforms } from '../render/transforms.ts';
import type { Authority } from '../signing/authority.ts';
import { findCandidates, type Candidates } from '../signing/candidates.ts';
import { distinctSigners, type SignerIdentity } from '../signing/signer-identity.ts';
import { judge, type Check, type JudgeContext, type Verdict } from '../trust/judge.ts';
import type { CompiledPolicy } from '../trust/compiled-policy.ts';
import { requirementsFor, type Followed, type Requirement } from '../trust/policy.ts';
import { assertNoSelfModification } from '../trust/self-modification.ts';
import { matchSignatures } from '../trust/signatures.ts';
import { matchProvenance, provenancePredicateType } from './provenance.ts';

export type Verified = {
  readonly digest: Digest;
  /** Names of the authorities that signed. */
  readonly matched: readonly string[];
  /** Formats of their signatures. */
  readonly formats: readonly string[];
  /** Who made them, each once. */
  readonly signers: readonly SignerIdentity[];
};

/**
 * Resolves once, then judges the digest.
 * @throws VerificationError, PolicyError, ContentError, RegistryError
 */
export async function verifyArtifact(
  source: ContentSource,
  {
    reference,
    authorities,
    threshold = 1,
    requiresProvenance = false,
    signal,
  }: {
    readonly reference: string;
    readonly authorities: readonly Authority[];
    readonly threshold?: number;
    /** Whether one of them must have signed provenance, too. */
    readonly requiresProvenance?: boolean;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Verified> {
  const { descriptor } = await source.resolve(reference, signal);
  const candidates = await findCandidates(source, descriptor, signal);
  const { matched, signatures } = matchSignatures(candidates, { authorities, threshold });
  if (requiresProvenance) matchProvenance(candidates, authorities);
  return {
    digest: descriptor.digest,
    matched,
    formats: [...new Set(signatures.map(({ format }) => format))],
    signers: distinctSigners(signatures.map(({ signer }) => signer)),
  };
}

export type JudgeRequest = {
  readonly followed: Followed;
  /** Tag or digest that is judged as if it were what is followed; a range of versions has to ask for the tags first. */
  readonly reference: string | (() => Promise<string>);
  readonly policies: readonly CompiledPolicy[];
  readonly highest: JudgeContext['highest'];
  /** What the Delivery changes about the artifact. */
  readonly transforms?: Transforms;
  readonly pullerNamespace: string;
  /** Whether provenance is asked for that each matching policy accepts, whatever the policies ask. */
  readonly requiresProvenance?: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
};

/** The verdict on a reference; checks beyond a policy's own are of the policy `-`. */
export type Judgement = {
  readonly digest: Digest | undefined;
  readonly checks: readonly Check[];
  readonly verdict: Verdict | undefined;
};

/** Makes every check that the puller makes, in its order; the first that nothing can follow ends them. Never throws ours. */
export async function judgeReference(source: ContentSource, request: JudgeRequest): Promise<Judgement> {
  const { followed, signal } = request;
  const transforms: Transforms = request.transforms ?? { path: './' };
  const checks: Check[] = [];
  let digest: Digest | undefined;
  let verdict: Verdict | undefined;
  try {
    const requirements = await tell(checks, 'policy', 'a TrustPolicy that matches the source', async () => {
      const found = requirementsFor(request.policies, followed);
      return [found, `matched by ${found.map(({ policy }) => policy).join(', ')}`];
    });
    const manifest = await tell(
      checks,
      'source',
      `${followed.url.canonical}:${followed.tag} in the registry`,
      async () => {
        const { reference } = request;
        const wanted = typeof reference === 'string' ? reference : await reference();
        const content = await source.resolve(wanted, signal);
        return [content, content.descriptor.digest];
      },
    );
    ({ digest } = manifest.descriptor);
    const candidates = await tell(checks, 'source', 'everything that is attached can be listed', async () => {
      const found = await findCandidates(source, manifest.descriptor, signal);
      return [found, describe(found)];
    });
    verdict = judge(requirements, candidates, {
      highest: request.highest,
      nowMs: request.nowMs,
      transforms: transformsOf(transforms),
    });
    checks.push(...verdict.checks);
    if (request.requiresProvenance === true) {
      await tell(
        checks,
        'attestation',
        `${provenancePredicateType} by whom each policy accepts`,
        async () => {
          const found = requirements.map((one) => matchProvenance(candidates, provers(one)).candidate);
          return [undefined, [...new Set(found)].join(', ')];
        },
      );
    }
    await tell(
      checks,
      'content',
      'an artifact of Kubernetes objects that leaves its judge alone',
      async () => {
        const { layerSelector } = transforms;
        const layer = selectLayer(parseManifest(manifest.bytes), layerSelector);
        const operation = layerSelector?.operation ?? 'extract';
        const files = await fetchSelected(source, layer, { operation, signal });
        const resourceFiles = files.filter(({ path }) => isResourceFile(path));
        const { clear, note } = readable(resourceFiles, request.transforms);
        const parsed = clear.length === 0 && resourceFiles.length > 0 ? [] : readResources(clear);
        if (request.transforms !== undefined) refuseSealedMembers(parsed, request.transforms);
        const resources = transformResources(parsed, request.transforms ?? anyDelivery);
        assertNoSelfModification(resources, request.pullerNamespace);
        return [undefined, `${resources.length} objects in ${layer.size} bytes${note}`];
      },
    );
  } catch (error) {
    if (!(error instanceof Told)) throw error;
  }
  return { digest, checks, verdict };
}

/** Of which it is not known what it fills in. */
const anyDelivery: Transforms = { path: './', postBuild: { substituteStrategy: 'WithVariables' } };

/**
 * What can be read without the cluster, and a note on what can't. Without a Delivery it is not known whether anything is
 * decrypted.
 * @throws ResourceError `NOT_DECRYPTED` where the Delivery does not decrypt what is encrypted
 */
function readable(
  files: readonly SourceFile[],
  transforms: Transforms | undefined,
): { readonly clear: readonly SourceFile[]; readonly note: string } {
  if (transforms === undefined) return { clear: files, note: '' };
  const { path, postBuild, decryption } = transforms;
  const sealed = files.filter(isEncryptedFile);
  const encrypted = sealed.filter((file) => isInFolder(file.path, path));
  if (decryption === undefined) decryptFiles(encrypted, undefined);
  const clear = files.filter((file) => !sealed.includes(file));
  // What is copied out of an encrypted object is refused, whatever the Delivery decrypts.
  decryptFiles(
    clear.filter((file) => isInFolder(file.path, path)),
    undefined,
  );
  // Where all that is applied is encrypted, nothing is there to be looked at.
  const hasClear = encrypted.length === 0 || clear.some((file) => isInFolder(file.path, path));
  const undecrypted =
    encrypted.length === 0 ? '' : `; ${encrypted.length} encrypted files are not decrypted here`;
  const unfilled = postBuild === undefined ? '' : '; variables are not filled in here';
  return { clear: hasClear ? clear : [], note: `${undecrypted}${unfilled}` };
}

/** @throws ResourceError `NOT_DECRYPTED` where the Delivery does not decrypt members of Secrets that are encrypted files */
function refuseSealedMembers(parsed: readonly ParsedResource[], { path, decryption }: Transforms): void {
  if (decryption !== undefined) return;
  const applied = parsed.filter(({ location }) => isInFolder(location.file, path));
  decryptMembers(applied, undefined, new Set());
}

/** Whom a policy believes about where an artifact comes from: whoever may sign it, or the provenance that it asks for. */
function provers({ signatures, attestations }: Requirement): readonly Authority[] {
  const asked = attestations.filter(({ predicateType }) => predicateType === provenancePredicateType);
  return [...new Set([...signatures.authorities, ...asked.flatMap(({ authorities }) => authorities)])];
}

/** What was found, in numbers. */
function describe({ found, rejected, unreadable }: Candidates): string {
  const bundles = found.filter(({ format }) => format === 'bundle').length;
  const legacy = found.length - bundles;
  return `${bundles} bundles, ${legacy} legacy signatures, ${rejected.length} of another kind, ${unreadable.length} unreadable`;
}

/** Thrown once a failure stands among the checks and nothing can follow it. */
class Told extends Error {}

async function tell<T>(
  checks: Check[],
  name: Check['name'],
  expected: string,
  make: () => Promise<readonly [T, string]>,
): Promise<T> {
  try {
    const [value, found] = await make();
    checks.push({ policy: '-', name, outcome: 'passed', expected, found });
    return value;
  } catch (error) {
    const known = firstOf(error);
    if (known === undefined) throw error;
    checks.push({ policy: '-', name, outcome: 'failed', expected, found: known.message, error: known });
    throw new Told();
  }
}

function firstOf(error: unknown): SealiftError<ErrorCode> | undefined {
  if (isSealiftError(error)) return error;
  if (error instanceof AggregateError) return error.errors.find((one) => isSealiftError(one));
  return undefined;
}

/**
 * The first refusal, thrown.
 * @throws SealiftError with the code of the refusal
 */
export function assertJudged({ checks, digest }: Judgement): Digest {
  const failed = checks.find(({ outcome }) => outcome === 'failed');
  if (failed?.error !== undefined) throw failed.error;
  if (digest === undefined) throw new PolicyError('POLICY_MISSING', 'nothing was judged');
  return digest;
}
