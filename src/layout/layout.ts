// An OCI image layout directory (image-spec, image-layout.md) as a content store. Tags stand in index.json as oras
// writes them, every pushed manifest has an entry there, and all that is read back is verified. One process at a
// time may write to a layout; within it, one store is to be shared.
import { mkdir } from 'node:fs/promises';
import type { ContentSource, ContentStore } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { openBlobFiles, type BlobFiles, type BlobReader, type Upload } from './blobs.ts';
import type { Catalog } from './catalog.ts';
import { createFetch, createReader, createWriter } from './catalog-store.ts';
import {
  collectGarbage,
  deleteBlob,
  type BlobRemoval,
  type Garbage,
  type GarbageOptions,
} from './garbage.ts';
import { createIndexFile, readIndexFile, writeIndexFile } from './index-file.ts';
import { loadCatalog } from './load-catalog.ts';
import { createWriteQueue } from './write-queue.ts';

export type LayoutOptions = {
  /** For a writer: makes the directory a layout unless it is one, and removes what a killed writer left in it. */
  readonly create?: boolean;
  /**
   * Keeps what changes in index.json in memory until `flush`, for a writer of many manifests and tags. A process that is
   * killed before leaves blobs that nothing lists, which the next writer uses.
   */
  readonly isIndexHeld?: boolean;
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
  /** Makes a blob count as one that came just now, for garbage collection; false where there is none. */
  refreshBlob(digest: Digest): Promise<boolean>;
  /** Writes index.json where it is held; everything is on disk when the promise resolves. */
  flush(): Promise<void>;
  /** Removes a blob that no manifest needs; nothing may be pushed meanwhile. */
  deleteBlob(digest: Digest): Promise<BlobRemoval>;
  /**
   * Removes what nothing reaches; no manifest may be pushed meanwhile.
   * @throws ContentError `LAYOUT_INVALID` before anything is removed
   */
  collectGarbage(options: GarbageOptions): Promise<Garbage>;
}

/**
 * Opens an image layout.
 * @throws ContentError `LAYOUT_INVALID`
 */
export async function openLayout(
  directory: string,
  { create = false, isIndexHeld = false }: LayoutOptions = {},
): Promise<LayoutStore> {
  if (create) await mkdir(directory, { recursive: true });
  const blobs = await openBlobFiles(directory, { isSyncLate: isIndexHeld });
  if (create) {
    await blobs.removeLeftovers();
    await createIndexFile(directory, blobs);
  }
  const catalog = await loadCatalog(await readIndexFile(directory), createFetch(blobs));
  const { save, flush } = createSaves({ blobs, catalog, isIndexHeld });
  const writer = createWriter({ blobs, catalog, save });
  const store: LayoutStore = {
    ...createReader({ blobs, catalog }),
    ...writer,
    async push(content, signal) {
      await writer.push(content, signal);
      await blobs.refresh(content.descriptor.digest);
    },
    find: (tagOrDigest) => catalog.find(tagOrDigest)?.descriptor,
    openBlob: (digest) => blobs.open(digest),
    startUpload: () => blobs.startUpload(),
    flush,
    linkBlob: (sourceDirectory, digest) => blobs.link(sourceDirectory, digest),
    refreshBlob: (digest) => blobs.refresh(digest),
    deleteBlob: (digest) => deleteBlob({ blobs, catalog }, digest),
    collectGarbage: (options) => collectGarbage({ directory, blobs, catalog, save }, options),
    async takeOver(source, descriptor, signal) {
      signal?.throwIfAborted();
      const { digest, size } = descriptor;
      const sourceDirectory = directoryOf(source);
      if (sourceDirectory === undefined) return false;
      // A link would carry damage over; `copy` promises what its digest says.
      for await (const _ of source.fetch(descriptor, signal));
      if (!(await blobs.link(sourceDirectory, digest))) return false;
      return (await blobs.sizeOf(digest)) === size;
    },
  };
  directories.set(store, directory);
  return store;
}

type SavesOptions = { readonly blobs: BlobFiles; readonly catalog: Catalog; readonly isIndexHeld: boolean };
type Saves = { save(): Promise<void>; flush(): Promise<void> };

function createSaves({ blobs, catalog, isIndexHeld }: SavesOptions): Saves {
  const write = createWriteQueue(() => writeIndexFile(blobs, catalog.entries()));
  if (!isIndexHeld) return { save: write, flush: async () => undefined };
  let isChanged = false;
  return {
    async save() {
      isChanged = true;
    },
    async flush() {
      if (!isChanged) return;
      // What index.json lists must be there before it.
      await blobs.flush();
      await write();
      isChanged = false;
    },
  };
}

/** Where the layouts of this process are, for links from one to another. */
const directories = new WeakMap<ContentSource, string>();

/** The directory of a layout that this process has opened; undefined for every other store. */
export function directoryOf(source: ContentSource): string | undefined {
  return directories.get(source);
}
