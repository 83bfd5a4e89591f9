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

export const VERSION_FILE = 'oci-layout';
export const INDEX_FILE = 'index.json';
const VERSION_FILE_BYTES = 4096;
/** What `oci-layout` holds. */
export const versionBytes: Uint8Array = new TextEncoder().encode('{"imageLayoutVersion":"1.0.0"}');

const versionSchema = z.object({ imageLayoutVersion: z.literal('1.0.0') });

/** Reads a whole small file of a layout's root; undefined where there is none. */
export type ReadRootFile = (name: string, maxBytes: number) => Promise<Uint8Array | undefined>;

/**
 * Reads the entries of index.json.
 * @throws ContentError `LAYOUT_INVALID` if the directory is no image layout of version 1.0.0
 */
export function readIndexFile(directory: string): Promise<readonly Descriptor[]> {
  return readLayoutEntries(directory, (name, maxBytes) => readPlain(join(directory, name), maxBytes));
}

/**
 * Reads the entries of index.json from wherever the layout's files are.
 * @param place for messages
 * @throws ContentError `LAYOUT_INVALID` if there is no image layout of version 1.0.0
 */
export async function readLayoutEntries(place: string, read: ReadRootFile): Promise<readonly Descriptor[]> {
  const version = await read(VERSION_FILE, VERSION_FILE_BYTES);
  const index = await read(INDEX_FILE, layoutLimits.indexBytes);
  if (version === undefined || index === undefined) {
    throw new ContentError('LAYOUT_INVALID', `${place} is not an image layout`, {
      hint: `Name one that has the files ${VERSION_FILE} and ${INDEX_FILE}.`,
    });
  }
  try {
    versionSchema.parse(JSON.parse(Buffer.from(version).toString('utf8')));
  } catch (cause) {
    throw new ContentError('LAYOUT_INVALID', `${place} is not an image layout of version 1.0.0`, { cause });
  }
  try {
    return parseIndex(index, layoutLimits.indexBytes).manifests;
  } catch (cause) {
    const message = `${INDEX_FILE} of ${place} is not valid: ${errorMessageOf(cause)}`;
    throw new ContentError('LAYOUT_INVALID', message, { cause });
  }
}

/** Makes an existing directory an image layout; what is there of one stays. */
export async function createIndexFile(directory: string, blobs: BlobFiles): Promise<void> {
  if ((await readPlain(join(directory, INDEX_FILE), layoutLimits.indexBytes)) === undefined) {
    await writeIndexFile(blobs, []);
  }
  // Last: a directory with this file has the other one.
  if ((await readPlain(join(directory, VERSION_FILE), VERSION_FILE_BYTES)) === undefined) {
    await blobs.replaceRootFile(VERSION_FILE, versionBytes);
  }
}

/** Replaces index.json; it is on disk when the promise resolves. */
export function writeIndexFile(blobs: BlobFiles, entries: readonly Descriptor[]): Promise<void> {
  return blobs.replaceRootFile(INDEX_FILE, formatIndex(entries).bytes);
}
