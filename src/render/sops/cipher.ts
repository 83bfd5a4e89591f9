// One value as sops encrypts it: AES-256-GCM with the value's path as additional data, and its type beside it.
import { createDecipheriv } from 'node:crypto';

export type Decrypted = {
  /** As kubectl would read it; undefined is a comment. */
  readonly value: boolean | number | string | undefined;
  /** What a file's mac has of it. */
  readonly macBytes: Buffer;
};

const form =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/=]*),iv:([A-Za-z0-9+/=]+),tag:([A-Za-z0-9+/=]+),type:([a-z]+)\]$/u;

/** Whether a text looks like one. */
export function isEncryptedValue(text: unknown): text is string {
  return typeof text === 'string' && form.test(text);
}

/** A value in clear; undefined where the key or the place is another, or it was changed. */
export function decryptValue(text: string, key: Buffer, additionalData: string): Decrypted | undefined {
  const [, data = '', iv = '', tag = '', type = ''] = form.exec(text) ?? [];
  const bytes = open(key, { data, iv, tag }, additionalData);
  return bytes === undefined ? undefined : toDecrypted(bytes, type);
}

type Sealed = { readonly data: string; readonly iv: string; readonly tag: string };

function open(key: Buffer, { data, iv, tag }: Sealed, additionalData: string): Buffer | undefined {
  const [text, nonce, seal] = [data, iv, tag].map((part) => Buffer.from(part, 'base64'));
  // A shorter tag would be easier to forge.
  if (text === undefined || nonce === undefined || nonce.length < 12 || seal?.length !== 16) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
    decipher.setAAD(Buffer.from(additionalData)).setAuthTag(seal);
    return Buffer.concat([decipher.update(text), decipher.final()]);
  } catch {
    return undefined;
  }
}

function toDecrypted(bytes: Buffer, type: string): Decrypted | undefined {
  const text = bytes.toString('utf8');
  switch (type) {
    case 'str':
    case 'bytes':
    case 'time':
      return { value: text, macBytes: bytes };
    case 'comment':
      return { value: undefined, macBytes: Buffer.alloc(0) };
    case 'int': {
      const number = Number(text);
      if (!/^[-+]?[0-9]+$/u.test(text) || !Number.isSafeInteger(number)) return undefined;
      return { value: number, macBytes: Buffer.from(String(number)) };
    }
    case 'float': {
      const number = Number(text);
      return text === '' || !Number.isFinite(number)
        ? undefined
        : { value: number, macBytes: Buffer.from(formatNumber(number)) };
    }
    case 'bool': {
      const value = /^(?:1|t|T|TRUE|true|True)$/u.test(text);
      if (!value && !/^(?:0|f|F|FALSE|false|False)$/u.test(text)) return undefined;
      return { value, macBytes: Buffer.from(formatBoolean(value)) };
    }
    default:
      return undefined;
  }
}

/** Go's shortest decimal form without an exponent. */
export function formatNumber(number: number): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)([0-9]+)(?:\.([0-9]+))?(?:e([-+][0-9]+))?$/u.exec(String(number)) ?? [];
  const point = whole.length + Number(exponent);
  const digits = `${whole}${fraction}`
    .padEnd(point, '0')
    .padStart(1 - point + whole.length + fraction.length, '0');
  const at = Math.max(point, 1);
  const rest = digits.slice(at);
  return `${Object.is(number, -0) ? '-' : sign}${digits.slice(0, at)}${rest === '' ? '' : `.${rest}`}`;
}

/** As sops has it from Python. */
export function formatBoolean(value: boolean): string {
  return value ? 'True' : 'False';
}
