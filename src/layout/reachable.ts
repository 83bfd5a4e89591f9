// What a layout has to keep: all that tags reach, through indexes, subjects and referrers, and what came lately, since a
// push by digest comes before its tag. A tag that belongs to a digest by its name counts as a referrer of it.
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import { fetchBytes, type ContentSource } from '../oci/content-store.ts';
import { parseAttachedTag } from '../oci/attached-tags.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { readManifestFacts } from '../oci/manifest-facts.ts';
import { isManifestType } from '../oci/media-types.ts';
import type { Catalog } from './catalog.ts';

/** Manifests that are read at once. */
const CONCURRENCY = 32;

export type ReachableOptions = {
  readonly catalog: Catalog;
  readonly source: Pick<ContentSource, 'fetch'>;
  /** Whether it came so lately that it may be needed yet. */
  readonly isYoung: (digest: Digest) => boolean;
};

/**
 * The digests of the manifests and blobs that are reached.
 * @throws ContentError `LAYOUT_INVALID` if one of the manifests can't be read: what it needs is not known then
 */
export async function findReachable({
  catalog,
  source,
  isYoung,
}: ReachableOptions): Promise<ReadonlySet<Digest>> {
  const reached = new Set<Digest>();
  const queue: Digest[] = [];
  const reach = (digest: Digest): void => {
    if (!reached.has(digest)) queue.push(digest);
    reached.add(digest);
  };
  const { roots, attached } = sortTags(catalog);
  for (const digest of roots) reach(digest);
  for (const { descriptor, isListed } of catalog.manifests()) {
    if (isListed && isYoung(descriptor.digest)) reach(descriptor.digest);
  }
  while (queue.length > 0) {
    const batch = queue.splice(-CONCURRENCY);
    for (const digest of batch) {
      for (const referrer of catalog.referrers(digest)) reach(referrer.digest);
      for (const tagged of attached.get(digest) ?? []) reach(tagged);
      const subject = catalog.find(digest)?.subject;
      if (subject !== undefined) reach(subject);
    }
    const entries = batch.map((digest) => catalog.find(digest)).filter((entry) => entry !== undefined);
    const needs = await Promise.all(entries.map(({ descriptor }) => readNeeds(source, descriptor)));
    for (const digest of needs.flat()) reach(digest);
  }
  return reached;
}

/** Manifests that tags show: those of people's tags, and those of attached ones by what they are attached to. */
function sortTags(catalog: Catalog): {
  readonly roots: readonly Digest[];
  readonly attached: ReadonlyMap<Digest, readonly Digest[]>;
} {
  const roots: Digest[] = [];
  const attached = new Map<Digest, Digest[]>();
  for (const tag of catalog.tagNames()) {
    const digest = catalog.find(tag)?.descriptor.digest;
    if (digest === undefined) continue;
    const subject = parseAttachedTag(tag)?.subject;
    if (subject === undefined) roots.push(digest);
    else attached.set(subject, [...(attached.get(subject) ?? []), digest]);
  }
  return { roots, attached };
}

/**
 * Config, layers and listed manifests of a manifest; none of what is no manifest, or missing.
 * @throws ContentError `LAYOUT_INVALID`
 */
export async function readNeeds(
  source: Pick<ContentSource, 'fetch'>,
  { mediaType, digest, size }: Descriptor,
): Promise<readonly Digest[]> {
  if (!isManifestType(mediaType)) return [];
  const descriptor = { mediaType, digest, size };
  try {
    const bytes = await fetchBytes(source, descriptor, ociLimits.manifestBytes);
    const { blobs, manifests } = readManifestFacts({ descriptor, bytes });
    return [...blobs, ...manifests].map((needed) => needed.digest);
  } catch (cause) {
    if (!(cause instanceof ContentError)) throw cause;
    // image-spec: a layout may lack blobs.
    if (cause.code === 'CONTENT_MISSING') return [];
    throw new ContentError(
      'LAYOUT_INVALID',
      `manifest ${digest} can not be read, nor what it needs be known`,
      {
        cause,
        hint: 'Copy it here anew, or delete it.',
      },
    );
  }
}
