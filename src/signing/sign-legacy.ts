// cosign's legacy signature: the text that says which digest is meant, and the annotations that carry its signature and,
// of a certificate, all that shows who signed and when.
import { SigningError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { formatLegacyPayload, legacyAnnotations } from './legacy-signature.ts';
import { formatCertificate } from './pem.ts';
import type { CertifiedSignature, Signer } from './signer.ts';

export type LegacyLayer = {
  readonly payload: Buffer;
  readonly annotations: Readonly<Record<string, string>>;
};

/**
 * Signs an artifact's digest.
 * @param repository HOST/PATH, which informs readers and decides nothing
 * @throws SigningError as the signer does
 */
export async function signLegacy(
  signer: Signer,
  subject: Digest,
  repository: string,
  signal?: AbortSignal,
): Promise<LegacyLayer> {
  const payload = formatLegacyPayload(subject, repository);
  if (signer.kind === 'key') {
    const signature = Buffer.from(await signer.sign(payload, signal)).toString('base64');
    return { payload, annotations: { [legacyAnnotations.signature]: signature } };
  }
  const signed = await signer.sign({ kind: 'blob', bytes: payload }, signal);
  return { payload, annotations: certifiedAnnotations(signed) };
}

function certifiedAnnotations(signed: CertifiedSignature): Readonly<Record<string, string>> {
  const { signature, certificate, chain, timestamps, logEntries } = signed;
  const [timestamp] = timestamps;
  const [entry] = logEntries;
  return {
    [legacyAnnotations.signature]: signature.toString('base64'),
    [legacyAnnotations.certificate]: formatCertificate(certificate),
    ...(chain.length === 0 ? {} : { [legacyAnnotations.chain]: chain.map(formatCertificate).join('') }),
    ...(timestamp === undefined
      ? {}
      : {
          [legacyAnnotations.timestamp]: JSON.stringify({
            SignedRFC3161Timestamp: timestamp.toString('base64'),
          }),
        }),
    ...(entry === undefined ? {} : { [legacyAnnotations.logEntry]: formatLogEntry(entry) }),
  };
}

/** Rekor v1's promise, in cosign's form. */
function formatLogEntry(entry: CertifiedSignature['logEntries'][number]): string {
  if (entry.inclusionPromise === undefined) {
    throw new SigningError('LOG_ENTRY_FAILED', 'transparency log gave an entry without a promise');
  }
  return JSON.stringify({
    SignedEntryTimestamp: Buffer.from(entry.inclusionPromise.signedEntryTimestamp).toString('base64'),
    Payload: {
      body: Buffer.from(entry.canonicalizedBody).toString('base64'),
      integratedTime: Number(entry.integratedTime),
      logIndex: Number(entry.logIndex),
      logID: Buffer.from(entry.logId.keyId).toString('hex'),
    },
  });
}
