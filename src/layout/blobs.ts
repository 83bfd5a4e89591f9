// The blobs of an image layout (image-spec, image-layout.md#blobs): files named by their digest, which become visible
// by rename only, when they are whole, hashed and on disk. A killed process leaves at most a file in `.uploads`.
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, link, open, readdir, rename, rm, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentError } from '../errors.ts';
import type { Bytes } from '../oci/content-store.ts';
import { digestHex, finishDigest, isDigest, startDigest, type Digest } from '../oci/digest.ts';
import {
  ensureDirectory,
  isSystemError,
  lookAt,
  openPlain,
  refuseNonDirectory,
  syncDirectory,
} from './files.ts';

const CHUNK_BYTES = 256 * 1024;
const CREATE_NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Positions of the first and the last byte. */
export type ByteRange = { readonly first: number; readonly last: number };

/** A blob opened for reading; it must be closed. Its bytes are not verified here. */
export type BlobReader = {
  /** Bytes of the file. */
  readonly size: number;
  read(range?: ByteRange): Bytes;
  close(): Promise<void>;
};

/** Content on its way in. Calls must not overlap. */
export type Upload = {
  /** Bytes appended so far. */
  readonly size: number;
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
  /** Removes what a killed process left. */
  removeLeftovers(): Promise<void>;
};

export type BlobFile = {
  readonly digest: Digest;
  readonly size: number;
  /** When it came here, also by a link; milliseconds since 1970. */
  readonly changedMs: number;
};

/**
 * Gives the blob files of a layout's directory, which must exist.
 * @throws ContentError `LAYOUT_INVALID` if one of its folders is a symbolic link
 */
export async function openBlobFiles(directory: string): Promise<BlobFiles> {
  const folders = [join(directory, 'blobs'), join(directory, 'blobs', 'sha256'), join(directory, '.uploads')];
  const [, blobs = '', uploads = ''] = folders;
  for (const folder of folders) await refuseNonDirectory(folder);
  const pathOf = (digest: Digest): string => join(blobs, digestHex(digest));

  async function createTemporary(): Promise<Temporary> {
    for (const folder of folders) await ensureDirectory(folder);
    const path = join(uploads, randomUUID());
    return { path, handle: await open(path, CREATE_NEW, 0o644) };
  }

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
        read: ({ first, last } = { first: 0, last: size - 1 }) => readRange(handle, first, last),
        close: () => handle.close(),
      };
    },
    async startUpload() {
      return createUpload(await createTemporary(), async (temporary, digest, size) => {
        // Content that is there already is left alone; one of another size is damaged and gets replaced.
        if ((await sizeOf(digest)) === size && (await refresh(digest))) return discard(temporary);
        await settle(temporary, pathOf(digest), blobs);
      });
    },
    async replaceRootFile(name, bytes) {
      const temporary = await createTemporary();
      try {
        await temporary.handle.writeFile(bytes);
        await settle(temporary, join(directory, name), directory);
      } catch (error) {
        await discard(temporary);
        throw error;
      }
    },
    async link(sourceDirectory, digest) {
      const source = await openBlobFiles(sourceDirectory);
      if ((await source.sizeOf(digest)) === undefined) return false;
      for (const folder of folders) await ensureDirectory(folder);
      try {
        await link(join(sourceDirectory, 'blobs', 'sha256', digestHex(digest)), pathOf(digest));
        await syncDirectory(blobs);
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
    async removeLeftovers() {
      for (const name of await listNames(uploads))
        await rm(join(uploads, name), { recursive: true, force: true });
    },
  };
  return files;
}

async function listNames(folder: string): Promise<readonly string[]> {
  return (await lookAt(folder)) === undefined ? [] : readdir(folder);
}

type Temporary = { readonly path: string; readonly handle: FileHandle };
type Settle = (temporary: Temporary, digest: Digest, size: number) => Promise<void>;

function createUpload(temporary: Temporary, place: Settle): Upload {
  const hash = startDigest();
  let size = 0;
  let isOver = false;
  return {
    get size() {
      return size;
    },
    async append(chunk) {
      await temporary.handle.writeFile(chunk);
      hash.update(chunk);
      size += chunk.byteLength;
    },
    async commit(expected) {
      isOver = true;
      try {
        const digest = finishDigest(hash);
        if (digest !== expected) {
          throw new ContentError('DIGEST_MISMATCH', `content has digest ${digest}, not ${expected}`);
        }
        await place(temporary, digest, size);
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

/** Gives a temporary file its final name once its bytes are on disk. */
async function settle({ path, handle }: Temporary, target: string, folder: string): Promise<void> {
  await handle.sync();
  await handle.close();
  await rename(path, target);
  await syncDirectory(folder);
}

async function discard({ path, handle }: Temporary): Promise<void> {
  await handle.close();
  await rm(path, { force: true });
}

async function copyBlob(source: BlobFiles, target: BlobFiles, digest: Digest): Promise<boolean> {
  const blob = await source.open(digest);
  if (blob === undefined) return false;
  const upload = await target.startUpload();
  try {
    for await (const chunk of blob.read()) await upload.append(chunk);
    await upload.commit(digest);
    return true;
  } finally {
    await upload.abort();
    await blob.close();
  }
}

/** Bytes of an open file between two positions, in chunks of their own memory; fewer where the file ends. */
export async function* readRange(handle: FileHandle, first: number, last: number): Bytes {
  let position = first;
  while (position <= last) {
    const length = Math.min(CHUNK_BYTES, last - position + 1);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
