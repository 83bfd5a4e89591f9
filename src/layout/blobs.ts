// The blobs of an image layout (image-spec, image-layout.md#blobs): files named by their digest, which become visible
// by rename only, when they are whole, hashed and on disk. A killed process leaves at most a file in `.uploads`.
import { chmod, link, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentError } from '../errors.ts';
import { verifyStream, type Bytes, type ReadOptions } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestHex, finishDigest, isDigest, startDigest, type Digest } from '../oci/digest.ts';
import { readRange, type ByteRange } from './file-reader.ts';
import { createFileWriter, type FileWriter } from './file-writer.ts';
import { ensureDirectory, isSystemError, lookAt, openPlain, refuseNonDirectory } from './files.ts';
import { createTemporaries, discard, listNames, type Temporary } from './temporaries.ts';

/** A blob opened for reading; it must be closed. Its bytes are not verified here. */
export type BlobReader = {
  /** Bytes of the file. */
  readonly size: number;
  read(range?: ByteRange, options?: ReadOptions): Bytes;
  close(): Promise<void>;
};

/** Content on its way in whose digest is known only at its end. Calls must not overlap. */
export type Upload = {
  /** Bytes appended so far. */
  readonly size: number;
  /** Takes a copy of a chunk. */
  append(chunk: Uint8Array): Promise<void>;
  /**
   * Makes the content visible as a blob; the upload is over, also where this throws.
   * @throws ContentError `DIGEST_MISMATCH`
   */
  commit(expected: Digest): Promise<void>;
  /** Forgets the content; it may be called at any time, and again. */
  abort(): Promise<void>;
};

/** The blob files of one layout. */
export type BlobFiles = {
  open(digest: Digest): Promise<BlobReader | undefined>;
  /** Bytes of the blob; undefined where there is none. */
  sizeOf(digest: Digest): Promise<number | undefined>;
  /**
   * Stores a blob while it is read, unless `verifyStream` fails for it; it is done with a chunk when it asks for the next.
   * @throws ContentError `DIGEST_MISMATCH`, `SIZE_MISMATCH`, and what the chunks throw
   */
  write(descriptor: Descriptor, chunks: Bytes): Promise<void>;
  startUpload(): Promise<Upload>;
  /** Writes a file of the layout's root at once: a reader sees the old bytes or the new ones. */
  replaceRootFile(name: string, bytes: Uint8Array): Promise<void>;
  /** Takes a blob over from another layout; false where that has none. */
  link(sourceDirectory: string, digest: Digest): Promise<boolean>;
  /** All blobs; files with other names are none. */
  list(): Promise<readonly BlobFile[]>;
  /** Makes a blob count as one that came just now; false where there is none. */
  refresh(digest: Digest): Promise<boolean>;
  /** False where there was none. */
  remove(digest: Digest): Promise<boolean>;
  /** Makes the names of all blobs durable, where that is done late. */
  flush(): Promise<void>;
  /** Removes what a killed process left. */
  removeLeftovers(): Promise<void>;
};

export type BlobFile = {
  readonly digest: Digest;
  readonly size: number;
  /** When it came here, also by a link; milliseconds since 1970. */
  readonly changedMs: number;
};

export type BlobFilesOptions = {
  /** Blobs are on disk once they are written, and their names only after `flush`. */
  readonly isSyncLate?: boolean;
};

/**
 * Gives the blob files of a layout's directory, which must exist.
 * @throws ContentError `LAYOUT_INVALID` if one of its folders is a symbolic link
 */
