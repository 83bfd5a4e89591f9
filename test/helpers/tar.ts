// Archives byte by byte, so that a test can build what no packer would.
import { gzipSync } from 'node:zlib';

const BLOCK = 512;

export type RawEntry = {
  readonly path: string;
  /** The type flag of ustar: `0` a file, `2` a symbolic link, `x` a pax header. */
  readonly flag?: string;
  readonly link?: string;
  readonly body?: string | Uint8Array;
  /** The size field as text; the body's length where absent. */
  readonly size?: string | Uint8Array;
};

/** One entry: header, body, padding. */
export function rawEntry({ path, flag = '0', link = '', body = '', size }: RawEntry): Buffer {
  const bytes = Buffer.from(body);
  const header = Buffer.alloc(BLOCK);
  header.write(path, 0, 100);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  const sizeField = size ?? `${bytes.byteLength.toString(8).padStart(11, '0')}\0`;
  Buffer.from(sizeField).copy(header, 124, 0, 12);
  header.write('00000000000\0', 136);
  header.write(flag, 156);
  header.write(link, 157, 100);
  header.write('ustar\0', 257);
  header.write('00', 263);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((BLOCK - (bytes.byteLength % BLOCK)) % BLOCK)]);
}

/** A pax extended header with these records, for the entry after it. */
export function paxEntry(records: Readonly<Record<string, string>>, flag = 'x'): Buffer {
  const body = Object.entries(records)
    .map(([name, value]) => {
      const rest = ` ${name}=${value}\n`;
      let length = Buffer.byteLength(rest);
      while (String(length).length + Buffer.byteLength(rest) !== length) length += 1;
      return `${length}${rest}`;
    })
    .join('');
  return rawEntry({ path: 'PaxHeader/x', flag, body });
}

export const endOfArchive: Buffer = Buffer.alloc(2 * BLOCK);

/** A layer of these entries. */
export function layerOf(...entries: readonly (RawEntry | Buffer)[]): Buffer {
  const parts = entries.map((entry) => (Buffer.isBuffer(entry) ? entry : rawEntry(entry)));
  return gzipSync(Buffer.concat([...parts, endOfArchive]));
}
