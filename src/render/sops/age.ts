// age's file format, version 1, for X25519 recipients: a small file is opened by whichever identity it was encrypted to.
// https://github.com/C2SP/C2SP/blob/main/age.md
import {
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import { sopsLimits } from '../../limits.ts';
import { decodeBech32 } from './bech32.ts';

export type AgeIdentity = { readonly privateKey: KeyObject; readonly publicBytes: Buffer };

const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex');

/**
 * Identities of a key file as `age-keygen` writes it: one a line, comments with `#`.
 * @returns undefined where a line is neither; no message may quote it
 */
export function parseIdentities(text: string): readonly AgeIdentity[] | undefined {
  const identities: AgeIdentity[] = [];
  for (const line of text.split('\n').map((one) => one.trim())) {
    // One more than may be: whoever asks for them sees that there are too many, and waits for no others.
    if (identities.length > sopsLimits.identities) break;
    if (line === '' || line.startsWith('#')) continue;
    const secret = decodeBech32(line, 'age-secret-key-');
    if (secret?.length !== 32) return undefined;
    const privateKey = createPrivateKey({
      key: Buffer.concat([privatePrefix, secret]),
      format: 'der',
      type: 'pkcs8',
    });
    const publicBytes = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
    identities.push({ privateKey, publicBytes });
  }
  return identities;
}

type Stanza = { readonly type: string; readonly args: readonly string[]; readonly body: Buffer };
type Header = {
  readonly stanzas: readonly Stanza[];
  /** What its mac is over. */
  readonly signed: Buffer;
  readonly mac: Buffer;
};

/** Pairs of a stanza and an identity that may still be tried; counted down. */
export type Tries = { left: number };

/** The content of an armored file; undefined where it is none, was changed, or is for nobody of these. */
export function openAge(
  armored: string,
  identities: readonly AgeIdentity[],
  tries: Tries,
): Buffer | undefined {
  const bytes = dearmor(armored);
  const parsed = bytes === undefined ? undefined : parseHeader(bytes);
  if (bytes === undefined || parsed === undefined) return undefined;
  const { header, end } = parsed;
  for (const { type, args, body } of header.stanzas) {
    if (type !== 'X25519') continue;
    const share = decodeBase64(args[0] ?? '');
    if (args.length !== 1 || share?.length !== 32 || body.length !== 32) return undefined;
    const fileKey = tryAll(identities, { share, body }, tries);
    if (fileKey === undefined) continue;
    return isOfKey(header, fileKey) ? openPayload(bytes.subarray(end), fileKey) : undefined;
  }
  return undefined;
}

function tryAll(
  identities: readonly AgeIdentity[],
  { share, body }: { readonly share: Buffer; readonly body: Buffer },
  tries: Tries,
): Buffer | undefined {
  for (const identity of identities) {
    if (tries.left <= 0) return undefined;
    tries.left -= 1;
    const fileKey = unwrap(identity, share, body);
    if (fileKey !== undefined) return fileKey;
  }
  return undefined;
}

const armor =
  /^\s*-----BEGIN AGE ENCRYPTED FILE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END AGE ENCRYPTED FILE-----\s*$/u;

function dearmor(text: string): Buffer | undefined {
  if (text.length > sopsLimits.ageBytes) return undefined;
  const body = armor.exec(text)?.[1]?.replaceAll(/[\r\n]/gu, '');
  return body === undefined ? undefined : Buffer.from(body, 'base64');
}

/** Base64 as age writes it: without padding, and in its one canonical form. */
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64').replace(/=+$/u, '') === text ? bytes : undefined;
}

function parseHeader(bytes: Buffer): { readonly header: Header; readonly end: number } | undefined {
  const lines = readLines(bytes);
  if (lines.next().value?.text !== 'age-encryption.org/v1') return undefined;
  const stanzas: Stanza[] = [];
  let open: { readonly words: readonly string[]; body: string } | undefined;
  for (const { text, begin, end } of lines) {
    if (open !== undefined) {
      if (text.length > 64) return undefined;
      open.body += text;
      if (text.length === 64) continue;
      const body = decodeBase64(open.body);
      const [type = '', ...args] = open.words;
      if (body === undefined || stanzas.length >= sopsLimits.recipients) return undefined;
      stanzas.push({ type, args, body });
      open = undefined;
    } else if (text.startsWith('-> ')) open = { words: text.slice(3).split(' '), body: '' };
    else {
      const mac = text.startsWith('--- ') ? decodeBase64(text.slice(4)) : undefined;
      if (mac?.length !== 32) return undefined;
      return { header: { stanzas, signed: bytes.subarray(0, begin + 3), mac }, end };
    }
  }
  return undefined;
}

type Line = { readonly text: string; readonly begin: number; readonly end: number };

function* readLines(bytes: Buffer): Generator<Line, undefined> {
  let begin = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, begin)) {
    yield { text: bytes.toString('latin1', begin, at), begin, end: at + 1 };
    begin = at + 1;
  }
  return undefined;
}

function unwrap({ privateKey, publicBytes }: AgeIdentity, share: Buffer, body: Buffer): Buffer | undefined {
  let shared: Buffer;
  try {
    const publicKey = createPublicKey({
      key: Buffer.concat([publicPrefix, share]),
      format: 'der',
      type: 'spki',
    });
    shared = diffieHellman({ privateKey, publicKey });
  } catch {
    // A point of low order: the secret would be known to all.
    return undefined;
  }
  if (shared.every((byte) => byte === 0)) return undefined;
  const key = derive(shared, Buffer.concat([share, publicBytes]), 'age-encryption.org/v1/X25519');
  const fileKey = openBox(key, Buffer.alloc(12), body);
  return fileKey?.length === 16 ? fileKey : undefined;
}

function derive(secret: Buffer, salt: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, 32));
}

function isOfKey({ signed, mac }: Header, fileKey: Buffer): boolean {
  const key = derive(fileKey, Buffer.alloc(0), 'header');
  return timingSafeEqual(createHmac('sha256', key).update(signed).digest(), mac);
}

/** What is encrypted is a key: one chunk, which is the last. */
function openPayload(payload: Buffer, fileKey: Buffer): Buffer | undefined {
  if (payload.length < 32 || payload.length > sopsLimits.ageBytes) return undefined;
  const key = derive(fileKey, payload.subarray(0, 16), 'payload');
  const nonce = Buffer.alloc(12);
  nonce[11] = 1;
  return openBox(key, nonce, payload.subarray(16));
}

/** ChaCha20-Poly1305 (RFC 8439), its tag behind the text. */
function openBox(key: Buffer, nonce: Buffer, box: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  decipher.setAuthTag(box.subarray(-16));
  try {
    return Buffer.concat([decipher.update(box.subarray(0, -16)), decipher.final()]);
  } catch {
    return undefined;
  }
}
