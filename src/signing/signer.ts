// Who signs: a key that somebody holds, or an identity that a certificate authority certifies for some minutes. Types
// only, so that who takes a signer carries neither of them.
import type { TransparencyLogEntry } from '@sigstore/bundle';
import type { CertificateIdentity } from './certificate-identity.ts';
import type { VerifyKey } from './keys.ts';
import type { TrustRoot } from './trust-root.ts';

/** How a signature is stored: as a Sigstore bundle, or as a layer of cosign's `.sig` tag. */
export type SignatureFormat = 'bundle' | 'legacy';

/** Signs with a key; the private half may lie elsewhere. */
export type KeySigner = {
  readonly kind: 'key';
  readonly verifyKey: VerifyKey;
  /** ASN.1 DER of ECDSA, or PKCS#1 v1.5, over the SHA-256 of the bytes. */
  sign(data: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
};

/** What is signed: logs write of an envelope something else than of plain bytes. */
export type SignedContent =
  | { readonly kind: 'envelope'; readonly payload: Uint8Array }
  | { readonly kind: 'blob'; readonly bytes: Uint8Array };

/** A signature by certificate, with all that shows later who signed and when. */
export type CertifiedSignature = {
  readonly signature: Buffer;
  /** DER of the signer's certificate. */
  readonly certificate: Buffer;
  /** DER of the authorities' certificates, the issuing one first. */
  readonly chain: readonly Buffer[];
  readonly logEntries: readonly TransparencyLogEntry[];
  /** RFC 3161 answers, as they came. */
  readonly timestamps: readonly Buffer[];
};

/** Signs as an identity: the key is made for this run and forgotten with it. */
export type KeylessSigner = {
  readonly kind: 'keyless';
  /** What signatures are checked under once they are stored; without it only their form can be. */
  readonly root: TrustRoot | undefined;
  /** Log entries that a signature of each format carries. */
  readonly logEntryCounts: Readonly<Record<SignatureFormat, number>>;
  /** The identity that signs; the certificate is asked for with the first call, and again once it is about to end. */
  identity(signal?: AbortSignal): Promise<CertificateIdentity>;
  sign(content: SignedContent, signal?: AbortSignal): Promise<CertifiedSignature>;
};

export type Signer = KeySigner | KeylessSigner;
