// Certificates, timestamps and trusted roots without a server: what Fulcio and a timestamp authority would give, and
// what they never would.
import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  certificatePem,
  createAuthority,
  encodedPublicKey,
  privateKeyPem,
  type Authority,
} from '../servers/sigstore/certificates.ts';
import {
  bitString,
  element,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  utcTime,
  utf8String,
} from '../servers/sigstore/der.ts';
import { trustedRootOf, type TrustedRootOptions } from '../servers/sigstore/trusted-root.ts';
import { withTempDir } from './temp.ts';

const run = promisify(execFile);
const fulcioArc = '1.3.6.1.4.1.57264.1';
const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

/** One X.509 extension in DER. */
export function extension(id: string, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(id), octetString(value));
}

/** An extension of Fulcio's, by the last arc of its OID; from .8 on their values are UTF8Strings. */
export function fulcioExtension(arc: number, value: Uint8Array | string): Buffer {
  if (typeof value !== 'string') return extension(`${fulcioArc}.${arc}`, value);
  return extension(`${fulcioArc}.${arc}`, arc < 8 ? Buffer.from(value) : utf8String(value));
}

export const forCodeSigning: Buffer = extension('2.5.29.37', sequence(objectIdentifier('1.3.6.1.5.5.7.3.3')));
export const forServers: Buffer = extension('2.5.29.37', sequence(objectIdentifier('1.3.6.1.5.5.7.3.1')));

/** GeneralNames: `uri` and `email` are subjects, `dns` is none. */
export function subjectNames(...names: readonly (readonly ['uri' | 'email' | 'dns', string])[]): Buffer {
  const tags = { email: 0x81, dns: 0x82, uri: 0x86 };
  return extension(
    '2.5.29.17',
    sequence(...names.map(([kind, text]) => element(tags[kind], Buffer.from(text)))),
  );
}

export type Leaf = {
  readonly certificate: Buffer;
  sign(data: Uint8Array): Buffer;
};

const validity = { start: new Date('2026-01-01T00:00:00Z'), end: new Date('2036-01-01T00:00:00Z') };

/** A private trust domain: an authority for certificates and one for timestamps. */
export type TrustDomain = {
  readonly issuer: Authority;
  readonly timestamps: Authority;
  readonly certificateChain: readonly Authority[];
  readonly timestampChain: readonly Authority[];
};

export function createTrustDomain(): TrustDomain {
  const root = createAuthority({ organization: 'test', commonName: 'root' }, 'root', { validity });
  const issuer = createAuthority(
    { organization: 'test', commonName: 'issuer' },
    'code-signing-intermediate',
    {
      validity,
      issuer: root,
    },
  );
  const timestamps = createAuthority({ organization: 'test', commonName: 'time' }, 'timestamping', {
    validity,
    issuer: root,
  });
  return {
    issuer,
    timestamps,
    certificateChain: [issuer, root],
    timestampChain: [timestamps, root],
  };
}

/** The JSON of a trusted root; without logs, unless told otherwise. */
export function rootTextOf(
  { certificateChain, timestampChain }: TrustDomain,
  options: TrustedRootOptions = {},
): string {
  const log = generateKeyPairSync('ed25519');
  const certificateLog = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return JSON.stringify(
    trustedRootOf(
      {
        fulcioUrl: 'https://fulcio.test',
        rekorUrl: 'https://rekor.test',
        timestampUrl: 'https://time.test',
        issuer: 'https://issuer.test',
        certificateChain,
        timestampChain,
        rekorKey: log.publicKey,
        certificateLog: {
          url: 'https://ct.test',
          publicKey: certificateLog.publicKey,
          id: Buffer.alloc(32, 1),
        },
        validity,
      },
      { tlogs: false, ctlogs: false, ...options },
    ),
  );
}

/** A certificate with exactly these extensions, valid for ten minutes from a time on. */
export function issueLeaf(
  issuer: Authority,
  extensions: readonly Uint8Array[],
  start: Date = new Date(),
): Leaf {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // A certificate counts in whole seconds.
  const from = new Date(Math.floor(start.getTime() / 1000) * 1000 - 1000);
  const toBeSigned = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.from([1, 2, 3])),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(utcTime(from), utcTime(new Date(from.getTime() + 600_000))),
    sequence(),
    encodedPublicKey(pair.publicKey),
    element(0xa3, sequence(...extensions)),
  );
  const signature = signWith(issuer.privateKey, toBeSigned);
  return {
    certificate: sequence(toBeSigned, ecdsaWithSha256, bitString(signature)),
    sign: (data) => signWith(pair.privateKey, data),
  };
}

