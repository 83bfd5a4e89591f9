// The two files that make a directory an image layout (image-spec, image-layout.md): `oci-layout`, which names the
// version, and `index.json`, which lists manifests. Both are read as hostile and replaced as a whole.
import { join } from 'node:path';
import * as z from 'zod';
import { ContentError, errorMessageOf } from '../errors.ts';
import { formatIndex, parseIndex } from '../oci/manifest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { BlobFiles } from './blobs.ts';
import { layoutLimits } from './catalog.ts';
import { readPlain } from './files.ts';

const VERSION_FILE = 'oci-layout';
const INDEX_FILE = 'index.json';
const VERSION_FILE_BYTES = 4096;

const versionSchema = z.object({ imageLayoutVersion: z.literal('1.0.0') });

/**
 * Reads the entries of index.json.
 * @throws ContentError `LAYOUT_INVALID` if the directory is no image layout of version 1.0.0
 */
export async function readIndexFile(directory: string): Promise<readonly Descriptor[]> {
  const version = await readPlain(join(directory, VERSION_FILE), VERSION_FILE_BYTES);
  const index = await readPlain(join(directory, INDEX_FILE), layoutLimits.indexBytes);
  if (version === undefined || index === undefined) {
    throw new ContentError('LAYOUT_INVALID', `${directory} is not an image layout`, {
      hint: `Name a directory with the files ${VERSION_FILE} and ${INDEX_FILE}.`,
    });
  }
  try {
    versionSchema.parse(JSON.parse(Buffer.from(version).toString('utf8')));
  } catch (cause) {
    throw new ContentError('LAYOUT_INVALID', `${directory} is not an image layout of version 1.0.0`, {
      cause,
    });
  }
  try {
    return parseIndex(index, layoutLimits.indexBytes).manifests;
  } catch (cause) {
    throw new ContentError(
      'LAYOUT_INVALID',
      `${INDEX_FILE} of ${directory} is not valid: ${errorMessageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

/** Makes an existing directory an image layout; what is there of one stays. */
export async function createIndexFile(directory: string, blobs: BlobFiles): Promise<void> {
  if ((await readPlain(join(directory, INDEX_FILE), layoutLimits.indexBytes)) === undefined) {
    await writeIndexFile(blobs, []);
  }
  // Last: a directory with this file has the other one.
  if ((await readPlain(join(directory, VERSION_FILE), VERSION_FILE_BYTES)) === undefined) {
    await blobs.replaceRootFile(VERSION_FILE, Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
  }
}

/** Replaces index.json; it is on disk when the promise resolves. */
export function writeIndexFile(blobs: BlobFiles, entries: readonly Descriptor[]): Promise<void> {
  return blobs.replaceRootFile(INDEX_FILE, formatIndex(entries).bytes);
}

/**
 * Serialises writes: one at a time, and calls that come while one is under way share the next, which holds all of
 * their changes.
 */
export function createWriteQueue(write: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    next = undefined;
    return write();
  };
  return () => {
    if (next !== undefined) return next;
    // A failed write was reported to its callers; it does not stop the next one.
    next = last.then(start, start);
    last = next;
    return next;
  };
}
