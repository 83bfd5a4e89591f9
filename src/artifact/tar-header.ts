// The header of a file in an artifact's tar. The usual one, of a short path in ASCII, is a template with three fields
// filled in, since a layer may have 20,000; the others are made by the tar library. Both are the format's bytes.
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';

/** A file as its header has it. */
export type SizedFile = { readonly path: string; readonly size: number };

export const blockBytes = 512;

/** From here on the library splits the path. */
const shortPathBytes = 100;
/** Of eleven octal digits, ten are ended as numbers of all fields are; eleven leave no room for the space. */
const usualSize = 0o7777777777;

const fields = {
  size: { at: 124, length: 12 },
  checksum: { at: 148, length: 8 },
} as const;

/** A header without path and size, and the sum of its bytes with a checksum of spaces, as POSIX wants it. */
const template = Buffer.alloc(blockBytes);
makeHeader({ path: '', size: 0 }).encode(template);
template.fill(0, fields.size.at, fields.size.at + fields.size.length);
template.fill(' ', fields.checksum.at, fields.checksum.at + fields.checksum.length);
const templateSum = sumOf(template);

/** @param size of eleven octal digits at most */
export function formatHeader(file: SizedFile): Uint8Array {
  return hasUsualHeader(file) ? formatUsual(file) : formatAny(file);
}

/** Bytes of what {@link formatHeader} gives. */
export function sizeOfHeader(file: SizedFile): number {
  return hasUsualHeader(file) ? blockBytes : formatAny(file).byteLength;
}

function hasUsualHeader({ path, size }: SizedFile): boolean {
  return path.length < shortPathBytes && size <= usualSize && /^[ -~]*$/u.test(path);
}

function formatUsual({ path, size }: SizedFile): Uint8Array {
  const block = Buffer.from(template);
  block.write(path, 'latin1');
  writeNumber(block, size, fields.size);
  const sum =
    templateSum +
    sumOf(block.subarray(0, path.length)) +
    sumOf(block.subarray(fields.size.at, fields.size.at + fields.size.length));
  writeNumber(block, sum, fields.checksum);
  return block;
}

/** Octal digits, a space and a NUL. */
function writeNumber(
  block: Buffer,
  value: number,
  { at, length }: { readonly at: number; readonly length: number },
): void {
  block.write(`${value.toString(8).padStart(length - 2, '0')} \0`, at, 'latin1');
}

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum;
}

/** A path that ustar's fields can't hold goes into a pax header in front. */
function formatAny(file: SizedFile): Uint8Array {
  const block = Buffer.alloc(blockBytes);
  const needsPax = makeHeader(file).encode(block);
  return needsPax ? Buffer.concat([new Pax({ path: file.path }).encode(), block]) : block;
}

function makeHeader({ path, size }: SizedFile): Header {
  return new Header({
    path,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size,
    mtime: new Date(0),
    type: 'File',
    uname: '',
    gname: '',
  });
}
