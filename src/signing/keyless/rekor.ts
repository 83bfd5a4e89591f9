// An entry in a transparency log, of Rekor v1 or v2. v2 takes a hashed record only, of an envelope over its
// pre-authentication encoding; v1 takes the envelope itself (rekor-tiles, CLIENTS.md).
import type { TransparencyLogEntry } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import {
  PublicKeyDetails,
  publicKeyDetailsToJSON,
  TransparencyLogEntry as LogEntry,
} from '@sigstore/protobuf-specs';
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { payloadType } from '../statement.ts';
import type { SignedContent } from '../signer.ts';
import { formatCertificate } from '../pem.ts';
import { serviceError, type Ask, type ServiceAnswer, type ServiceRequest } from './ask.ts';
import { endpoint, type LogService } from './services.ts';

/** What is logged: content, its signature, and the DER of the certificate. */
export type Logged = {
  readonly content: SignedContent;
  readonly signature: Buffer;
  readonly certificate: Buffer;
};

/**
 * Writes an entry and gives its proof.
 * @throws SigningError `LOG_ENTRY_FAILED`
 */
export async function addLogEntry(
  ask: Ask,
  log: LogService,
  logged: Logged,
  signal?: AbortSignal,
): Promise<TransparencyLogEntry> {
  const isV2 = log.version === 2;
  const request: ServiceRequest = {
    service: 'transparency log',
    code: 'LOG_ENTRY_FAILED',
    hint: `Is it Rekor v${log.version}? Say so with --rekor-version.`,
    method: 'POST',
    url: endpoint(log.url, isV2 ? 'api/v2/log/entries' : 'api/v1/log/entries'),
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: Buffer.from(JSON.stringify(isV2 ? recordV2(logged) : recordV1(logged))),
  };
  const answer = await ask({ ...request, ...(isV2 ? {} : { alsoAccepted: 409 }) }, signal);
  const { body } = answer.status === 409 ? await ask(presentRequest(log, request, answer), signal) : answer;
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    const entry = isV2 ? LogEntry.fromJSON(json) : parseV1(json);
    const { logId, kindVersion } = entry;
    if (logId === undefined || kindVersion === undefined) throw new Error('entry without log');
    if (entry.inclusionProof === undefined) throw new Error('entry without proof');
    return { ...entry, logId, kindVersion };
  } catch {
    throw serviceError(request, 'gave no entry that can be read');
  }
}

/** Asks for an entry that is there already, because the answer to an earlier try was lost. */
function presentRequest(log: LogService, request: ServiceRequest, conflict: ServiceAnswer): ServiceRequest {
  // Only the id is taken: the address that the log names may be anywhere.
  const id = /\/([0-9a-f]{64,80})$/u.exec(conflict.header('location') ?? '')?.[1];
  if (id === undefined) throw serviceError(request, 'has the entry already, and does not say where');
  const { service, code } = request;
  return { service, code, method: 'GET', url: endpoint(log.url, `api/v1/log/entries/${id}`) };
}

/** The bytes that the signature is over. */
function signedBytes(content: SignedContent): Uint8Array {
  if (content.kind === 'blob') return content.bytes;
  return dsse.preAuthEncoding(payloadType, Buffer.from(content.payload));
}

function digestOf(content: SignedContent): Buffer {
  return createHash('sha256').update(signedBytes(content)).digest();
}

function recordV2({ content, signature, certificate }: Logged): object {
  return {
    hashedRekordRequestV002: {
      digest: digestOf(content).toString('base64'),
      signature: {
        content: signature.toString('base64'),
        verifier: {
          keyDetails: publicKeyDetailsToJSON(PublicKeyDetails.PKIX_ECDSA_P256_SHA_256),
          x509Certificate: { rawBytes: certificate.toString('base64') },
        },
      },
    },
  };
}

function recordV1({ content, signature, certificate }: Logged): object {
  const verifier = Buffer.from(formatCertificate(certificate)).toString('base64');
  if (content.kind === 'blob') {
    return {
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: {
        data: { hash: { algorithm: 'sha256', value: digestOf(content).toString('hex') } },
        signature: { content: signature.toString('base64'), publicKey: { content: verifier } },
      },
    };
  }
  const envelope = {
    payloadType,
    payload: Buffer.from(content.payload).toString('base64'),
    signatures: [{ sig: signature.toString('base64') }],
  };
  return {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: { proposedContent: { envelope: JSON.stringify(envelope), verifiers: [verifier] } },
  };
}

const base64 = z.base64().max(128 * 1024);
const hex = z.string().regex(/^(?:[0-9a-f]{2}){1,64}$/u);
const counter = z.int().min(0);

const entrySchema = z.object({
  body: base64,
  integratedTime: counter,
  logID: hex,
  logIndex: counter,
  verification: z.object({
    signedEntryTimestamp: base64,
    inclusionProof: z.object({
      checkpoint: z.string().max(8192),
      hashes: z.array(hex).max(64),
      logIndex: counter,
      rootHash: hex,
      treeSize: counter,
    }),
  }),
});

const answerSchema = z
  .record(z.string().max(128), entrySchema)
  .refine((entries) => Object.keys(entries).length === 1, { error: 'is not one entry' });

const bodySchema = z.object({ kind: z.string().max(64), apiVersion: z.string().max(64) });

function parseV1(json: unknown): ReturnType<typeof LogEntry.fromJSON> {
  const [entry] = Object.values(answerSchema.parse(json));
  if (entry === undefined) throw new Error('no entry');
  const { kind, apiVersion } = bodySchema.parse(JSON.parse(Buffer.from(entry.body, 'base64').toString()));
  const { signedEntryTimestamp, inclusionProof } = entry.verification;
  const toBase64 = (text: string): string => Buffer.from(text, 'hex').toString('base64');
  return LogEntry.fromJSON({
    logIndex: String(entry.logIndex),
    logId: { keyId: toBase64(entry.logID) },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(inclusionProof.logIndex),
      rootHash: toBase64(inclusionProof.rootHash),
      treeSize: String(inclusionProof.treeSize),
      hashes: inclusionProof.hashes.map(toBase64),
      checkpoint: { envelope: inclusionProof.checkpoint },
    },
    canonicalizedBody: entry.body,
  });
}
