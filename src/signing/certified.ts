// Signatures by certificate, checked offline at the time of signing: chain, log entries and timestamps under a trusted
// root by the library, then what it leaves open: purpose, subject, issuer and claims of the certificate.
import type { Bundle } from '@sigstore/bundle';
import { RFC3161Timestamp } from '@sigstore/core';
import { toSignedEntity, VerificationError as LibraryError, Verifier } from '@sigstore/verify';
import { errorMessageOf, type VerificationCode } from '../errors.ts';
import { signingLimits } from '../limits.ts';
import { mismatchOf, type KeylessAuthority } from './authority.ts';
import { readIdentity } from './certificate-identity.ts';
import type { SignerIdentity } from './signer-identity.ts';

export type Refused = { readonly code?: VerificationCode; readonly reason: string };

export type CertifiedVerdict =
  | { readonly signer: SignerIdentity; readonly authorities: readonly string[] }
  | { readonly refused: Refused };

/**
 * Checks a signature by certificate against authorities; never throws for what the bundle holds.
 * @param artifact the bytes that a message signature is over; absent for an envelope
 * @param authorities any of them may accept it; the names of those that do are given
 */
export function checkCertified(
  bundle: Bundle,
  artifact: Buffer | undefined,
  authorities: readonly KeylessAuthority[],
): CertifiedVerdict {
  const der = certificateOf(bundle);
  if (der === undefined) return { refused: { reason: 'was not signed with a certificate' } };
  const { identity, checked } = memoryOf(bundle, der);
  if (typeof identity === 'string') return { refused: { reason: identity } };
  const { timestampVerificationData, tlogEntries } = bundle.verificationMaterial;
  const timestamps = timestampVerificationData?.rfc3161Timestamps ?? [];
  if (tlogEntries.length > signingLimits.logEntries || timestamps.length > signingLimits.timestamps) {
    return { refused: { reason: 'carries too many log entries or timestamps' } };
  }
  const accepted: KeylessAuthority[] = [];
  const refusals: Refused[] = [];
  for (const authority of authorities) {
    // First what costs next to nothing: whoever may push may attach hundreds of others' bundles.
    const refusal =
      mismatchOf(authority.keyless, identity) ??
      refusalOnce(checked, authority, () => refusalUnder(authority, bundle, der, artifact));
    if (refusal === undefined) accepted.push(authority);
    else refusals.push(refusal);
  }
  if (accepted.length === 0) {
    // Of the identity that is asked for, and bad, tells more than of another.
    const best = refusals.find(({ code }) => code?.endsWith('_MISMATCH') !== true) ?? refusals[0];
    return { refused: best ?? { reason: 'was signed with a certificate, which no authority here is about' } };
  }
  return {
    signer: { kind: 'certificate', ...identity, signedAt: signedAt(bundle, accepted.some(asksForLog)) },
    authorities: accepted.map(({ name }) => name),
  };
}

/** What has been found out about a bundle; it depends on its bytes and on roots, never on time. */
type Memory = {
  readonly identity: ReturnType<typeof readIdentity>;
  /** Refusals by root and thresholds: authorities that differ only in whom they accept share the costly part. */
  readonly checked: Map<string, Refused | undefined>;
};

/** Each policy, each attestation and each look asks of the same bundles again. */
const memories = new WeakMap<Bundle, Memory>();

function memoryOf(bundle: Bundle, der: Buffer): Memory {
  const known = memories.get(bundle);
  if (known !== undefined) return known;
  const memory: Memory = { identity: readIdentity(der), checked: new Map() };
  memories.set(bundle, memory);
  return memory;
}

function refusalOnce(
  checked: Memory['checked'],
  { keyless: { root, logThreshold, timestampThreshold } }: KeylessAuthority,
  check: () => Refused | undefined,
): Refused | undefined {
  const key = `${root.hash} ${logThreshold} ${timestampThreshold}`;
  if (!checked.has(key)) checked.set(key, check());
  return checked.get(key);
}

