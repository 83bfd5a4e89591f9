// A statement, signed: the Sigstore bundle that cosign accepts, by key or by certificate. Apart from verification, so
// that who only verifies carries no signing.
import { bundleToJSON, toDSSEBundle, type BundleWithDsseEnvelope } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import { payloadType } from './statement.ts';
import type { KeylessSigner, KeySigner, Signer } from './signer.ts';

/**
 * The JSON bytes of a bundle that holds a statement, signed.
 * @throws SigningError `SIGNER_FAILED`, `IDENTITY_TOKEN_UNAVAILABLE`, `CERTIFICATE_FAILED`, `LOG_ENTRY_FAILED`,
 *   `TIMESTAMP_FAILED`
 */
export async function signStatement(
  signer: Signer,
  statement: Uint8Array,
  signal?: AbortSignal,
): Promise<Buffer> {
  const payload = Buffer.from(statement);
  const bundle =
    signer.kind === 'key'
      ? await signWithKey(signer, payload, signal)
      : await signWithCertificate(signer, payload, signal);
  // The library copies the hint into keyid, and cosign skips a signature whose keyid it does not know.
  for (const signature of bundle.content.dsseEnvelope.signatures) signature.keyid = '';
  return Buffer.from(JSON.stringify(bundleToJSON(bundle)));
}

async function signWithKey(
  signer: KeySigner,
  payload: Buffer<ArrayBuffer>,
  signal?: AbortSignal,
): Promise<BundleWithDsseEnvelope> {
  const signature = await signer.sign(dsse.preAuthEncoding(payloadType, payload), signal);
  return toDSSEBundle({
    artifact: payload,
    artifactType: payloadType,
    signature: Buffer.from(signature),
    keyHint: signer.verifyKey.hint,
  });
}

async function signWithCertificate(
  signer: KeylessSigner,
  payload: Buffer<ArrayBuffer>,
  signal?: AbortSignal,
): Promise<BundleWithDsseEnvelope> {
  const signed = await signer.sign({ kind: 'envelope', payload }, signal);
  const bundle = toDSSEBundle({
    artifact: payload,
    artifactType: payloadType,
    signature: Buffer.from(signed.signature),
    certificate: Buffer.from(signed.certificate),
  });
  return {
    ...bundle,
    verificationMaterial: {
      ...bundle.verificationMaterial,
      tlogEntries: [...signed.logEntries],
      timestampVerificationData: {
        rfc3161Timestamps: signed.timestamps.map((bytes) => ({ signedTimestamp: Buffer.from(bytes) })),
      },
    },
  };
}
