// An OCI image layout in a tar file as a content store, read where it stands. Writes are collected beside it and become
// visible at once, when it is closed: the same content gives the same bytes, and a killed process leaves the old file.
import { realpath, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ContentError } from '../errors.ts';
import type { ContentSource, ContentStore } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestHex, type Digest } from '../oci/digest.ts';
import { formatIndex } from '../oci/manifest.ts';
import { createCatalog, REF_NAME, type Catalog } from './catalog.ts';
import { createFetch, createReader, createWriter } from './catalog-store.ts';
import { isSystemError, openPlain, syncDirectory, type PlainFile } from './files.ts';
import { INDEX_FILE, readLayoutEntries, VERSION_FILE, versionBytes } from './index-file.ts';
import { directoryOf } from './layout.ts';
import { loadCatalog } from './load-catalog.ts';
import { indexTar, type TarFiles } from './tar-index.ts';
import { openTarSpool, type TarSpool } from './tar-spool.ts';
import type { NewTarMember } from './tar-writer.ts';

/** A layout's tar to read from. */
export interface LayoutTarSource extends ContentSource {
  close(): Promise<void>;
}

/** A layout's tar to write to, by one process at a time. Nothing is visible in the file before it is closed. */
export interface LayoutTarStore extends ContentStore {
  /**
   * Writes the tar, unless nothing has changed, and ends the store. Where that fails the old file stays as it was, and
   * the store is still to be aborted.
   * @throws ContentError `DIGEST_MISMATCH`, `SIZE_MISMATCH` where a blob is damaged
   */
  close(signal?: AbortSignal): Promise<void>;
  /**
   * Ends the store without writing the tar; harmless after `close`.
   * @param options `keepsBlobs` leaves whole blobs in `FILE.part` for the next store that writes this file
   */
  abort(options?: { readonly keepsBlobs?: boolean }): Promise<void>;
}

/**
 * Opens an image layout in a tar for reading; it has to be closed.
 * @throws ContentError `LAYOUT_INVALID`, `SIZE_LIMIT`
 */
export async function openLayoutTar(path: string): Promise<LayoutTarSource> {
  const file = await openPlain(await realpathOf(path));
  if (file === undefined) throw new ContentError('LAYOUT_INVALID', `${path} does not exist`);
  try {
    const { files, catalog } = await readTar(file, path);
    return { ...createReader({ blobs: files, catalog }), close: () => file.handle.close() };
  } catch (error) {
    await file.handle.close();
    throw error;
  }
}

/**
 * Opens an image layout in a tar for writing, one that is not there yet included; it has to be closed or aborted.
 * @throws ContentError `LAYOUT_INVALID`, `SIZE_LIMIT`
 */
export async function editLayoutTar(path: string): Promise<LayoutTarStore> {
  const target = await realpathOf(path);
  const file = await openPlain(target);
  try {
    const base = file === undefined ? emptyTar() : await readTar(file, path);
    const spool = await openTarSpool(target, base.files);
    return createStore({ path: target, file, spool, ...base });
  } catch (error) {
    await file?.handle.close();
    throw error;
  }
}

type Base = { readonly files: TarFiles; readonly catalog: Catalog };
type Parts = Base & {
  readonly path: string;
  readonly file: PlainFile | undefined;
  readonly spool: TarSpool;
};

function createStore({ path, file, spool, files, catalog }: Parts): LayoutTarStore {
  let isChanged = file === undefined;
  let isOver = false;
  const save = async (): Promise<void> => {
    isChanged = true;
  };
  const end = async (removesBlobs: boolean): Promise<void> => {
    isOver = true;
    await file?.handle.close();
    if (removesBlobs) await spool.remove();
  };
  return {
    ...createReader({ blobs: spool, catalog }),
    ...createWriter({ blobs: spool, catalog, save }),
    async takeOver(source, { digest, size }, signal) {
      signal?.throwIfAborted();
      const directory = directoryOf(source);
      if (directory === undefined || !(await spool.link(directory, digest))) return false;
      return (await spool.sizeOf(digest)) === size;
    },
    async close(signal) {
      if (isOver) return;
      if (isChanged || spool.added().size > 0) {
        await spool.writeArchive(await listMembers({ files, spool, catalog, signal }));
        await rename(spool.archivePath, path);
        await syncDirectory(dirname(path));
      }
      await end(true);
    },
    async abort({ keepsBlobs = false } = {}) {
      if (!isOver) await end(!keepsBlobs);
    },
  };
}

/** The root's files first, so that a reader of a stream has them before any blob; then blobs by digest. */
async function listMembers({
  files,
  spool,
  catalog,
  signal,
}: Omit<Parts, 'path' | 'file'> & { readonly signal: AbortSignal | undefined }): Promise<
  readonly NewTarMember[]
> {
  const digests = [...new Set([...files.digests(), ...spool.added()])].sort();
  const members = [
    rootMember(VERSION_FILE, versionBytes),
    rootMember(INDEX_FILE, formatIndex(sortEntries(catalog.entries())).bytes),
  ];
  const stored = createFetch(spool);
  for (const digest of digests) {
    const size = await spool.sizeOf(digest);
    if (size === undefined) throw new ContentError('CONTENT_MISSING', `layout has no blob ${digest}`);
    const descriptor: Descriptor = { mediaType: 'application/octet-stream', digest, size };
    members.push({ path: pathOf(digest), size, read: () => stored.fetch(descriptor, signal) });
  }
  return members;
}

function rootMember(path: string, bytes: Uint8Array): NewTarMember {
  return {
    path,
    size: bytes.byteLength,
    async *read() {
      yield bytes;
    },
  };
}

function pathOf(digest: Digest): string {
  return `blobs/sha256/${digestHex(digest)}`;
}

/** By tag and digest: the order in which they came in is chance. */
function sortEntries(entries: readonly Descriptor[]): readonly Descriptor[] {
  return entries
    .map((descriptor) => ({
      descriptor,
      key: `${descriptor.annotations?.[REF_NAME] ?? '\u{ffff}'} ${descriptor.digest}`,
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ descriptor }) => descriptor);
}

async function readTar(file: PlainFile, place: string): Promise<Base> {
  const files = await indexTar(file, place);
  const entries = await readLayoutEntries(place, files.readRootFile);
  return { files, catalog: await loadCatalog(entries, createFetch(files)) };
}

function emptyTar(): Base {
  return {
    catalog: createCatalog(),
    files: {
      digests: () => [],
      sizeOf: async () => undefined,
      open: async () => undefined,
      readRootFile: async () => undefined,
    },
  };
}

/** A link that the user names is followed; it stays one when what it leads to is replaced. */
async function realpathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return path;
    throw error;
  }
}