function certificateOf({ verificationMaterial: { content } }: Bundle): Buffer | undefined {
  switch (content.$case) {
    case 'certificate':
      return content.certificate.rawBytes;
    case 'x509CertificateChain':
      return content.x509CertificateChain.certificates[0]?.rawBytes;
    case 'publicKey':
      return undefined;
    default:
      return content satisfies never;
  }
}

/** Why the signature does not hold under an authority's root, or undefined where it does. */
function refusalUnder(
  authority: KeylessAuthority,
  bundle: Bundle,
  der: Buffer,
  artifact: Buffer | undefined,
): Refused | undefined {
  const { root, logThreshold, timestampThreshold } = authority.keyless;
  // One signature check instead of a dozen: a certificate that merely names the right identity costs no more.
  if (!root.hasIssued(der))
    return { reason: 'does not hold: its certificate is of no authority of the trusted root' };
  const { verificationMaterial } = bundle;
  const isLogged = asksForLog(authority);
  const considered: Bundle = {
    ...bundle,
    verificationMaterial: {
      ...verificationMaterial,
      // The library would refuse entries of a log that the root does not name, although none is asked for.
      tlogEntries: isLogged ? verificationMaterial.tlogEntries : [],
    },
  };
  const entries = considered.verificationMaterial.tlogEntries;
  const times =
    (verificationMaterial.timestampVerificationData?.rfc3161Timestamps.length ?? 0) +
    entries.filter(({ inclusionPromise }) => inclusionPromise !== undefined).length;
  if (entries.length < logThreshold) {
    return {
      code: 'LOG_PROOF_MISSING',
      reason: `has ${isLogged ? entries.length : 'no acceptable'} log entries of the ${logThreshold} asked for`,
    };
  }
  if (times < timestampThreshold) {
    return {
      code: 'TIMESTAMP_MISSING',
      reason: `has ${times} of the ${timestampThreshold} times asked for, by timestamp or log`,
    };
  }
  try {
    const verifier = new Verifier(root.material, {
      tlogThreshold: logThreshold,
      ctlogThreshold: root.certificateLogThreshold,
      timestampThreshold,
    });
    verifier.verify(toSignedEntity(considered, artifact));
    return undefined;
  } catch (error) {
    return toRefusal(error);
  }
}

/** The library throws its own errors, and on hostile input a TypeError now and then. */
function toRefusal(error: unknown): Refused {
  const reason = `does not hold: ${errorMessageOf(error, 200)}`;
  if (!(error instanceof LibraryError)) return { reason };
  if (error.code.startsWith('TIMESTAMP')) return { code: 'TIMESTAMP_MISSING', reason };
  if (error.code.startsWith('TLOG')) return { code: 'LOG_PROOF_MISSING', reason };
  return { reason };
}

/** Whether log entries are checked at all. */
function asksForLog({ keyless: { root, logThreshold } }: KeylessAuthority): boolean {
  return root.hasLogs && logThreshold > 0;
}

/**
 * The earliest time that the bundle proves; called only once it has been verified.
 * @param isLogged whether its log entries have been, too: else anyone may have written any time into them
 */
function signedAt({ verificationMaterial }: Bundle, isLogged: boolean): string | undefined {
  const stamped = (verificationMaterial.timestampVerificationData?.rfc3161Timestamps ?? []).map(
    ({ signedTimestamp }) => RFC3161Timestamp.parse(Buffer.from(signedTimestamp)).signingTime.getTime(),
  );
  const promised = (isLogged ? verificationMaterial.tlogEntries : [])
    .filter(({ inclusionPromise }) => inclusionPromise !== undefined)
    .map(({ integratedTime }) => Number(integratedTime) * 1000);
  const times = [...stamped, ...promised].filter(Number.isFinite);
  return times.length === 0 ? undefined : new Date(Math.min(...times)).toISOString();
}
