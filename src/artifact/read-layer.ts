// Reads a layer as a stream: gunzip, tar, and every rule for entries, in one place for all who unpack. Files go to a
// sink while they come; whoever gives the sink uses nothing of it before the whole archive was found good.
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser } from 'tar/parse';
import type { ReadEntry } from 'tar/read-entry';
import { ArchiveError, isSealiftError } from '../errors.ts';
import { archiveLimits } from '../limits.ts';
import type { Bytes } from '../oci/content-store.ts';
import { createEntryRules, type ArchiveLimits, type Totals } from './entry-rules.ts';
import { finishDigest, startDigest, type Digest } from '../oci/digest.ts';
import { checkPlainTar } from './plain-tar.ts';

/** Takes one file in, chunk by chunk. */
export type FileSink = {
  write(chunk: Uint8Array): Promise<void> | void;
  end(): Promise<void> | void;
};

export type LayerSink = {
  /** @param path checked: relative, with forward slashes, and no other file's or folder's */
  startFile(path: string, size: number): Promise<FileSink> | FileSink;
};

const CHUNK_BYTES = 256 * 1024;

/**
 * Unpacks a layer of type tar+gzip into a sink, one file after the other.
 * @param compressed fails at its end unless it is what was verified; see `verifyStream`
 * @throws ArchiveError `ARCHIVE_TOO_LARGE` (decompression bomb), `ARCHIVE_INVALID`, `ARCHIVE_EMPTY`,
 *   `ENTRY_UNSAFE_PATH`, `ENTRY_UNSAFE_TYPE` (links, devices), `ENTRY_LIMIT`; what the stream and the sink throw
 */
export async function readLayer(
  compressed: Bytes,
  sink: LayerSink,
  limits: ArchiveLimits = archiveLimits,
): Promise<Totals> {
  const tar = createTarReader(sink, limits);
  for await (const chunk of checkPlainTar(decompress(compressed), limits)) await tar.write(chunk);
  const totals = await tar.end();
  if (totals.files === 0) throw new ArchiveError('ARCHIVE_EMPTY', 'layer holds no file');
  return totals;
}

/**
 * That a layer is the compressed form of one tar, by another implementation than the one that packs.
 * @param compressed fails at its end unless it is what was verified; see `verifyStream`
 * @throws ArchiveError `ARCHIVE_INVALID`; what the stream throws
 */
export async function assertLayerHolds(
  compressed: Bytes,
  { digest, size }: { readonly digest: Digest; readonly size: number },
): Promise<void> {
  const hash = startDigest();
  let taken = 0;
  for await (const chunk of decompress(compressed)) {
    taken += chunk.byteLength;
    if (taken > size) break;
    hash.update(chunk);
  }
  if (taken !== size || finishDigest(hash) !== digest)
    throw new ArchiveError('ARCHIVE_INVALID', `layer does not unpack to ${digest}`);
}

async function* decompress(compressed: Bytes): Bytes {
  // One member and nothing behind it: readers differ in what they make of more.
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES, rejectGarbageAfterEnd: true });
  const fed = pipeline(Readable.from(compressed, { objectMode: false }), gunzip);
  // It fails with the loop below, which tells of it.
  fed.catch(() => undefined);
  try {
    for await (const chunk of gunzip) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('gunzip gave no bytes');
      yield chunk;
    }
    await fed;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (!code.startsWith('Z_') && code !== 'ERR_TRAILING_JUNK_AFTER_STREAM_END') throw cause;
    throw new ArchiveError('ARCHIVE_INVALID', 'layer is not one whole gzip stream', { cause });
  }
}

type TarReader = {
  /** Resolves when there is room for more. */
  write(chunk: Uint8Array): Promise<void>;
  end(): Promise<Totals>;
};

function createTarReader(sink: LayerSink, limits: ArchiveLimits): TarReader {
  const rules = createEntryRules(limits);
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const fail = (error: unknown): void => reject(asArchiveError(error));
  let filled: Promise<void> = Promise.resolve();
  const parser = new Parser({
    strict: true,
    maxMetaEntrySize: limits.metadataBytes,
    onReadEntry: (entry) => {
      try {
        const path = rules.accept(entry);
        if (path === undefined) entry.resume();
        else {
          const before = filled;
          filled = before.then(() => fill(entry, path, sink));
          // What the sink throws is no fault of the archive.
          filled.catch(reject);
        }
      } catch (error) {
        fail(error);
        entry.resume();
      }
    },
  });
  // Types that the parser does not know, and metadata above its bound, would be passed over in silence.
  parser.on('ignoredEntry', (entry: ReadEntry) => fail(rules.refuseType(entry)));
  parser.on('error', fail);
  const ended = once(parser, 'end');
  ended.catch(fail);
  return {
    write: async (chunk) => {
      // The parser keeps what it is given.
      const hasRoom = feed(() => parser.write(Buffer.from(chunk)), fail);
      if (!hasRoom) await Promise.race([once(parser, 'drain'), failed]);
      // A refusal stops it here, and not only at the next full buffer.
      await Promise.race([failed, Promise.resolve()]);
    },
    end: async () => {
      feed(() => parser.end(), fail);
      await Promise.race([ended, failed]);
      await Promise.race([filled, failed]);
      return rules.totals();
    },
  };
}

/** Whether the parser takes more; what it throws at once is a failure like those that it tells. */
function feed(work: () => unknown, fail: (error: unknown) => void): boolean {
  try {
    return work() !== false;
  } catch (error) {
    fail(error);
    return true;
  }
}

async function fill(entry: ReadEntry, path: string, sink: LayerSink): Promise<void> {
  const file = await sink.startFile(path, entry.size);
  for await (const chunk of entry) await file.write(chunk);
  await file.end();
}

function asArchiveError(error: unknown): unknown {
  if (isSealiftError(error)) return error;
  return new ArchiveError('ARCHIVE_INVALID', 'layer is not a tar archive that can be read', { cause: error });
}
