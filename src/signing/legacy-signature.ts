// cosign's signature as a layer of the `.sig` manifest: simple-signing bytes, the rest in annotations (cosign's
// SIGNATURE_SPEC.md). A certified one is put into the form of a bundle, so that one verifier judges both.
import { bundleFromJSON, type Bundle } from '@sigstore/bundle';
import { HashAlgorithm } from '@sigstore/protobuf-specs';
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Digest } from '../oci/digest.ts';

/** The annotations that cosign stores a signature's parts in. */
export const legacyAnnotations = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  chain: 'dev.sigstore.cosign/chain',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
  logEntry: 'dev.sigstore.cosign/bundle',
} as const;

/** What the critical part's type says in a signature, as against another document signed alike. */
export const legacyType = 'cosign container image signature';

const payloadSchema = z.object({
  critical: z.object({
    type: z.literal(legacyType),
    image: z.object({ 'docker-manifest-digest': z.string().max(128) }),
    identity: z.object({ 'docker-reference': z.string().max(1024) }).optional(),
  }),
});

const base64 = z
  .string()
  .max(32_768)
  .regex(/^[A-Za-z0-9+/]+={0,2}$/u);

const timestampSchema = z.object({ SignedRFC3161Timestamp: base64 });

const logEntrySchema = z.object({
  SignedEntryTimestamp: base64,
  Payload: z.object({
    body: base64,
    integratedTime: z.int().min(1),
    logIndex: z.int().min(0),
    logID: z.string().regex(/^[0-9a-f]{64}$/u),
  }),
});

const bodySchema = z.object({ kind: z.string().max(64), apiVersion: z.string().max(64) });

export type LegacySignature = {
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** Present where it was signed with a certificate. */
  readonly bundle: Bundle | undefined;
};

/** The bytes that are signed for an artifact, as cosign writes them; the reference informs, it decides nothing. */
export function formatLegacyPayload(subject: Digest, reference: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': reference },
        image: { 'docker-manifest-digest': subject },
        type: legacyType,
      },
      optional: null,
    }),
  );
}

/** The digest that a payload is a signature of, or undefined where it is none. */
export function legacySubject(payload: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
    return payloadSchema.parse(JSON.parse(text)).critical.image['docker-manifest-digest'];
  } catch {
    return undefined;
  }
}

/** Reads a layer's parts; says why where they are not a signature. */
export function readLegacySignature(
  payload: Uint8Array,
  annotations: Readonly<Record<string, string>>,
): LegacySignature | string {
  const parts = new Map(Object.entries(annotations));
  const signature = base64.safeParse(parts.get(legacyAnnotations.signature));
  if (!signature.success) return 'has no signature in its annotations';
  const bytes = Buffer.from(payload);
  const certificate = parts.get(legacyAnnotations.certificate);
  if (certificate === undefined || certificate === '') {
    return { payload: bytes, signature: Buffer.from(signature.data, 'base64'), bundle: undefined };
  }
  try {
    const bundle = bundleFromJSON({
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
      verificationMaterial: {
        x509CertificateChain: { certificates: [{ rawBytes: singleCertificate(certificate) }] },
        tlogEntries: logEntries(parts.get(legacyAnnotations.logEntry)),
        timestampVerificationData: { rfc3161Timestamps: timestamps(parts.get(legacyAnnotations.timestamp)) },
      },
      messageSignature: {
        messageDigest: {
          algorithm: HashAlgorithm[HashAlgorithm.SHA2_256],
          digest: createHash('sha256').update(bytes).digest('base64'),
        },
        signature: signature.data,
      },
    });
    return { payload: bytes, signature: Buffer.from(signature.data, 'base64'), bundle };
  } catch {
    return 'has a certificate, log entry or timestamp that can not be read';
  }
}

/** base64 of the DER in one PEM block; several would leave open which one signed. */
function singleCertificate(pem: string): string {
  const match =
    /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]{1,32768})-----END CERTIFICATE-----\s*$/u.exec(pem);
  if (match?.[1] === undefined) throw new Error('not one certificate');
  return match[1].replaceAll(/\s/gu, '');
}

function timestamps(json: string | undefined): readonly object[] {
  if (json === undefined || json === '') return [];
  const { SignedRFC3161Timestamp } = timestampSchema.parse(JSON.parse(json));
  return [{ signedTimestamp: SignedRFC3161Timestamp }];
}

/** A promise of Rekor v1, the only kind of log entry that this format carries. */
function logEntries(json: string | undefined): readonly object[] {
  if (json === undefined || json === '') return [];
  const { SignedEntryTimestamp, Payload } = logEntrySchema.parse(JSON.parse(json));
  const { kind, apiVersion } = bodySchema.parse(JSON.parse(Buffer.from(Payload.body, 'base64').toString()));
  return [
    {
      logIndex: String(Payload.logIndex),
      logId: { keyId: Buffer.from(Payload.logID, 'hex').toString('base64') },
      kindVersion: { kind, version: apiVersion },
      integratedTime: String(Payload.integratedTime),
      inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
      canonicalizedBody: Payload.body,
    },
  ];
}