function signWith(key: KeyObject, data: Uint8Array): Buffer {
  return sign('sha256', data, key);
}

function nameOf({ subject }: Authority): Buffer {
  const attribute = (id: string, text: string): Buffer =>
    set(sequence(objectIdentifier(id), utf8String(text)));
  return sequence(attribute('2.5.4.10', subject.organization), attribute('2.5.4.3', subject.commonName));
}

/** An RFC 3161 timestamp of now over some bytes, by OpenSSL. */
export async function timestampOf(
  { timestamps, timestampChain }: TrustDomain,
  data: Uint8Array,
): Promise<Buffer> {
  return withTempDir(async (folder) => {
    const path = (name: string): string => join(folder, name);
    await writeFile(path('data'), data);
    await writeFile(path('key.pem'), privateKeyPem(timestamps.privateKey));
    await writeFile(path('own.pem'), certificatePem(timestamps.certificate));
    await writeFile(
      path('chain.pem'),
      certificatePem(...timestampChain.map(({ certificate }) => certificate)),
    );
    await writeFile(path('serial'), '01\n');
    await writeFile(
      path('tsa.cnf'),
      [
        '[tsa]',
        'default_tsa = here',
        '[here]',
        `serial = ${path('serial')}`,
        'crypto_device = builtin',
        `signer_cert = ${path('own.pem')}`,
        `certs = ${path('chain.pem')}`,
        `signer_key = ${path('key.pem')}`,
        'signer_digest = sha256',
        'default_policy = 1.2.3.4.1',
        'digests = sha256',
        'accuracy = secs:1',
        'ess_cert_id_alg = sha256',
        '',
      ].join('\n'),
    );
    await run('openssl', ['ts', '-query', '-data', path('data'), '-sha256', '-cert', '-out', path('query')]);
    await run('openssl', [
      'ts',
      '-reply',
      '-config',
      path('tsa.cnf'),
      '-queryfile',
      path('query'),
      '-out',
      path('reply'),
    ]);
    return readFile(path('reply'));
  });
}

/** What Fulcio writes for a workflow: usage, subject, issuer in both forms, and claims by arc. */
export function workflowExtensions({
  subject = 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
  issuer = 'https://token.actions.githubusercontent.com',
  claims = {},
}: {
  readonly subject?: string;
  readonly issuer?: string;
  readonly claims?: Readonly<Record<number, string>>;
} = {}): readonly Buffer[] {
  return [
    forCodeSigning,
    subjectNames(['uri', subject]),
    fulcioExtension(1, issuer),
    fulcioExtension(8, issuer),
    ...Object.entries(claims).map(([arc, value]) => fulcioExtension(Number(arc), value)),
  ];
}

/** A log of Rekor's first version: it promises to take an entry in, by signing it with a time. */
export type PromisingLog = {
  /** The member of a trusted root. */
  readonly member: object;
  /** The annotation that cosign stores a promise in. */
  promise(entry: { readonly body: object; readonly integratedTime: number }): object;
};

export function createPromisingLog(): PromisingLog {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = encodedPublicKey(pair.publicKey);
  const id = createHash('sha256').update(key).digest();
  return {
    member: {
      baseUrl: 'https://rekor.test',
      hashAlgorithm: 'SHA2_256',
      publicKey: {
        rawBytes: key.toString('base64'),
        keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        validFor: { start: validity.start.toISOString() },
      },
      logId: { keyId: id.toString('base64') },
    },
    promise: ({ body, integratedTime }) => {
      // Canonical JSON: what is signed has its members in this order.
      const payload = {
        body: Buffer.from(JSON.stringify(body)).toString('base64'),
        integratedTime,
        logID: id.toString('hex'),
        logIndex: 7,
      };
      const signed = signWith(pair.privateKey, Buffer.from(JSON.stringify(payload)));
      return { SignedEntryTimestamp: signed.toString('base64'), Payload: payload };
    },
  };
}

/** Rekor's entry of a signature over some bytes. */
export function hashedRecordOf(data: Uint8Array, signature: Uint8Array, certificate: Buffer): object {
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: createHash('sha256').update(data).digest('hex') } },
      signature: {
        content: Buffer.from(signature).toString('base64'),
        publicKey: { content: Buffer.from(certificatePem(certificate)).toString('base64') },
      },
    },
  };
}
