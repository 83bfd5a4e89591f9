// The little of ASN.1 DER (X.690) that has to be written: a request for a timestamp, one for a certificate, and a
// signature that came as two numbers.

const tags = { integer: 0x02, bitString: 0x03, octetString: 0x04, null: 0x05, oid: 0x06, sequence: 0x30 };

/** Any element by its tag. */
export function derElement(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.byteLength)]), content]);
}

export function derSequence(...parts: readonly Uint8Array[]): Buffer {
  return derElement(tags.sequence, ...parts);
}

/** A number that is not negative, from its bytes, the most significant one first. */
export function derInteger(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start === -1 ? Uint8Array.of(0) : bytes.subarray(start);
  const isSigned = (digits[0] ?? 0) >= 0x80;
  return derElement(tags.integer, isSigned ? Uint8Array.of(0) : Uint8Array.of(), digits);
}

export function derBitString(bytes: Uint8Array): Buffer {
  return derElement(tags.bitString, Uint8Array.of(0), bytes);
}

export function derOctetString(bytes: Uint8Array): Buffer {
  return derElement(tags.octetString, bytes);
}

export function derNull(): Buffer {
  return derElement(tags.null);
}

export function derBoolean(value: boolean): Buffer {
  return derElement(0x01, Uint8Array.of(value ? 0xff : 0));
}

/** @param text arcs with dots between them */
export function derOid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return derElement(tags.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
    digits.unshift((left % 128) | 0x80);
  }
  return digits;
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const digits: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
  return [0x80 | digits.length, ...digits];
}
