// What index.json says, in memory: manifests by digest, tags, and who refers to whom. Every change is O(1), and none
// is let in that would make index.json larger than what is read back.
import { ContentError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import type { ManifestFacts } from '../oci/manifest-facts.ts';

/** Annotation of index.json's entries that holds the tag (image-spec, annotations.md). */
export const REF_NAME = 'org.opencontainers.image.ref.name';

/** Bounds of index.json: entries as image-spec indexes are parsed, bytes as we read them. */
export const layoutLimits: LayoutLimits = { entries: 100_000, indexBytes: 64 * 1024 * 1024 };

export type LayoutLimits = { readonly entries: number; readonly indexBytes: number };

/** One manifest as the catalog knows it. */
export type CatalogEntry = {
  /** As in index.json, without its tag. */
  readonly descriptor: Descriptor;
  readonly subject?: Digest | undefined;
  /** False for a manifest that is known only because a listed index lists it. */
  readonly isListed: boolean;
};

/** Manifests, tags and referrers of one layout. */
export type Catalog = {
  find(tagOrDigest: string): CatalogEntry | undefined;
  /** @throws ContentError `SIZE_LIMIT` */
  put(entry: CatalogEntry): void;
  /** @throws ContentError `SIZE_LIMIT` */
  setTag(tag: string, digest: Digest): void;
  deleteTag(tag: string): boolean;
  /** Forgets a manifest and its tags. */
  deleteManifest(digest: Digest): boolean;
  /** All names, in the order of their characters. */
  tagNames(): string[];
  referrers(subject: Digest): Descriptor[];
  /** All of them, also those that only an index lists. */
  manifests(): CatalogEntry[];
  /** The entries of index.json: one a tag, and one for each manifest without any. */
  entries(): Descriptor[];
};

/** How a pushed manifest is listed: a referrer with what the referrers API has to tell of it. */
export function describeEntry({ mediaType, digest, size }: Descriptor, facts: ManifestFacts): CatalogEntry {
  const bare = { mediaType, digest, size };
  if (facts.subject === undefined) return { descriptor: bare, isListed: true };
  const { artifactType, annotations } = facts;
  return {
    descriptor: {
      ...bare,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    subject: facts.subject.digest,
    isListed: true,
  };
}

/** @param limits smaller ones than {@link layoutLimits} are for tests */
export function createCatalog(limits: LayoutLimits = layoutLimits): Catalog {
  const manifests = new Map<Digest, CatalogEntry>();
  const tags = new Map<string, Digest>();
  const referrersOf = new Map<Digest, Set<Digest>>();
  let bytes = 0;

  /** Accounts for bytes that index.json will have at most. */
  function reserve(change: number): void {
    const isFull = bytes + change > limits.indexBytes || manifests.size + tags.size >= limits.entries;
    if (change > 0 && isFull)
      throw new ContentError('SIZE_LIMIT', 'image layout is full: its index.json has no room');
    bytes += change;
  }

  function remove(entry: CatalogEntry): void {
    const { digest } = entry.descriptor;
    manifests.delete(digest);
    reserve(-bytesOf(entry));
    if (entry.subject === undefined) return;
    const referrers = referrersOf.get(entry.subject);
    referrers?.delete(digest);
    if (referrers?.size === 0) referrersOf.delete(entry.subject);
  }

  function deleteTag(tag: string): boolean {
    const digest = tags.get(tag);
    if (digest === undefined) return false;
    tags.delete(tag);
    const entry = manifests.get(digest);
    if (entry !== undefined) reserve(-bytesOf(entry, tag));
    return true;
  }

  return {
    deleteTag,
    find(tagOrDigest) {
      // "Tag confusion": a foreign index.json may name a tag like a digest; it must not stand in for that digest.
      const digest = isDigest(tagOrDigest) ? tagOrDigest : tags.get(tagOrDigest);
      return digest === undefined ? undefined : manifests.get(digest);
    },
    put(entry) {
      const { digest } = entry.descriptor;
      const known = manifests.get(digest);
      if (known?.isListed === true) return;
      if (known !== undefined) remove(known);
      reserve(bytesOf(entry));
      manifests.set(digest, entry);
      if (entry.subject === undefined) return;
      const referrers = referrersOf.get(entry.subject) ?? new Set();
      referrersOf.set(entry.subject, referrers.add(digest));
    },
    setTag(tag, digest) {
      const entry = manifests.get(digest);
      if (entry === undefined || tags.get(tag) === digest) return;
      reserve(bytesOf(entry, tag));
      deleteTag(tag);
      tags.set(tag, digest);
    },
    deleteManifest(digest) {
      const entry = manifests.get(digest);
      if (entry === undefined) return false;
      for (const [tag, tagged] of tags) if (tagged === digest) deleteTag(tag);
      remove(entry);
      return true;
    },
    tagNames: () => [...tags.keys()].sort(),
    referrers: (subject) =>
      [...(referrersOf.get(subject) ?? [])]
        .map((digest) => manifests.get(digest)?.descriptor)
        .filter((descriptor) => descriptor !== undefined),
    manifests: () => [...manifests.values()],
    entries: () => listEntries(manifests, tags),
  };
}

function listEntries(
  manifests: ReadonlyMap<Digest, CatalogEntry>,
  tags: ReadonlyMap<string, Digest>,
): Descriptor[] {
  const tagged = [...tags].flatMap(([tag, digest]) => {
    const entry = manifests.get(digest);
    return entry === undefined ? [] : [withTag(entry.descriptor, tag)];
  });
  const digests = new Set(tags.values());
  const untagged = [...manifests.values()]
    .filter(({ descriptor, isListed }) => isListed && !digests.has(descriptor.digest))
    .map(({ descriptor }) => descriptor);
  return [...tagged, ...untagged];
}

function withTag(descriptor: Descriptor, tag: string): Descriptor {
  return { ...descriptor, annotations: { ...descriptor.annotations, [REF_NAME]: tag } };
}

/** Bytes of one entry and its comma in index.json. */
function bytesOf({ descriptor }: CatalogEntry, tag?: string): number {
  return Buffer.byteLength(JSON.stringify(tag === undefined ? descriptor : withTag(descriptor, tag))) + 1;
}
