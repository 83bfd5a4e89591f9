// Keys: cosign's encrypted key files, PKCS#8 and SEC1. Only ECDSA P-256 and RSA are taken, since cosign's and Flux's
// verifiers refuse the others.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { SigningError } from '../errors.ts';
import { signingLimits } from '../limits.ts';
import { decryptKey, encryptKey, isEncryptedKey } from './encrypted-key.ts';
import type { KeySigner } from './signer.ts';

/** A public key that signatures may be checked with. */
export type VerifyKey = {
  readonly publicKey: KeyObject;
  /** base64 of the SHA-256 of the DER SubjectPublicKeyInfo, as cosign writes it into bundles; identifies the key. */
  readonly hint: string;
};

/** @throws SigningError `KEY_INVALID` */
export function parseVerifyKey(pem: string): VerifyKey {
  assertKeySize(pem);
  let publicKey: KeyObject;
  try {
    if (!/-----BEGIN (?:RSA )?PUBLIC KEY-----/u.test(pem)) throw new Error('no PEM block of a public key');
    publicKey = createPublicKey(pem);
  } catch (cause) {
    throw new SigningError('KEY_INVALID', 'verification key is not a public key in PEM', {
      cause,
      hint: 'Give the .pub file of the key pair.',
    });
  }
  return toVerifyKey(publicKey);
}

/**
 * A signer from a private key in PEM: cosign's encrypted form, PKCS#8 or SEC1.
 * @param password of an encrypted key file, or what asks for it; empty by default, as cosign's may be
 * @throws SigningError `KEY_INVALID`, `KEY_PASSWORD_WRONG`
 */
export async function parseSigningKey(
  pem: string,
  password: string | (() => Promise<string>) = '',
): Promise<KeySigner> {
  assertKeySize(pem);
  const isEncrypted = isEncryptedKey(pem);
  const secret = typeof password === 'string' ? password : isEncrypted ? await password() : '';
  let privateKey: KeyObject;
  try {
    privateKey = isEncrypted
      ? createPrivateKey({ key: await decryptKey(pem, secret), format: 'der', type: 'pkcs8' })
      : createPrivateKey(pem);
  } catch (cause) {
    if (cause instanceof SigningError) throw cause;
    // The cause is left out: OpenSSL's messages may quote the input.
    throw new SigningError('KEY_INVALID', 'signing key is not a private key in PEM', {
      hint: 'Give a key that `sealift keygen` or `cosign generate-key-pair` wrote, PKCS#8 or SEC1.',
    });
  }
  return {
    kind: 'key',
    verifyKey: toVerifyKey(createPublicKey(privateKey)),
    sign: async (data) => sign('sha256', data, privateKey),
  };
}

/** A new ECDSA P-256 key pair in cosign's format. */
export async function generateKeyPair(
  password: string,
): Promise<{ privatePem: string; publicPem: string; hint: string }> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privatePem: await encryptKey(pair.privateKey.export({ type: 'pkcs8', format: 'der' }), password),
    publicPem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    hint: toVerifyKey(pair.publicKey).hint,
  };
}

function toVerifyKey(publicKey: KeyObject): VerifyKey {
  const curve = publicKey.asymmetricKeyDetails?.namedCurve;
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  const isP256 = publicKey.asymmetricKeyType === 'ec' && curve === 'prime256v1';
  const isRsa = publicKey.asymmetricKeyType === 'rsa' && bits >= 2048 && bits <= 8192;
  if (!isP256 && !isRsa) {
    const found = [publicKey.asymmetricKeyType, curve, bits === 0 ? undefined : bits]
      .filter(Boolean)
      .join(' ');
    throw new SigningError('KEY_INVALID', `key is ${found}, not ECDSA P-256 or RSA of at least 2048 bits`, {
      hint: 'cosign and Flux refuse other kinds, too; make a key with `sealift keygen`.',
    });
  }
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return { publicKey, hint: createHash('sha256').update(der).digest('base64') };
}

function assertKeySize(pem: string): void {
  if (pem.length > signingLimits.keyBytes) {
    throw new SigningError('KEY_INVALID', `key has ${pem.length} bytes, more than ${signingLimits.keyBytes}`);
  }
}
