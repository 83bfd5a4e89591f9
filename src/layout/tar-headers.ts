// The headers of a tar, read in one pass with the files' bytes passed over. Two readers that see different files in one
// tar ("parser differential") are an attack: whatever could be read in two ways is refused.
import type { FileHandle } from 'node:fs/promises';
import { Header } from 'tar/header';
import { ContentError } from '../errors.ts';
import { layoutTarLimits } from '../limits.ts';
import type { PlainFile } from './files.ts';

export const BLOCK = 512;
/** Headers of small files lie close together: this much is read at once. */
const WINDOW_BYTES = 64 * 1024;

/** One member of a tar, with the properties that a pax header or a long name gave it. */
export type TarMember = {
  readonly path: string;
  /** The type flag of ustar: `0` a file, `2` a symbolic link. */
  readonly type: string;
  /** Position of its first byte in the tar. */
  readonly offset: number;
  readonly size: number;
};

/** Members that have no bytes, whatever their size field says. */
const bodiless: ReadonlySet<string> = new Set(['1', '2', '3', '4', '5', '6']);

/** Files, the above, pax headers and GNU's long names; others (sparse files) have bytes that are counted elsewhere. */
const known: ReadonlySet<string> = new Set(['0', ...bodiless, 'x', 'g', 'L', 'K']);

/** What stands before a member and is about it. */
type Extension = { path?: string; size?: number };

type RawHeader = { readonly path: string; readonly type: string; readonly size: number };

/**
 * Reads the members of a tar in their order.
 * @param place for messages
 * @throws ContentError `LAYOUT_INVALID`, `SIZE_LIMIT`
 */
export async function* readTarHeaders(file: PlainFile, place: string): AsyncGenerator<TarMember, void> {
  const read = createWindow(file.handle);
  let extension: Extension = {};
  let position = 0;
  for (let count = 0; position < file.size; count += 1) {
    if (count > layoutTarLimits.headers) {
      throw new ContentError('SIZE_LIMIT', `${place} has more than ${layoutTarLimits.headers} members`);
    }
    const block = await read(position, BLOCK);
    if (isZero(block)) {
      assertEnd(await read(position + BLOCK, BLOCK), place);
      return;
    }
    const header = parseHeader(block, `${place} at byte ${position}`);
    const offset = position + BLOCK;
    const member = isExtension(header.type) ? header : { ...header, ...extension };
    if (bodiless.has(member.type) && member.size > 0) throw invalid(`${place} has a link with bytes`);
    position = offset + Math.ceil(member.size / BLOCK) * BLOCK;
    if (offset + member.size > file.size) throw invalid(`${place} is cut off`);
    if (isExtension(member.type)) {
      const body = await readExtension(read, { ...member, offset }, place);
      if (extension.path !== undefined && body.path !== undefined)
        throw invalid(`${place} gives one member two paths`);
      Object.assign(extension, body);
    } else {
      extension = {};
      yield { ...member, offset };
    }
  }
}

type ReadAt = (position: number, length: number) => Promise<Buffer>;

/** Reads from the file, or from what was read last. */
function createWindow(handle: FileHandle): ReadAt {
  const window = Buffer.alloc(WINDOW_BYTES);
  let start = 0;
  let end = 0;
  return async (position, length) => {
    if (length > WINDOW_BYTES) throw new ContentError('SIZE_LIMIT', 'tar has a header that is too large');
    if (position < start || position + length > end) {
      const { bytesRead } = await handle.read(window, 0, WINDOW_BYTES, position);
      start = position;
      end = position + bytesRead;
    }
    return window.subarray(position - start, Math.min(position + length, end) - start);
  };
}

function isZero(block: Buffer): boolean {
  return block.byteLength === BLOCK && block.every((byte) => byte === 0);
}

/** Behind one block of zeros some readers stop, others go on. */
function assertEnd(block: Buffer, place: string): void {
  if (block.byteLength > 0 && !isZero(block)) throw invalid(`${place} goes on behind its end`);
}

function parseHeader(block: Buffer, place: string): RawHeader {
  if (block.byteLength < BLOCK) throw invalid(`${place} is cut off`);
  const { path, size, cksumValid } = decodeHeader(block) ?? {};
  if (cksumValid !== true || path === undefined || size === undefined || !Number.isSafeInteger(size)) {
    throw invalid(`${place} is no header of a tar`);
  }
  const flag = String.fromCharCode(block[156] ?? 0);
  // Before POSIX a file's flag was zero, and a directory was a file whose name ends in a slash.
  const type = flag === '\0' || flag === '7' ? '0' : flag;
  if (!known.has(type)) throw invalid(`${place} has a member of type ${JSON.stringify(type)}`);
  return { path, size, type: type === '0' && path.endsWith('/') ? '5' : type };
}

function decodeHeader(block: Buffer): Header | undefined {
  try {
    return new Header(block);
  } catch {
    // A number in base 256 that is none.
    return undefined;
  }
}

/** pax headers of one member and of all, and GNU's long names and long links. */
function isExtension(type: string): boolean {
  return type === 'x' || type === 'g' || type === 'L' || type === 'K';
}

async function readExtension(
  read: ReadAt,
  { type, offset, size }: Omit<TarMember, 'path'>,
  place: string,
): Promise<Extension> {
  if (size > layoutTarLimits.extensionBytes)
    throw new ContentError('SIZE_LIMIT', `${place} has a header of ${size} bytes`);
  const body = await read(offset, size);
  if (type === 'K') return {};
  if (type === 'L') return { path: body.toString('utf8').replace(/\0+$/u, '') };
  const extension = parsePax(body, place);
  if (type === 'x') return extension;
  if (extension.path !== undefined || extension.size !== undefined)
    throw invalid(`${place} gives all of its members one path or size`);
  return {};
}

/** Records are `LENGTH NAME=VALUE\n`; a value may hold line ends, so only lengths are counted. */
function parsePax(body: Buffer, place: string): Extension {
  const extension: Extension = {};
  for (let start = 0; start < body.byteLength;) {
    const space = body.indexOf(' ', start);
    const length = space < 0 ? '' : body.toString('latin1', start, space);
    const end = start + Number(length);
    if (!/^[1-9]\d{0,5}$/u.test(length) || end > body.byteLength || end <= space)
      throw invalid(`${place} has a pax header that is not valid`);
    const record = body.toString('utf8', space + 1, end - 1);
    const equals = record.indexOf('=');
    const name = record.slice(0, equals);
    const value = record.slice(equals + 1);
    if (name.startsWith('GNU.sparse.')) throw invalid(`${place} has a sparse file`);
    if (name === 'path') extension.path = value;
    if (name === 'size') extension.size = parsePaxSize(value, place);
    start = end;
  }
  return extension;
}

function parsePaxSize(value: string, place: string): number {
  if (!/^\d{1,15}$/u.test(value)) throw invalid(`${place} has a pax header with a size that is no number`);
  return Number(value);
}

function invalid(message: string): ContentError {
  return new ContentError('LAYOUT_INVALID', message);
}
