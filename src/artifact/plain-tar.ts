// Lets one whole tar archive through, and nothing that two readers could take for different things: each header is read
// here as strictly as POSIX has it, before the parser behind sees it.
import { ArchiveError } from '../errors.ts';
import type { Bytes } from '../oci/content-store.ts';
import type { ArchiveLimits } from './entry-rules.ts';

const BLOCK = 512;
/** Bytes of header, extended headers and padding that an entry may have beside its file, with the longest path. */
const ENTRY_OVERHEAD = 4096;

/**
 * Passes on what is a plain tar archive, from its first header to the zero blocks at its end.
 * @throws ArchiveError `ARCHIVE_INVALID`, `ARCHIVE_EMPTY`, `ARCHIVE_TOO_LARGE`
 */
export async function* checkPlainTar(tar: Bytes, limits: ArchiveLimits): Bytes {
  const maxBytes = limits.totalBytes + limits.entries * ENTRY_OVERHEAD + 1024 * 1024;
  const walk = createWalk(limits.metadataBytes);
  let size = 0;
  for await (const chunk of tar) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new ArchiveError('ARCHIVE_TOO_LARGE', `layer unpacks to more than ${maxBytes} bytes`);
    }
    walk.take(chunk);
    yield chunk;
  }
  if (size === 0) throw new ArchiveError('ARCHIVE_EMPTY', 'layer holds no file');
  walk.end();
}

type Walk = { take(chunk: Uint8Array): void; end(): void };

/** Goes from header to header; of bodies it keeps those of extended headers. */
function createWalk(maxMetadataBytes: number): Walk {
  const rules = createHeaderRules();
  let head: Buffer = Buffer.alloc(0);
  let bodyLeft = 0;
  let paddingLeft = 0;
  let metadata: Uint8Array[] | undefined;

  function startEntry(block: Buffer): void {
    const entry = rules.readHeader(block);
    if (entry === undefined) return;
    if (entry.isMetadata && entry.size > maxMetadataBytes) {
      throw invalid(`an extended header has ${entry.size} bytes, more than ${maxMetadataBytes}`);
    }
    bodyLeft = entry.size;
    paddingLeft = (BLOCK - (entry.size % BLOCK)) % BLOCK;
    metadata = entry.isMetadata ? [] : undefined;
    if (bodyLeft === 0) endBody();
  }

  function endBody(): void {
    if (metadata !== undefined) rules.readMetadata(Buffer.concat(metadata));
    metadata = undefined;
  }

  return {
    take: (chunk) => {
      let at = 0;
      while (at < chunk.byteLength) {
        if (bodyLeft > 0) {
          const part = chunk.subarray(at, at + bodyLeft);
          metadata?.push(Uint8Array.from(part));
          at += part.byteLength;
          bodyLeft -= part.byteLength;
          if (bodyLeft === 0) endBody();
        } else if (paddingLeft > 0) {
          const skipped = Math.min(paddingLeft, chunk.byteLength - at);
          at += skipped;
          paddingLeft -= skipped;
        } else {
          const part = chunk.subarray(at, at + BLOCK - head.byteLength);
          head = Buffer.concat([head, part]);
          at += part.byteLength;
          if (head.byteLength < BLOCK) continue;
          startEntry(head);
          head = Buffer.alloc(0);
        }
      }
    },
    end: () => {
      if (bodyLeft > 0 || paddingLeft > 0 || head.byteLength > 0) throw invalid('archive is cut off');
      rules.end();
    },
  };
}

type HeaderRules = {
  /** Undefined for a block of the archive's end. */
  readHeader(block: Buffer): { readonly size: number; readonly isMetadata: boolean } | undefined;
  /** The body of the extended header that was read last. */
  readMetadata(body: Buffer): void;
  end(): void;
};

/** Type flags of headers that say something about other entries: pax, pax for all, GNU long name and long link. */
const METADATA_FLAGS: ReadonlySet<string> = new Set(['x', 'g', 'L', 'K']);

function createHeaderRules(): HeaderRules {
  let zeroBlocks = 0;
  let entries = 0;
  let flag = '';
  /** Extended headers that name the next entry. */
  let names = 0;
  return {
    readHeader: (block) => {
      if (block.every((byte) => byte === 0)) {
        zeroBlocks += 1;
        return undefined;
      }
      if (zeroBlocks > 0) throw invalid('an entry stands behind the end of the archive');
      if (block.subarray(257, 262).toString('latin1') !== 'ustar') throw notTar();
      entries += 1;
      flag = block.subarray(156, 157).toString('latin1');
      for (const field of [block.subarray(0, 100), block.subarray(345, 500)]) decode(upToNul(field));
      const isMetadata = METADATA_FLAGS.has(flag);
      if (!isMetadata) names = 0;
      return { size: parseSize(block.subarray(124, 136)), isMetadata };
    },
    readMetadata: (body) => {
      if (flag === 'K') return;
      const named = flag === 'L' ? 1 : countNames(parsePax(decode(body)), flag === 'g');
      if (flag === 'L') decode(upToNul(body));
      names += named;
      if (names > 1) throw invalid('an entry is named more than once');
    },
    end: () => {
      if (entries === 0 && zeroBlocks > 0) throw new ArchiveError('ARCHIVE_EMPTY', 'layer holds no file');
      if (zeroBlocks < 2) throw invalid('archive has no end');
    },
  };
}

/** POSIX: octal digits, ended by a space or a NUL; other forms are read in different ways. */
function parseSize(field: Buffer): number {
  const text = field.toString('latin1');
  const digits = /^ *(?<digits>[0-7]{1,12})[ \0]*$/u.exec(text)?.groups?.['digits'];
  if (digits === undefined) throw invalid('size of an entry is not octal');
  return Number.parseInt(digits, 8);
}

/** The keys of a pax header (POSIX, pax, "Extended Header"): records of `LENGTH KEY=VALUE\n`. */
function parsePax(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const keys: string[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const space = bytes.indexOf(' ', at);
    const length = /^[1-9]\d{0,5}$/u.exec(bytes.toString('latin1', at, Math.max(at, space)))?.[0];
    const end = at + Number(length ?? 0);
    const equals = bytes.indexOf('=', space);
    const isWhole = length !== undefined && equals > space && equals < end && bytes[end - 1] === 0x0a;
    if (!isWhole) throw invalid('an extended header is damaged');
    keys.push(bytes.toString('utf8', space + 1, equals));
    at = end;
  }
  return keys;
}

/** How many names a pax header gives; what changes the meaning of bodies, or of all entries at once, is refused. */
function countNames(keys: readonly string[], isForAll: boolean): number {
  const named = keys.filter((key) => key === 'path').length;
  const isRefused = (key: string): boolean =>
    key === 'size' || key.startsWith('GNU.') || (isForAll && (key === 'path' || key === 'linkpath'));
  const refused = keys.find(isRefused);
  if (refused !== undefined) throw invalid(`an extended header sets ${JSON.stringify(refused.slice(0, 50))}`);
  return named;
}

function upToNul(field: Buffer): Buffer {
  const nul = field.indexOf(0);
  return nul < 0 ? field : field.subarray(0, nul);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ArchiveError('ARCHIVE_INVALID', 'a name in the archive is not UTF-8', { cause });
  }
}

function invalid(what: string): ArchiveError {
  return new ArchiveError('ARCHIVE_INVALID', what);
}

function notTar(): ArchiveError {
  return invalid('layer is not one whole tar archive inside gzip');
}
