// Keys for tests, made once a process: making them costs time, and no test changes them.
import { generateKeyPairSync } from 'node:crypto';
import { parseSigningKey } from '../../src/signing/keys.ts';
import type { KeySigner } from '../../src/signing/signer.ts';

/** A new ECDSA P-256 key in PKCS#8. */
export function makePrivatePem(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

const signers = new Map<string, Promise<KeySigner>>();

/** The signer of this name; another name is another key. */
export function signerNamed(name: string): Promise<KeySigner> {
  const signer = signers.get(name) ?? parseSigningKey(makePrivatePem());
  signers.set(name, signer);
  return signer;
}

/** The public half as a policy carries it. */
export function publicPemOf({ verifyKey }: KeySigner): string {
  return verifyKey.publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
