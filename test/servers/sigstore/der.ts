// The few ASN.1 structures in DER (X.690) that certificates are built of, written and taken apart.

export type Element = { readonly tag: number; readonly bytes: Buffer; readonly content: Buffer };

/** One element: its tag, its length, and its content in parts. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(content.length)]), content]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(0x30, ...parts);

export const set = (...parts: readonly Uint8Array[]): Buffer => element(0x31, ...parts);

export const octetString = (bytes: Uint8Array): Buffer => element(0x04, bytes);

export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text));

/** A positive integer, from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const [first = 0] = bytes;
  return element(0x02, first < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]));
}

export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return element(0x03, Buffer.from([unusedBits]), bytes);
}

/** An object identifier, from its dotted form. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** A time before 2050, in whole seconds. */
export function utcTime(date: Date): Buffer {
  const text = date
    .toISOString()
    .replaceAll(/[-:T]|\.\d+/gu, '')
    .slice(2);
  return element(0x17, Buffer.from(text));
}

/** The elements that stand one after another in some bytes. */
export function readElements(bytes: Buffer): Element[] {
  const elements: Element[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const first = bytes.readUInt8(offset + 1);
    const lengthSize = first < 0x80 ? 0 : first & 0x7f;
    const start = offset + 2 + lengthSize;
    const length = lengthSize === 0 ? first : bytes.readUIntBE(offset + 2, lengthSize);
    if (start + length > bytes.length) throw new RangeError('an element is longer than what holds it');
    elements.push({
      tag: bytes.readUInt8(offset),
      bytes: bytes.subarray(offset, start + length),
      content: bytes.subarray(start, start + length),
    });
    offset = start + length;
  }
  return elements;
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

function base128(value: number): readonly number[] {
  const octets = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    octets.unshift(0x80 | (rest % 128));
  }
  return octets;
}
