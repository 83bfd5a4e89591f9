// Issues X.509 certificates (RFC 5280) for the private Sigstore's authorities: ECDSA P-256 with SHA-256 throughout.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  bitString,
  element,
  integer,
  objectIdentifier,
  octetString,
  readElements,
  sequence,
  set,
  utcTime,
  utf8String,
} from './der.ts';

export type KeyPair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

export type Subject = { readonly organization: string; readonly commonName: string };

/** What a certificate may be used for. */
export type Role =
  'root' | 'code-signing-intermediate' | 'timestamping' | 'loopback-server' | 'server' | 'client';

export type Authority = KeyPair & { readonly subject: Subject; readonly certificate: Buffer };

export type Validity = { readonly start: Date; readonly end: Date };

const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
const mayCertify = Buffer.from([0b0000_0110]);
const maySign = Buffer.from([0b1000_0000]);
const isTrue = element(0x01, Buffer.from([0xff]));
const extensionsOf: Readonly<Record<Role, readonly Buffer[]>> = {
  root: [basicConstraints(isTrue), keyUsage(mayCertify, 1)],
  'code-signing-intermediate': [
    basicConstraints(isTrue, integer(Buffer.from([0]))),
    keyUsage(mayCertify, 1),
    extendedKeyUsage('1.3.6.1.5.5.7.3.3', false),
  ],
  // RFC 3161 2.3: this usage alone, and critical.
  timestamping: [basicConstraints(), keyUsage(maySign, 7), extendedKeyUsage('1.3.6.1.5.5.7.3.8', true)],
  'loopback-server': [
    basicConstraints(),
    keyUsage(maySign, 7),
    extendedKeyUsage('1.3.6.1.5.5.7.3.1', false),
    extension('2.5.29.17', sequence(element(0x87, Buffer.from([127, 0, 0, 1])))),
  ],
  server: [basicConstraints(), keyUsage(maySign, 7), extendedKeyUsage('1.3.6.1.5.5.7.3.1', false)],
  client: [basicConstraints(), keyUsage(maySign, 7), extendedKeyUsage('1.3.6.1.5.5.7.3.2', false)],
};

export type Issuing = {
  readonly validity: Validity;
  readonly issuer?: Authority;
  /** Host names that it is for. */
  readonly names?: readonly string[];
};

/** An authority with a new key and its certificate in DER, issued by another one or by itself. */
export function createAuthority(
  subject: Subject,
  role: Role,
  { validity, issuer, names = [] }: Issuing,
): Authority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = issuer ?? { ...pair, subject };
  const toBeSigned = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    ecdsaWithSha256,
    nameOf(signer.subject),
    sequence(utcTime(validity.start), utcTime(validity.end)),
    nameOf(subject),
    encodedPublicKey(pair.publicKey),
    element(
      0xa3,
      sequence(
        ...extensionsOf[role],
        ...(names.length === 0 ? [] : [alternativeNames(names)]),
        extension('2.5.29.14', octetString(keyIdentifier(pair.publicKey))),
        extension('2.5.29.35', sequence(element(0x80, keyIdentifier(signer.publicKey)))),
      ),
    ),
  );
  const signature = sign('sha256', toBeSigned, signer.privateKey);
  return { ...pair, subject, certificate: sequence(toBeSigned, ecdsaWithSha256, bitString(signature)) };
}

/** A public key as SubjectPublicKeyInfo in DER. */
export function encodedPublicKey(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

/** A private key in PEM, encrypted if there is a password. */
export function privateKeyPem(key: KeyObject, passphrase?: string): string {
  const format = { type: 'pkcs8', format: 'pem' } as const;
  // Without encryption and with it are two overloads.
  if (passphrase === undefined) return key.export(format).toString();
  return key.export({ ...format, cipher: 'aes-256-cbc', passphrase }).toString();
}

/** Certificates in PEM, one after another. */
export function certificatePem(...certificates: readonly Buffer[]): string {
  return certificates
    .map((bytes) => (bytes.toString('base64').match(/.{1,64}/gu) ?? []).join('\n'))
    .map((body) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`)
    .join('');
}

function extension(id: string, value: Uint8Array, isCritical = false): Buffer {
  return sequence(objectIdentifier(id), ...(isCritical ? [isTrue] : []), octetString(value));
}

function alternativeNames(names: readonly string[]): Buffer {
  return extension('2.5.29.17', sequence(...names.map((name) => element(0x82, Buffer.from(name)))));
}

function basicConstraints(...parts: readonly Uint8Array[]): Buffer {
  return extension('2.5.29.19', sequence(...parts), true);
}

function keyUsage(bits: Uint8Array, unusedBits: number): Buffer {
  return extension('2.5.29.15', bitString(bits, unusedBits), true);
}

function extendedKeyUsage(purpose: string, isCritical: boolean): Buffer {
  return extension('2.5.29.37', sequence(objectIdentifier(purpose)), isCritical);
}

function nameOf({ organization, commonName }: Subject): Buffer {
  const attribute = (id: string, text: string): Buffer =>
    set(sequence(objectIdentifier(id), utf8String(text)));
  return sequence(attribute('2.5.4.10', organization), attribute('2.5.4.3', commonName));
}

/** RFC 5280 4.2.1.2 (1): SHA-1 over the key's bits, as a name and not as a protection. */
function keyIdentifier(key: KeyObject): Buffer {
  const [info] = readElements(encodedPublicKey(key));
  const bits = readElements(info?.content ?? Buffer.alloc(0))[1];
  return createHash('sha1')
    .update(bits?.content.subarray(1) ?? Buffer.alloc(0))
    .digest();
}
