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
  const identity = readIdentity(der);
  if (typeof identity === 'string') return { refused: { reason: identity } };
  const { timestampVerificationData, tlogEntries } = bundle.verificationMaterial;
  const timestamps = timestampVerificationData?.rfc3161Timestamps ?? [];
  if (tlogEntries.length > signingLimits.logEntries || timestamps.length > signingLimits.timestamps) {
    return { refused: { reason: 'carries too many log entries or timestamps' } };
  }
  // Authorities that differ only in whom they accept share the costly part.
  const checked = new Map<string, Refused | undefined>();
  const accepted: KeylessAuthority[] = [];
  const refusals: Refused[] = [];
  for (const authority of authorities) {
    const { root, logThreshold, timestampThreshold } = authority.keyless;
    const key = `${root.hash} ${logThreshold} ${timestampThreshold}`;
    if (!checked.has(key)) checked.set(key, refusalUnder(authority, bundle, artifact));
    const refusal = checked.get(key) ?? mismatchOf(authority.keyless, identity);
    if (refusal === undefined) accepted.push(authority);
    else refusals.push(refusal);
  }
  if (accepted.length === 0) {
    // Good but for the identity tells more than bad under another authority's root.
    const best = refusals.find(({ code }) => code?.endsWith('_MISMATCH') === true) ?? refusals[0];
    return { refused: best ?? { reason: 'was signed with a certificate, which no authority here is about' } };
  }
  return {
    signer: { kind: 'certificate', ...identity, signedAt: signedAt(bundle, accepted.some(asksForLog)) },
    authorities: accepted.map(({ name }) => name),
  };
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
  artifact: Buffer | undefined,
): Refused | undefined {
  const { root, logThreshold, timestampThreshold } = authority.keyless;
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
