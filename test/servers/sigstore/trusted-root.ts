// The two files that tell a client of a private Sigstore: the trusted root (whose signatures count) and the signing
// configuration (which servers to ask). https://github.com/sigstore/protobuf-specs, sigstore_trustroot.proto
import { createHash, type KeyObject } from 'node:crypto';
import { type Authority, encodedPublicKey, type Validity } from './certificates.ts';
import { rekorOrigin } from './processes.ts';

export type TrustDomain = {
  readonly fulcioUrl: string;
  readonly rekorUrl: string;
  readonly timestampUrl: string;
  readonly issuer: string;
  /** From the issuing authority to its root. */
  readonly certificateChain: readonly Authority[];
  readonly timestampChain: readonly Authority[];
  readonly rekorKey: KeyObject;
  readonly certificateLog: { readonly url: string; readonly publicKey: KeyObject; readonly id: Buffer };
  readonly validity: Validity;
};

/** What is left out of a trusted root, or limited. */
export type TrustedRootOptions = {
  readonly tlogs?: boolean;
  readonly ctlogs?: boolean;
  readonly timestampAuthorities?: boolean;
  /** When certificates of Fulcio's authority count, as RFC 3339 times. */
  readonly certificateValidity?: { readonly start?: string; readonly end?: string };
};

export type SigningConfigOptions = { readonly rekor?: boolean; readonly timestamps?: boolean };

/** The trusted root in the form of version 0.1, which sigstore-js and cosign read. */
export function trustedRootOf(domain: TrustDomain, options: TrustedRootOptions = {}): object {
  const { tlogs = true, ctlogs = true, timestampAuthorities = true, certificateValidity = {} } = options;
  const { certificateLog, rekorKey } = domain;
  const start = domain.validity.start.toISOString();
  const tlog = logOf(domain.rekorUrl, rekorKey, {
    id: rekorLogId(rekorKey),
    start,
    keyDetails: 'PKIX_ED25519',
  });
  const ctlog = logOf(certificateLog.url, certificateLog.publicKey, {
    id: certificateLog.id,
    start,
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
  });
  const certificateAuthority = authorityOf(domain.fulcioUrl, domain.certificateChain, {
    start,
    ...certificateValidity,
  });
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: tlogs ? [tlog] : [],
    certificateAuthorities: [certificateAuthority],
    ctlogs: ctlogs ? [ctlog] : [],
    timestampAuthorities: timestampAuthorities
      ? [authorityOf(domain.timestampUrl, domain.timestampChain, { start })]
      : [],
  };
}

/** The signing configuration in the form of version 0.2. */
export function signingConfigOf(domain: TrustDomain, options: SigningConfigOptions = {}): object {
  const { rekor = true, timestamps = true } = options;
  const start = domain.validity.start.toISOString();
  const service = (url: string, majorApiVersion: number): object => ({
    url,
    majorApiVersion,
    validFor: { start },
    operator: 'sealift-test',
  });
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service(domain.fulcioUrl, 1)],
    oidcUrls: [service(domain.issuer, 1)],
    rekorTlogUrls: rekor ? [service(domain.rekorUrl, 2)] : [],
    rekorTlogConfig: rekor ? { selector: 'ANY' } : {},
    tsaUrls: timestamps ? [service(`${domain.timestampUrl}/api/v1/timestamp`, 1)] : [],
    tsaConfig: timestamps ? { selector: 'ANY' } : {},
  };
}

type LogDetails = { readonly id: Buffer; readonly start: string; readonly keyDetails: string };

function logOf(baseUrl: string, key: KeyObject, { id, start, keyDetails }: LogDetails): object {
  return {
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: encodedPublicKey(key).toString('base64'), keyDetails, validFor: { start } },
    logId: { keyId: id.toString('base64') },
  };
}

function authorityOf(uri: string, chain: readonly Authority[], validFor: object): object {
  return {
    subject: chain.at(-1)?.subject,
    uri,
    certChain: {
      certificates: chain.map(({ certificate }) => ({ rawBytes: certificate.toString('base64') })),
    },
    validFor,
  };
}

/** https://c2sp.org/signed-note: the hash that names an Ed25519 key together with its origin. */
function rekorLogId(key: KeyObject): Buffer {
  const rawKey = encodedPublicKey(key).subarray(-32);
  return createHash('sha256')
    .update(`${rekorOrigin}\n`)
    .update(Buffer.from([1]))
    .update(rawKey)
    .digest();
}
