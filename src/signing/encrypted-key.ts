// cosign's encrypted private keys: PEM around JSON around scrypt and NaCl's secretbox (XSalsa20-Poly1305), holding
// PKCS#8 DER. Parameters come from the file and are bounded before they cost memory or time.
import { randomBytes, scrypt, type ScryptOptions } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import * as z from 'zod';
import { SigningError } from '../errors.ts';
import { signingLimits } from '../limits.ts';

const PEM =
  /-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END ENCRYPTED \1 PRIVATE KEY-----/u;

const fileSchema = z.object({
  kdf: z.object({
    name: z.literal('scrypt'),
    params: z.object({
      N: z.int().min(2).max(signingLimits.scryptMaxN),
      r: z.int().min(1).max(signingLimits.scryptMaxR),
      p: z.int().min(1).max(signingLimits.scryptMaxP),
    }),
    salt: z.base64(),
  }),
  cipher: z.object({ name: z.literal('nacl/secretbox'), nonce: z.base64() }),
  ciphertext: z.base64(),
});

/** Whether a PEM text is an encrypted key of cosign's. */
export function isEncryptedKey(pem: string): boolean {
  return /-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----/u.test(pem);
}

/**
 * The PKCS#8 DER inside.
 * @throws SigningError `KEY_INVALID`, `KEY_PASSWORD_WRONG`
 */
export async function decryptKey(pem: string, password: string): Promise<Buffer> {
  const { kdf, cipher, ciphertext } = parseKeyFile(pem);
  const key = await deriveKey(password, Buffer.from(kdf.salt, 'base64'), kdf.params);
  const nonce = Buffer.from(cipher.nonce, 'base64');
  if (nonce.byteLength !== 24) throw invalidFile();
  try {
    return Buffer.from(xsalsa20poly1305(key, nonce).decrypt(Buffer.from(ciphertext, 'base64')));
  } catch {
    throw new SigningError('KEY_PASSWORD_WRONG', 'signing key can not be decrypted with this password', {
      hint: 'Set COSIGN_PASSWORD to the password that the key was made with (empty if it has none).',
    });
  }
}

/** The PEM file for a PKCS#8 DER, with cosign's own parameters. */
export async function encryptKey(der: Buffer, password: string): Promise<string> {
  const params = { N: 65_536, r: 8, p: 1 };
  const salt = randomBytes(32);
  const nonce = randomBytes(24);
  const key = await deriveKey(password, salt, params);
  const file = {
    kdf: { name: 'scrypt', params, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: Buffer.from(xsalsa20poly1305(key, nonce).encrypt(der)).toString('base64'),
  };
  const body = Buffer.from(JSON.stringify(file)).toString('base64').replaceAll(/.{64}/gu, '$&\n').trimEnd();
  return `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n${body}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n`;
}

function parseKeyFile(pem: string): z.infer<typeof fileSchema> {
  const body = PEM.exec(pem)?.[2] ?? '';
  try {
    return fileSchema.parse(JSON.parse(Buffer.from(body, 'base64').toString('utf8')));
  } catch {
    throw invalidFile();
  }
}

function deriveKey(
  password: string,
  salt: Buffer,
  params: Pick<ScryptOptions, 'N' | 'r' | 'p'>,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Node's default maxmem of 32 MiB is below what cosign's parameters need (64 MiB).
    const options = { ...params, maxmem: signingLimits.scryptMaxMemory };
    scrypt(password, salt, 32, options, (error, key) => {
      if (error) reject(invalidFile());
      else resolve(key);
    });
  });
}

function invalidFile(): SigningError {
  return new SigningError(
    'KEY_INVALID',
    'encrypted signing key is damaged, or its parameters are out of bounds',
  );
}
