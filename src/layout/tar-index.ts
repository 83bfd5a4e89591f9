// Where in a tar the files of an image layout are (image-spec, image-layout.md, says nothing of tars; `docker save`,
// skopeo's oci-archive and oras write them alike). Every other member is passed over.
import { ContentError } from '../errors.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import type { BlobReader } from './blobs.ts';
import type { ReadableBlobs } from './catalog-store.ts';
import { readRange, type ByteRange } from './file-reader.ts';
import type { PlainFile } from './files.ts';
import { INDEX_FILE, VERSION_FILE, type ReadRootFile } from './index-file.ts';
import { readTarHeaders } from './tar-headers.ts';

type Place = { readonly offset: number; readonly size: number };

/** The files of a layout in a tar. */
export type TarFiles = ReadableBlobs & {
  readonly readRootFile: ReadRootFile;
  /** All blobs, in no order. */
  digests(): Iterable<Digest>;
};

const BLOBS = 'blobs/sha256/';

/** The first bytes of what compresses; a compressed tar can't be read from its middle. */
const compressed: Readonly<Record<string, string>> = {
  '1f8b': 'gunzip',
  '28b52ffd': 'unzstd',
  fd377a58: 'unxz',
  '425a68': 'bunzip2',
};

/**
 * Finds the files of a layout; the file stays open, and nothing of it is verified here.
 * @param place for messages
 * @throws ContentError `LAYOUT_INVALID` for what is no tar, or a doubtful one; `SIZE_LIMIT`
 */
export async function indexTar(file: PlainFile, place: string): Promise<TarFiles> {
  await refuseCompressed(file, place);
  const roots = new Map<string, Place>();
  const blobs = new Map<Digest, Place>();
  const add = <K>(map: Map<K, Place>, key: K, member: Place): void => {
    // Which of two is meant would be up to each reader.
    if (map.has(key)) throw new ContentError('LAYOUT_INVALID', `${place} has ${String(key)} twice`);
    map.set(key, member);
  };
  for await (const { path, type, offset, size } of readTarHeaders(file, place)) {
    const name = path.replace(/^(?:\.\/+)+/u, '');
    const digest = name.startsWith(BLOBS) ? `sha256:${name.slice(BLOBS.length)}` : '';
    const isBlob = isDigest(digest);
    if (!isBlob && name !== INDEX_FILE && name !== VERSION_FILE) continue;
    if (type !== '0')
      throw new ContentError('LAYOUT_INVALID', `${place} has ${name}, which is no plain file`);
    if (isBlob) add(blobs, digest, { offset, size });
    else add(roots, name, { offset, size });
  }
  return {
    digests: () => blobs.keys(),
    sizeOf: async (digest) => blobs.get(digest)?.size,
    open: async (digest) => openPlace(file, blobs.get(digest)),
    async readRootFile(name, maxBytes) {
      const found = roots.get(name);
      if (found === undefined) return undefined;
      if (found.size > maxBytes) {
        throw new ContentError(
          'LAYOUT_INVALID',
          `${name} of ${place} has ${found.size} bytes, more than ${maxBytes}`,
        );
      }
      const chunks: Uint8Array[] = [];
      const range = shift({ first: 0, last: found.size - 1 }, found.offset);
      for await (const chunk of readRange(file.handle, range)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
  };
}

async function refuseCompressed({ handle, size }: PlainFile, place: string): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, Math.min(4, size), 0);
  const start = buffer.toString('hex', 0, bytesRead);
  for (const [magic, tool] of Object.entries(compressed)) {
    if (!start.startsWith(magic)) continue;
    throw new ContentError('LAYOUT_INVALID', `${place} is compressed`, {
      hint: `Unpack it first with ${tool}: blobs are compressed already, and a tar is read where it stands.`,
    });
  }
}

function openPlace(file: PlainFile, found: Place | undefined): BlobReader | undefined {
  if (found === undefined) return undefined;
  return {
    size: found.size,
    read: (range = { first: 0, last: found.size - 1 }, options) =>
      readRange(file.handle, shift(range, found.offset), options),
    // The tar stays open for the next one.
    close: async () => undefined,
  };
}

/** A range of a member as one of the file. */
function shift({ first, last }: ByteRange, offset: number): ByteRange {
  return { first: offset + first, last: offset + last };
}