export async function openBlobFiles(
  directory: string,
  { isSyncLate = false }: BlobFilesOptions = {},
): Promise<BlobFiles> {
  const folders = [join(directory, 'blobs'), join(directory, 'blobs', 'sha256'), join(directory, '.uploads')];
  const [, blobs = '', uploads = ''] = folders;
  for (const folder of folders) await refuseNonDirectory(folder);
  const pathOf = (digest: Digest): string => join(blobs, digestHex(digest));
  const makeFolders = async (): Promise<void> => {
    for (const folder of folders) await ensureDirectory(folder);
  };
  const temporaries = createTemporaries(uploads, makeFolders);
  const syncNames = async (): Promise<void> => {
    if (!isSyncLate) await temporaries.syncFolder(blobs);
  };

  async function sizeOf(digest: Digest): Promise<number | undefined> {
    const stats = await lookAt(pathOf(digest));
    return stats?.isFile() === true ? stats.size : undefined;
  }

  async function refresh(digest: Digest): Promise<boolean> {
    const stats = await lookAt(pathOf(digest));
    if (stats?.isFile() !== true) return false;
    try {
      // Its mode stays; the time of its last change is set by that.
      await chmod(pathOf(digest), stats.mode & 0o7777);
    } catch (error) {
      // Where that can't be done, it stays as old as it is.
      if (!isSystemError(error, 'EPERM', 'EROFS', 'ENOTSUP', 'ENOENT')) throw error;
    }
    return true;
  }

  const files: BlobFiles = {
    sizeOf,
    refresh,
    async open(digest) {
      const file = await openPlain(pathOf(digest));
      if (file === undefined) return undefined;
      const { handle, size } = file;
      return {
        size,
        read: (range = { first: 0, last: size - 1 }, options) => readRange(handle, range, options),
        close: () => handle.close(),
      };
    },
    async write(descriptor, chunks) {
      const temporary = await temporaries.create();
      try {
        await writeVerified(temporary, descriptor, chunks);
        await temporaries.place(temporary, pathOf(descriptor.digest));
        await syncNames();
      } catch (error) {
        await discard(temporary);
        throw error;
      }
    },
    async startUpload() {
      return createUpload(await temporaries.create(), async (temporary, digest, size) => {
        // Content that is there already is left alone; one of another size is damaged and gets replaced.
        if ((await sizeOf(digest)) === size && (await refresh(digest))) return discard(temporary);
        await temporaries.place(temporary, pathOf(digest));
        await syncNames();
      });
    },
    async replaceRootFile(name, bytes) {
      const temporary = await temporaries.create();
      try {
        await temporary.handle.writeFile(bytes);
        await temporary.handle.datasync();
        await temporaries.place(temporary, join(directory, name));
        await temporaries.syncFolder(directory);
      } catch (error) {
        await discard(temporary);
        throw error;
      }
    },
    async link(sourceDirectory, digest) {
      const source = await openBlobFiles(sourceDirectory);
      if ((await source.sizeOf(digest)) === undefined) return false;
      await makeFolders();
      try {
        await link(join(sourceDirectory, 'blobs', 'sha256', digestHex(digest)), pathOf(digest));
        await syncNames();
      } catch (error) {
        if (isSystemError(error, 'EEXIST')) return refresh(digest);
        if (!isSystemError(error, 'EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP')) throw error;
        return copyBlob(source, files, digest);
      }
      return true;
    },
    async list() {
      const found: BlobFile[] = [];
      for (const name of await listNames(blobs)) {
        const digest = `sha256:${name}`;
        const stats = isDigest(digest) ? await lookAt(join(blobs, name)) : undefined;
        if (!isDigest(digest) || stats?.isFile() !== true) continue;
        found.push({ digest, size: stats.size, changedMs: stats.ctimeMs });
      }
      return found;
    },
    async remove(digest) {
      try {
        await unlink(pathOf(digest));
        return true;
      } catch (error) {
        if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
        throw error;
      }
    },
    flush: async () => {
      await makeFolders();
      await temporaries.syncFolder(blobs);
    },
    removeLeftovers: temporaries.removeLeftovers,
  };
  return files;
}

/** Every byte is checked on its way, by `verifyStream` here or before. */
async function writeVerified({ handle }: Temporary, descriptor: Descriptor, chunks: Bytes): Promise<void> {
  const writer = createFileWriter(handle, descriptor.size);
  for await (const chunk of verifyStream(descriptor, chunks)) await writer.append(chunk);
  if (writer.size !== descriptor.size)
    throw new ContentError(
      'SIZE_MISMATCH',
      `${descriptor.digest} has ${writer.size} bytes, not ${descriptor.size}`,
    );
  await writer.finish();
}

type Place = (temporary: Temporary, digest: Digest, size: number) => Promise<void>;

function createUpload(temporary: Temporary, place: Place): Upload {
  const hash = startDigest();
  const writer: FileWriter = createFileWriter(temporary.handle);
  let isOver = false;
  return {
    get size() {
      return writer.size;
    },
    async append(chunk) {
      hash.update(chunk);
      await writer.append(chunk);
    },
    async commit(expected) {
      isOver = true;
      try {
        const digest = finishDigest(hash);
        if (digest !== expected) {
          throw new ContentError('DIGEST_MISMATCH', `content has digest ${digest}, not ${expected}`);
        }
        await writer.finish();
        await place(temporary, digest, writer.size);
      } catch (error) {
        await discard(temporary);
        throw error;
      }
    },
    async abort() {
      if (isOver) return;
      isOver = true;
      await discard(temporary);
    },
  };
}

async function copyBlob(source: BlobFiles, target: BlobFiles, digest: Digest): Promise<boolean> {
  const blob = await source.open(digest);
  if (blob === undefined) return false;
  try {
    const descriptor = { mediaType: 'application/octet-stream', digest, size: blob.size };
    await target.write(descriptor, blob.read(undefined, { isChunkLent: true }));
    return true;
  } finally {
    await blob.close();
  }
}
