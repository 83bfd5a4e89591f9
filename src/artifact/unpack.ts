// The bytes of a layer to files, in memory and bounded: nothing is given out before the whole archive was found good,
// and nothing is ever written to a disk by its entries' names.
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { ArchiveError, isSealiftError } from '../errors.ts';
import { archiveLimits } from '../limits.ts';
import { assertNewPath, assertSafePath } from './entry-path.ts';
import type { ArtifactFile } from './pack.ts';

const gunzipAsync = promisify(gunzip);

/** Headers and padding that a full archive has beside its files' bytes. */
const overheadBytes = archiveLimits.entries * 2048 + 1024 * 1024;

/**
 * Unpacks a layer of type tar+gzip.
 * @throws ArchiveError `ARCHIVE_TOO_LARGE` (decompression bomb), `ARCHIVE_INVALID`, `ARCHIVE_EMPTY`,
 *   `ENTRY_UNSAFE_PATH`, `ENTRY_UNSAFE_TYPE` (links, devices), `ENTRY_LIMIT`
 */
export async function unpackLayer(compressed: Uint8Array): Promise<readonly ArtifactFile[]> {
  const tar = await decompress(compressed);
  assertPlainTar(tar);
  const files = await readEntries(tar);
  if (files.length === 0) throw new ArchiveError('ARCHIVE_EMPTY', 'layer holds no file');
  return files;
}

async function decompress(compressed: Uint8Array): Promise<Buffer> {
  const maxOutputLength = archiveLimits.totalBytes + overheadBytes;
  try {
    return await gunzipAsync(compressed, { maxOutputLength });
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new ArchiveError('ARCHIVE_TOO_LARGE', `layer unpacks to more than ${maxOutputLength} bytes`, {
        cause,
      });
    }
    throw new ArchiveError('ARCHIVE_INVALID', 'layer is not gzip', { cause });
  }
}

const block = 512;

/**
 * The parser would unpack gzip and zstd by itself, and without a bound ("nested bomb"); two readers would also see
 * different files. A cut archive lacks the zero blocks at its end.
 */
function assertPlainTar(tar: Buffer): void {
  if (tar.every((byte) => byte === 0)) throw new ArchiveError('ARCHIVE_EMPTY', 'layer holds no file');
  const magic = tar.subarray(0, 4).toString('hex');
  const isPacked = magic.startsWith('1f8b') || magic === '28b52ffd';
  const isUstar = tar.subarray(257, 262).toString('latin1') === 'ustar';
  const isWhole = tar.byteLength % block === 0 && tar.subarray(-block).every((byte) => byte === 0);
  if (isPacked || !isUstar || !isWhole) {
    throw new ArchiveError('ARCHIVE_INVALID', 'layer is not one whole tar archive inside gzip');
  }
}

function readEntries(tar: Buffer): Promise<readonly ArtifactFile[]> {
  return new Promise((resolve, reject) => {
    const collector = createCollector();
    const parser = new Parser({
      strict: true,
      maxMetaEntrySize: 64 * 1024,
      onReadEntry: (entry) => {
        try {
          collector.add(entry);
        } catch (error) {
          reject(asArchiveError(error));
          entry.resume();
        }
      },
    });
    // Types that the parser does not know, and metadata above its bound, would be passed over in silence.
    parser.on('ignoredEntry', (entry: ReadEntry) => {
      reject(
        new ArchiveError(
          'ENTRY_UNSAFE_TYPE',
          `entry ${JSON.stringify(entry.path.slice(0, 200))} is a ${entry.type}`,
        ),
      );
    });
    parser.on('error', (error: unknown) => reject(asArchiveError(error)));
    parser.on('end', () => resolve(collector.files));
    try {
      parser.end(tar);
    } catch (error) {
      reject(asArchiveError(error));
    }
  });
}

type Collector = { readonly files: readonly ArtifactFile[]; add(entry: ReadEntry): void };

function createCollector(): Collector {
  const files: ArtifactFile[] = [];
  const names = new Set<string>();
  let totalBytes = 0;
  let entries = 0;
  return {
    files,
    add(entry) {
      entries += 1;
      if (entries > archiveLimits.entries) {
        throw new ArchiveError('ENTRY_LIMIT', `layer has more than ${archiveLimits.entries} entries`);
      }
      if (entry.type === 'Directory') {
        if (entry.path !== './') assertSafePath(entry.path.replace(/^\.\//u, '').replace(/\/+$/u, ''));
        entry.resume();
        return;
      }
      // Links, devices and the like ("symlink escape"); `OldFile` and `ContiguousFile` are plain files by another flag.
      if (entry.type !== 'File' && entry.type !== 'OldFile' && entry.type !== 'ContiguousFile') {
        throw new ArchiveError(
          'ENTRY_UNSAFE_TYPE',
          `entry ${JSON.stringify(entry.path.slice(0, 200))} is a ${entry.type}`,
        );
      }
      const path = entry.path.replace(/^\.\//u, '');
      assertSafePath(path);
      assertNewPath(names, path);
      totalBytes += entry.size;
      if (entry.size > archiveLimits.fileBytes || totalBytes > archiveLimits.totalBytes) {
        throw new ArchiveError(
          'ARCHIVE_TOO_LARGE',
          `layer's files are larger than its limits at ${JSON.stringify(path)}`,
        );
      }
      const chunks: Uint8Array[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => files.push({ path, bytes: Buffer.concat(chunks) }));
    },
  };
}

function asArchiveError(error: unknown): Error {
  if (isSealiftError(error)) return error;
  return new ArchiveError('ARCHIVE_INVALID', 'layer is not a tar archive that can be read', { cause: error });
}
