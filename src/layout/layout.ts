// An OCI image layout directory (image-spec, image-layout.md) as a content store. Tags stand in index.json as oras
// writes them, every pushed manifest has an entry there, and all that is read back is verified. One process at a
// time may write to a layout; within it, one store is to be shared.
import { mkdir } from 'node:fs/promises';
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import {
  assertBlob,
  assertContent,
  fetchBytes,
  verifyStream,
  type Bytes,
  type ContentSource,
  type ContentStore,
} from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';

import { isManifestType } from '../oci/media-types.ts';
import { parseTag } from '../oci/reference.ts';
import { openBlobFiles, type BlobFiles, type BlobReader, type Upload } from './blobs.ts';
import { describeEntry, type Catalog } from './catalog.ts';
import { createIndexFile, createWriteQueue, readIndexFile, writeIndexFile } from './index-file.ts';
import { loadCatalog } from './load-catalog.ts';
import { readManifestFacts } from '../oci/manifest-facts.ts';

export type LayoutOptions = {
  /** For a writer: makes the directory a layout unless it is one, and removes what a killed writer left in it. */
  readonly create?: boolean;
};

/** A content store with what a registry needs beyond it. */
export interface LayoutStore extends ContentStore {
  /** The manifest that a tag or a digest names, without reading it. */
  find(tagOrDigest: string): Descriptor | undefined;
  /** Opens a blob, unverified; undefined where there is none. */
  openBlob(digest: Digest): Promise<BlobReader | undefined>;
  /** Starts to write a blob whose digest is known only at its end. */
  startUpload(): Promise<Upload>;
  /** Takes a blob over from another layout's directory; false where that has none. */
  linkBlob(sourceDirectory: string, digest: Digest): Promise<boolean>;
}

/**
 * Opens an image layout.
 * @throws ContentError `LAYOUT_INVALID`
 */
export async function openLayout(
  directory: string,
  { create = false }: LayoutOptions = {},
): Promise<LayoutStore> {
  if (create) await mkdir(directory, { recursive: true });
  const blobs = await openBlobFiles(directory);
  if (create) {
    await blobs.removeLeftovers();
    await createIndexFile(directory, blobs);
  }
  const fetch: ContentStore['fetch'] = (descriptor, signal) => fetchBlob(blobs, descriptor, signal);
  const catalog = await loadCatalog(await readIndexFile(directory), { fetch });
  const save = createWriteQueue(() => writeIndexFile(blobs, catalog.entries()));

  const store: LayoutStore = {
    ...createReader(catalog, fetch),
    ...createWriter({ blobs, catalog, save }),
    openBlob: (digest) => blobs.open(digest),
    startUpload: () => blobs.startUpload(),
    linkBlob: (sourceDirectory, digest) => blobs.link(sourceDirectory, digest),
    async takeOver(source, { digest, size }, signal) {
      signal?.throwIfAborted();
      const sourceDirectory = directories.get(source);
      if (sourceDirectory === undefined || !(await blobs.link(sourceDirectory, digest))) return false;
      return (await blobs.sizeOf(digest)) === size;
    },
    async exists({ mediaType, digest, size }, signal) {
      signal?.throwIfAborted();
      if (isManifestType(mediaType) && catalog.find(digest) === undefined) return false;
      return (await blobs.sizeOf(digest)) === size;
    },
  };
  directories.set(store, directory);
  return store;
}

/** Where the layouts of this process are, for links from one to another. */
const directories = new WeakMap<ContentSource, string>();

type Reader = Pick<LayoutStore, 'fetch' | 'find' | 'resolve' | 'referrers' | 'tags'>;
type Writer = Pick<LayoutStore, 'push' | 'pushBlob' | 'tag' | 'deleteTag' | 'deleteManifest'>;
type Parts = { readonly blobs: BlobFiles; readonly catalog: Catalog; readonly save: () => Promise<void> };

function createReader(catalog: Catalog, fetch: ContentStore['fetch']): Reader {
  return {
    fetch,
    find: (tagOrDigest) => catalog.find(tagOrDigest)?.descriptor,
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

function createWriter({ blobs, catalog, save }: Parts): Writer {
  return {
    async push(content, signal) {
      signal?.throwIfAborted();
      assertContent(content);
      const { descriptor, bytes } = content;
      const facts = isManifestType(descriptor.mediaType) ? readManifestFacts(content) : undefined;
      if ((await blobs.sizeOf(descriptor.digest)) !== descriptor.size)
        await writeBlob(blobs, descriptor.digest, bytes);
      if (facts === undefined) return;
      catalog.put(describeEntry(descriptor, facts));
      await save();
    },
    async pushBlob(descriptor, open, signal) {
      signal?.throwIfAborted();
      assertBlob(descriptor);
      if ((await blobs.sizeOf(descriptor.digest)) === descriptor.size) return;
      const upload = await blobs.startUpload();
      try {
        for await (const chunk of verifyStream(descriptor, open(signal))) {
          signal?.throwIfAborted();
          await upload.append(chunk);
        }
        await upload.commit(descriptor.digest);
      } finally {
        await upload.abort();
      }
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

async function* fetchBlob(blobs: BlobFiles, descriptor: Descriptor, signal?: AbortSignal): Bytes {
  signal?.throwIfAborted();
  const blob = await blobs.open(descriptor.digest);
  if (blob === undefined)
    throw new ContentError('CONTENT_MISSING', `layout has no blob ${descriptor.digest}`);
  try {
    for await (const chunk of verifyStream(descriptor, blob.read())) {
      signal?.throwIfAborted();
      yield chunk;
    }
  } finally {
    await blob.close();
  }
}

async function writeBlob(blobs: BlobFiles, digest: Digest, bytes: Uint8Array): Promise<void> {
  const upload = await blobs.startUpload();
  try {
    await upload.append(bytes);
    await upload.commit(digest);
  } finally {
    await upload.abort();
  }
}

function isUsableTag(text: string): boolean {
  try {
    return parseTag(text) === text;
  } catch {
    return false;
  }
}
