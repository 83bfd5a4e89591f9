// Verify: what a puller would say of a reference's signature, outside a cluster.
import type { ContentSource } from '../oci/content-store.ts';
import type { Digest } from '../oci/digest.ts';
import type { VerifyKey } from '../signing/keys.ts';
import { findCandidates } from '../signing/verifier.ts';
import { verifySignatures } from '../trust/signatures.ts';

export type Verified = {
  readonly digest: Digest;
  /** Names of the keys that signed. */
  readonly matched: readonly string[];
};

/**
 * Resolves once, then judges the digest.
 * @throws VerificationError, ContentError, RegistryError
 */
export async function verifyArtifact(
  source: ContentSource,
  {
    reference,
    keys,
    signal,
  }: {
    readonly reference: string;
    readonly keys: readonly { readonly name: string; readonly key: VerifyKey }[];
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Verified> {
  const { descriptor } = await source.resolve(reference, signal);
  const candidates = await findCandidates(source, descriptor, signal);
  return {
    digest: descriptor.digest,
    matched: verifySignatures(candidates, { authorities: keys, threshold: 1 }),
  };
}
