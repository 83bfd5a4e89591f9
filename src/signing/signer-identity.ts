// Who signed, once it has been verified: the key, or the identity that a certificate names. A threshold counts
// different signers, so each has a text that identifies it.
import type { CertificateIdentity } from './certificate-identity.ts';

export type SignerIdentity =
  | { readonly kind: 'key'; readonly hint: string }
  | ({
      readonly kind: 'certificate';
      /** The earliest time of signing that was proven; RFC 3339. */
      readonly signedAt: string | undefined;
    } & CertificateIdentity);

/** Equal for two signatures of one signer. */
export function signerId(signer: SignerIdentity): string {
  return signer.kind === 'key' ? `key:${signer.hint}` : JSON.stringify([signer.issuer, signer.subject]);
}

/** Each signer once, with the earliest time that is proven of it. */
export function distinctSigners(signers: readonly SignerIdentity[]): readonly SignerIdentity[] {
  const found = new Map<string, SignerIdentity>();
  for (const signer of signers.toSorted((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))) {
    if (!found.has(signerId(signer))) found.set(signerId(signer), signer);
  }
  return [...found.values()];
}

/** RFC 3339 in UTC, which sorts as text; what has no proof comes last. */
function timeOf(signer: SignerIdentity): string {
  return signer.kind === 'certificate' ? (signer.signedAt ?? '~') : '~';
}

/** The signer as people read it. */
export function formatSigner(signer: SignerIdentity): string {
  return signer.kind === 'key' ? `key ${signer.hint}` : `${signer.subject} (issuer ${signer.issuer})`;
}
