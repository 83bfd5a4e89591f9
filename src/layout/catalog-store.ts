// A content store over a catalog and blobs by digest: what layouts in a directory and in a tar have in common.
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import {
  assertBlob,
  assertContent,
  fetchBytes,
  verifyStream,
  watchStream,
  type Bytes,
  type ContentSource,
  type ContentStore,
  type ReadOptions,
} from '../oci/content-store.ts';
import type { Digest } from '../oci/digest.ts';
import { readManifestFacts } from '../oci/manifest-facts.ts';
import { isManifestType } from '../oci/media-types.ts';
import { parseTag } from '../oci/reference.ts';
import type { BlobFiles } from './blobs.ts';
import { describeEntry, type Catalog } from './catalog.ts';

/** Blobs that can be read; they are verified here. */
export type ReadableBlobs = Pick<BlobFiles, 'open' | 'sizeOf'>;
/** Blobs that can be written, too. */
export type WritableBlobs = ReadableBlobs & Pick<BlobFiles, 'write'>;

type ReaderParts = { readonly blobs: ReadableBlobs; readonly catalog: Catalog };
type WriterParts = {
  readonly blobs: WritableBlobs;
  readonly catalog: Catalog;
  /** Called after each change of the catalog. */
  readonly save: () => Promise<void>;
};
type Reader = Required<ContentSource>;
type Writer = Pick<ContentStore, 'exists' | 'push' | 'pushBlob' | 'tag' | 'deleteTag' | 'deleteManifest'>;

/** What reads blobs as content: verified, and only under their own size. */
export function createFetch(blobs: Pick<ReadableBlobs, 'open'>): Pick<ContentSource, 'fetch'> {
  return {
    fetch: (descriptor, signal, options) =>
      verifyStream(descriptor, readBlob(blobs, descriptor.digest, { ...options, signal })),
  };
}

type ReadRequest = ReadOptions & { readonly signal: AbortSignal | undefined };

async function* readBlob(
  blobs: Pick<ReadableBlobs, 'open'>,
  digest: Digest,
  { signal, ...options }: ReadRequest,
): Bytes {
  signal?.throwIfAborted();
  const blob = await blobs.open(digest);
  if (blob === undefined) throw new ContentError('CONTENT_MISSING', `layout has no blob ${digest}`);
  try {
    for await (const chunk of blob.read(undefined, options)) {
      signal?.throwIfAborted();
      yield chunk;
    }
  } finally {
    await blob.close();
  }
}

/** The reading half of a store. */
export function createReader({ blobs, catalog }: ReaderParts): Reader {
  const { fetch } = createFetch(blobs);
  return {
    fetch,
    async resolve(tagOrDigest, signal) {
      const found = catalog.find(tagOrDigest)?.descriptor;
      if (found === undefined) {
        throw new ContentError('CONTENT_MISSING', `layout has no manifest ${tagOrDigest.slice(0, 140)}`);
      }
      const { mediaType, digest, size } = found;
      const descriptor = { mediaType, digest, size };
      return { descriptor, bytes: await fetchBytes({ fetch }, descriptor, ociLimits.manifestBytes, signal) };
    },
    async referrers(subject, signal) {
      signal?.throwIfAborted();
      return catalog.referrers(subject.digest);
    },
    async tags(signal) {
      signal?.throwIfAborted();
      // Other tools put whole references into the annotation; those can't be asked for as tags.
      return catalog.tagNames().filter(isUsableTag);
    },
  };
}

/** The writing half of a store. */
export function createWriter({ blobs, catalog, save }: WriterParts): Writer {
  return {
    async exists({ mediaType, digest, size }, signal) {
      signal?.throwIfAborted();
      if (isManifestType(mediaType) && catalog.find(digest) === undefined) return false;
      return (await blobs.sizeOf(digest)) === size;
    },
    async push(content, signal) {
      signal?.throwIfAborted();
      assertContent(content);
      const { descriptor, bytes } = content;
      const facts = isManifestType(descriptor.mediaType) ? readManifestFacts(content) : undefined;
      if ((await blobs.sizeOf(descriptor.digest)) !== descriptor.size)
        await blobs.write(descriptor, once(bytes));
      if (facts === undefined) return;
      catalog.put(describeEntry(descriptor, facts));
      await save();
    },
    async pushBlob(descriptor, open, signal) {
      signal?.throwIfAborted();
      assertBlob(descriptor);
      if ((await blobs.sizeOf(descriptor.digest)) === descriptor.size) return;
      const chunks = open(signal, { isChunkLent: true });
      const stopIfAborted = (): void => signal?.throwIfAborted();
      await blobs.write(descriptor, watchStream(chunks, { onBytes: stopIfAborted }));
    },
    async tag({ descriptor: { digest } }, tag, signal) {
      signal?.throwIfAborted();
      parseTag(tag);
      if (catalog.find(digest) === undefined) {
        throw new ContentError('CONTENT_MISSING', `layout has no manifest ${digest} to tag`);
      }
      catalog.setTag(tag, digest);
      await save();
    },
    async deleteTag(tag, signal) {
      signal?.throwIfAborted();
      if (!catalog.deleteTag(tag)) return false;
      await save();
      return true;
    },
    async deleteManifest(digest, signal) {
      signal?.throwIfAborted();
      if (!catalog.deleteManifest(digest)) return false;
      await save();
      return true;
    },
  };
}

async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}

function isUsableTag(text: string): boolean {
  try {
    return parseTag(text) === text;
  } catch {
    return false;
  }
}
