// The time of a signature, from a timestamp authority (RFC 3161). The request is the standard's own, so that any
// authority answers it; the answer is about this signature and this request, or it is refused.
import { RFC3161Timestamp } from '@sigstore/core';
import { createHash, randomBytes } from 'node:crypto';
import { derBoolean, derInteger, derNull, derOctetString, derOid, derSequence } from '../der.ts';
import { serviceError, type Ask, type ServiceRequest } from './ask.ts';

const GRANTED = 0n;
const GRANTED_WITH_MODS = 1n;

/**
 * A signed timestamp of a signature.
 * @param url the authority's full URL
 * @throws SigningError `TIMESTAMP_FAILED`
 */
export async function fetchTimestamp(
  ask: Ask,
  url: string,
  signature: Buffer<ArrayBuffer>,
  signal?: AbortSignal,
): Promise<Buffer> {
  const nonce = derInteger(randomBytes(8));
  const request: ServiceRequest = {
    service: 'timestamp authority',
    code: 'TIMESTAMP_FAILED',
    hint: 'Give its full URL, such as https://HOST/api/v1/timestamp.',
    method: 'POST',
    url: new URL(url),
    headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
    body: formatRequest(signature, nonce),
  };
  const { body } = await ask(request, signal);
  const answer = Buffer.from(body);
  let timestamp: RFC3161Timestamp;
  let isGranted: boolean;
  try {
    timestamp = RFC3161Timestamp.parse(answer);
    isGranted = timestamp.status === GRANTED || timestamp.status === GRANTED_WITH_MODS;
  } catch {
    throw serviceError(request, 'gave no timestamp that can be read');
  }
  if (!isGranted) throw serviceError(request, `refused with status ${timestamp.status}`);
  try {
    timestamp.tstInfo.verify(signature);
    if (!timestamp.tstInfo.root.subs.some((part) => part.toDER().equals(nonce))) throw new Error('nonce');
  } catch {
    throw serviceError(request, 'gave a timestamp of something else');
  }
  return answer;
}

/** TimeStampReq (RFC 3161, 2.4.1), asking for the authority's certificate. */
function formatRequest(signature: Uint8Array, nonce: Buffer): Buffer {
  const sha256 = derSequence(derOid('2.16.840.1.101.3.4.2.1'), derNull());
  const digest = derOctetString(createHash('sha256').update(signature).digest());
  return derSequence(derInteger(Uint8Array.of(1)), derSequence(sha256, digest), nonce, derBoolean(true));
}
