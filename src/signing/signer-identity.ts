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

/** The signer as people read it. */
export function formatSigner(signer: SignerIdentity): string {
  return signer.kind === 'key' ? `key ${signer.hint}` : `${signer.subject} (issuer ${signer.issuer})`;
}
