// Lets one whole tar archive through, and nothing that two readers could take for different things.
import { ArchiveError } from '../errors.ts';
import type { Bytes } from '../oci/content-store.ts';
import type { ArchiveLimits } from './entry-rules.ts';

const BLOCK = 512;
/** Bytes of headers and padding that an entry may have beside its file. */
const ENTRY_OVERHEAD = 2048;

/**
 * Passes on what is a tar archive and checks its length and end. The parser behind it would unpack gzip and zstd by
 * itself, and without a bound ("nested bomb"); a cut archive lacks the zero blocks at its end.
 * @throws ArchiveError `ARCHIVE_INVALID`, `ARCHIVE_EMPTY`, `ARCHIVE_TOO_LARGE`
 */
export async function* checkPlainTar(tar: Bytes, limits: ArchiveLimits): Bytes {
  const maxBytes = limits.totalBytes + limits.entries * ENTRY_OVERHEAD + 1024 * 1024;
  let size = 0;
  let head: Buffer = Buffer.alloc(0);
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of tar) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new ArchiveError('ARCHIVE_TOO_LARGE', `layer unpacks to more than ${maxBytes} bytes`);
    }
    tail = Buffer.concat([tail, chunk.subarray(-BLOCK)]).subarray(-BLOCK);
    if (head.byteLength >= BLOCK) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.byteLength < BLOCK) continue;
    assertTarHead(head);
    yield head;
  }
  if (size === 0) throw new ArchiveError('ARCHIVE_EMPTY', 'layer holds no file');
  if (size % BLOCK !== 0 || !isZero(tail)) throw notTar();
}

function assertTarHead(head: Buffer): void {
  if (isZero(head.subarray(0, BLOCK))) throw new ArchiveError('ARCHIVE_EMPTY', 'layer holds no file');
  const magic = head.subarray(0, 4).toString('hex');
  const isPacked = magic.startsWith('1f8b') || magic === '28b52ffd';
  if (isPacked || head.subarray(257, 262).toString('latin1') !== 'ustar') throw notTar();
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

function notTar(): ArchiveError {
  return new ArchiveError('ARCHIVE_INVALID', 'layer is not one whole tar archive inside gzip');
}
