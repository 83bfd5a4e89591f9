// Trusted roots: the authorities whose certificates, logs and timestamps count, as `trusted_root.json` carries them.
// They come as text from files or from the cluster; there is no update client here, so nothing is asked of a network.
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial, type TrustMaterial } from '@sigstore/verify';
import { createHash, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { errorMessageOf, VerificationError } from '../errors.ts';
import { signingLimits } from '../limits.ts';

export type TrustRoot = {
  readonly material: TrustMaterial;
  /** sha256 of its text, in hex: two authorities of one root share what has been checked. */
  readonly hash: string;
  readonly hasLogs: boolean;
  readonly hasTimestampAuthorities: boolean;
  /** Certificates of authorities must be in a log of certificates where the root names one. */
  readonly certificateLogThreshold: 0 | 1;
  /** Whether one of its authorities signed a certificate; no more is checked of it here. */
  hasIssued(der: Uint8Array): boolean;
  /** When the first certificate authority or timestamp authority of those valid at a time ends; ms since 1970. */
  expiresAtMs(nowMs: number): number | undefined;
};

/** `application/vnd.dev.sigstore.trustedroot+json;version=0.1` and `…trustedroot.v0.2+json`. */
const mediaTypePattern =
  /^application\/vnd\.dev\.sigstore\.trustedroot(?:\+json;version=0\.1|\.v0\.[12]\+json)$/u;

/**
 * @param text JSON of a trusted root
 * @throws VerificationError `TRUST_ROOT_INVALID`
 */
export function parseTrustRoot(text: string): TrustRoot {
  if (text.length > signingLimits.trustRootBytes) {
    throw invalidRoot(`has ${text.length} characters, more than ${signingLimits.trustRootBytes}`);
  }
  let root: TrustedRoot;
  let material: TrustMaterial;
  try {
    const json: unknown = JSON.parse(text);
    root = TrustedRoot.fromJSON(json);
    material = toTrustMaterial(root);
  } catch (cause) {
    throw invalidRoot(`can not be read: ${errorMessageOf(cause, 200)}`, cause);
  }
  if (!mediaTypePattern.test(root.mediaType)) {
    throw invalidRoot(`has media type ${errorMessageOf(root.mediaType, 100)}`);
  }
  const authorities = [...material.certificateAuthorities, ...material.timestampAuthorities];
  if (material.certificateAuthorities.length === 0) throw invalidRoot('names no certificate authority');
  if (authorities.some(({ certChain }) => certChain.length === 0)) {
    throw invalidRoot('has an authority without certificates');
  }
  const issuerKeys = material.certificateAuthorities.flatMap(({ certChain }) =>
    certChain.map(({ publicKey }) => createPublicKey({ key: publicKey, format: 'der', type: 'spki' })),
  );
  const hasLogs = material.tlogs.length > 0;
  const hasTimestampAuthorities = material.timestampAuthorities.length > 0;
  if (!hasLogs && !hasTimestampAuthorities) {
    // Short-lived certificates can't be judged at the time of signing when nothing says which that was.
    throw invalidRoot('names neither a log nor a timestamp authority');
  }
  return {
    material,
    hash: createHash('sha256').update(text).digest('hex'),
    hasLogs,
    hasTimestampAuthorities,
    certificateLogThreshold: material.ctlogs.length > 0 ? 1 : 0,
    hasIssued: (der) => isIssuedBy(der, issuerKeys),
    expiresAtMs: (nowMs) => {
      const ends = authorities
        .map(({ certChain, validFor }) =>
          Math.min(validFor.end.getTime(), ...certChain.map(({ notAfter }) => notAfter.getTime())),
        )
        // One that ended already is kept for what it certified then.
        .filter((end) => end > nowMs);
      return ends.length === 0 ? undefined : Math.min(...ends);
    },
  };
}

function isIssuedBy(der: Uint8Array, keys: readonly KeyObject[]): boolean {
  try {
    const certificate = new X509Certificate(der);
    return keys.some((key) => certificate.verify(key));
  } catch {
    return false;
  }
}

function invalidRoot(reason: string, cause?: unknown): VerificationError {
  return new VerificationError('TRUST_ROOT_INVALID', `trusted root ${reason}`, [], {
    cause,
    hint: 'Copy trusted_root.json anew from the connected side, as `cosign trusted-root create` or TUF gives it.',
  });
}
