// Garbage collection of one layout. It takes out of index.json first, then out of the blobs: a collection that is killed
// leaves at most blobs that nobody lists, for the next one.
import { join } from 'node:path';
import { digestHex, type Digest } from '../oci/digest.ts';
import type { BlobFile, BlobFiles } from './blobs.ts';
import type { Catalog } from './catalog.ts';
import { createFetch } from './catalog-store.ts';
import { lookAt } from './files.ts';
import { findReachable, readNeeds } from './reachable.ts';

export type GarbageOptions = {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** What came here less than so long ago is kept: it may be tagged yet. */
  readonly minAgeMs: number;
  /** Finds it and leaves it. */
  readonly dryRun?: boolean;
};

/** What was removed, or would be. */
export type Garbage = {
  readonly tags: readonly string[];
  readonly manifests: readonly Digest[];
  /** Files, those of the manifests included. */
  readonly blobs: readonly Digest[];
  /** Bytes of those files; one that other layouts share by a link takes no more room for it. */
  readonly bytes: number;
};

export type BlobRemoval = 'removed' | 'missing' | 'needed';

type Parts = {
  readonly directory: string;
  readonly blobs: BlobFiles;
  readonly catalog: Catalog;
  readonly save: () => Promise<void>;
};

/**
 * Removes what nothing reaches and what is old enough; no manifest may be pushed meanwhile.
 * @throws ContentError `LAYOUT_INVALID` before anything is removed
 */
export async function collectGarbage(
  { directory, blobs, catalog, save }: Parts,
  { nowMs, minAgeMs, dryRun = false }: GarbageOptions,
): Promise<Garbage> {
  const files = await blobs.list();
  const youngest = nowMs - minAgeMs;
  const young = new Set(files.filter((file) => file.changedMs > youngest).map(({ digest }) => digest));
  const isYoung = (digest: Digest): boolean => young.has(digest);
  const reached = await findReachable({ catalog, source: createFetch(blobs), isYoung });
  const isGarbage = (digest: Digest): boolean => !reached.has(digest);
  const manifests = catalog
    .manifests()
    .map(({ descriptor }) => descriptor.digest)
    .filter(isGarbage);
  const tags = catalog.tagNames().filter((tag) => {
    const digest = catalog.find(tag)?.descriptor.digest;
    return digest !== undefined && isGarbage(digest);
  });
  let removed = files.filter(({ digest }) => isGarbage(digest) && !isYoung(digest));
  if (!dryRun) {
    for (const digest of manifests) catalog.deleteManifest(digest);
    if (manifests.length > 0) await save();
    removed = await removeUnchanged(directory, blobs, removed);
  }
  return {
    tags,
    manifests,
    blobs: removed.map(({ digest }) => digest),
    bytes: removed.reduce((sum, { size }) => sum + size, 0),
  };
}

/** What came here again since it was listed stays: whoever pushed it was told that it is here (race). */
async function removeUnchanged(
  directory: string,
  blobs: BlobFiles,
  files: readonly BlobFile[],
): Promise<BlobFile[]> {
  const removed: BlobFile[] = [];
  for (const file of files) {
    const stats = await lookAt(join(directory, 'blobs', 'sha256', digestHex(file.digest)));
    if (stats?.ctimeMs !== file.changedMs) continue;
    if (await blobs.remove(file.digest)) removed.push(file);
  }
  return removed;
}

/** Removes a blob that no manifest here needs; nothing may be pushed meanwhile. */
export async function deleteBlob(
  { blobs, catalog }: Pick<Parts, 'blobs' | 'catalog'>,
  digest: Digest,
): Promise<BlobRemoval> {
  if ((await blobs.sizeOf(digest)) === undefined) return 'missing';
  if (catalog.find(digest) !== undefined) return 'needed';
  const source = createFetch(blobs);
  for (const { descriptor } of catalog.manifests()) {
    if ((await readNeeds(source, descriptor)).includes(digest)) return 'needed';
  }
  return (await blobs.remove(digest)) ? 'removed' : 'missing';
}
