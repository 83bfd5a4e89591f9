// A certificate transparency log (RFC 6962) that promises everything and keeps nothing: Fulcio only needs the signed
// certificate timestamp of add-pre-chain.
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { errorMessageOf } from '../../../src/errors.ts';
import { encodedPublicKey } from './certificates.ts';
import { element, objectIdentifier, readElements, sequence } from './der.ts';
import { type Listening, listenOnLoopback } from './loopback.ts';

export type CertificateLog = Listening & {
  readonly publicKey: KeyObject;
  /** SHA-256 of the public key. */
  readonly id: Buffer;
};

const poison = objectIdentifier('1.3.6.1.4.1.11129.2.4.3');
const extensionsTag = 0xa3;
const requestSchema = z.object({ chain: z.tuple([z.base64(), z.base64()], z.base64()) });

/** Starts it with a new key. */
export async function startCertificateLog(): Promise<CertificateLog> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = createHash('sha256').update(encodedPublicKey(publicKey)).digest();
  const server = createServer((request, response) => {
    if (request.method !== 'POST' || request.url !== '/ct/v1/add-pre-chain') {
      response.writeHead(404).end();
      return;
    }
    json(request)
      .then((body) => {
        const [certificate, issuer] = requestSchema
          .parse(body)
          .chain.map((text) => Buffer.from(text, 'base64'));
        if (certificate === undefined || issuer === undefined) throw new Error('the chain has no issuer');
        const promise = promiseOf(certificate, issuer, privateKey);
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify({ sct_version: 0, id: id.toString('base64'), extensions: '', ...promise }),
        );
      })
      .catch((error: unknown) => response.writeHead(400).end(errorMessageOf(error)));
  });
  return { ...(await listenOnLoopback(server)), publicKey, id };
}

type SignedTimestamp = { readonly timestamp: number; readonly signature: string };

/** RFC 6962 3.2: what is signed is the certificate without its poison, tied to the issuer's key. */
function promiseOf(certificate: Buffer, issuer: Buffer, key: KeyObject): SignedTimestamp {
  const timestamp = Date.now();
  const toBeSigned = withoutPoison(certificate);
  const head = Buffer.alloc(12);
  head.writeBigUInt64BE(BigInt(timestamp), 2);
  head.writeUInt16BE(1, 10);
  const length = Buffer.alloc(3);
  length.writeUIntBE(toBeSigned.length, 0, 3);
  const issuerKeyHash = createHash('sha256').update(publicKeyInfo(issuer)).digest();
  const noExtensions = Buffer.alloc(2);
  const signature = sign(
    'sha256',
    Buffer.concat([head, issuerKeyHash, length, toBeSigned, noExtensions]),
    key,
  );
  // SHA-256 and ECDSA in TLS 1.2's numbers, then the length.
  const prefix = Buffer.from([4, 3, signature.length >> 8, signature.length & 0xff]);
  return { timestamp, signature: Buffer.concat([prefix, signature]).toString('base64') };
}

function withoutPoison(certificate: Buffer): Buffer {
  const parts = partsOf(certificate).map(({ tag, bytes, content }) => {
    if (tag !== extensionsTag) return bytes;
    const [list] = readElements(content);
    const extensions = readElements(list?.content ?? Buffer.alloc(0)).filter(
      (extension) => !extension.content.subarray(0, poison.length).equals(poison),
    );
    return element(extensionsTag, sequence(...extensions.map(({ bytes }) => bytes)));
  });
  return sequence(...parts);
}

function publicKeyInfo(certificate: Buffer): Buffer {
  // After version, serial number, algorithm, issuer, validity and subject.
  const info = partsOf(certificate)[6];
  if (info === undefined) throw new Error('the issuer has no public key');
  return info.bytes;
}

/** What stands in the signed part of a certificate. */
function partsOf(certificate: Buffer): ReturnType<typeof readElements> {
  const [whole] = readElements(certificate);
  const [toBeSigned] = readElements(whole?.content ?? Buffer.alloc(0));
  return readElements(toBeSigned?.content ?? Buffer.alloc(0));
}
