// Content digests (image-spec, descriptor.md#digests): `algorithm:encoded`. Only sha256 is supported; it is what
// every registry and cosign use for subjects.
import { createHash, type Hash } from 'node:crypto';
import { InvalidReferenceError } from '../errors.ts';

/** A digest in its canonical text form. */
export type Digest = `sha256:${string}`;

const SHA256 = /^sha256:[a-f0-9]{64}$/u;

/** Whether the text is a digest that this project supports. */
export function isDigest(text: string): text is Digest {
  return SHA256.test(text);
}

/** @throws InvalidReferenceError `DIGEST_INVALID` */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new InvalidReferenceError(
    'DIGEST_INVALID',
    `digest ${JSON.stringify(text.slice(0, 100))} is not valid`,
    {
      hint: 'Give it as sha256: followed by 64 lower-case hexadecimal digits.',
    },
  );
}

/** The hexadecimal part. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** The digest of some bytes. */
export function computeDigest(bytes: Uint8Array | string): Digest {
  return finishDigest(startDigest().update(bytes));
}

/** A running hash, to be finished by {@link finishDigest}. */
export function startDigest(): Hash {
  return createHash('sha256');
}

export function finishDigest(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}`;
}
