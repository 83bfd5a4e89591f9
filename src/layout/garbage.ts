// Garbage collection of one layout. It takes out of index.json first, then out of the blobs: a collection that is killed
// leaves at most blobs that nobody lists, for the next one.
import type { Digest } from '../oci/digest.ts';
import type { BlobFiles } from './blobs.ts';
import type { Catalog } from './catalog.ts';
import { createFetch } from './catalog-store.ts';
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
  readonly blobs: BlobFiles;
  readonly catalog: Catalog;
  readonly save: () => Promise<void>;
};

/**
 * Removes what nothing reaches and what is old enough; no manifest may be pushed meanwhile.
 * @throws ContentError `LAYOUT_INVALID` before anything is removed
 */
export async function collectGarbage(
  { blobs, catalog, save }: Parts,
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
  const removed = files.filter(({ digest }) => isGarbage(digest) && !isYoung(digest));
  if (!dryRun) {
    for (const digest of manifests) catalog.deleteManifest(digest);
    if (manifests.length > 0) await save();
    for (const { digest } of removed) await blobs.remove(digest);
  }
  return {
    tags,
    manifests,
    blobs: removed.map(({ digest }) => digest),
    bytes: removed.reduce((sum, { size }) => sum + size, 0),
  };
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
