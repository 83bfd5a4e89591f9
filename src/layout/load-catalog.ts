// Builds the catalog of a layout that others may have written: reads each listed manifest, and those that a listed
// index lists, to find out who refers to whom.
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import { fetchBytes, type ContentSource } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isManifestType } from '../oci/media-types.ts';
import { createCatalog, describeEntry, layoutLimits, REF_NAME, type Catalog } from './catalog.ts';
import { readManifestFacts, type ManifestFacts } from '../oci/manifest-facts.ts';

/** Manifests that are read at once. */
const CONCURRENCY = 32;

type Candidate = { readonly descriptor: Descriptor; readonly isListed: boolean };

/**
 * Reads what index.json lists.
 * @throws ContentError `LAYOUT_INVALID` if a tag is listed for two manifests, or if there are too many of them
 */
export async function loadCatalog(
  listed: readonly Descriptor[],
  source: Pick<ContentSource, 'fetch'>,
): Promise<Catalog> {
  const catalog = createCatalog();
  const queue: Candidate[] = [];
  const queued = new Set<string>();
  // What many tags, or many indexes, list is read once.
  const enqueue = (candidate: Candidate): void => {
    const { mediaType, digest, size } = candidate.descriptor;
    const key = `${digest} ${size} ${mediaType}`;
    if (queued.has(key)) return;
    queued.add(key);
    queue.push(candidate);
  };
  for (const descriptor of listed) enqueue({ descriptor: withoutTag(descriptor), isListed: true });
  let position = 0;
  while (position < queue.length) {
    const batch = queue.slice(position, position + CONCURRENCY);
    position += batch.length;
    const facts = await Promise.all(batch.map(({ descriptor }) => readFacts(source, descriptor)));
    for (const [offset, candidate] of batch.entries()) {
      for (const child of addCandidate(catalog, candidate, facts[offset])) enqueue(child);
    }
    if (queue.length > layoutLimits.entries)
      throw new ContentError('LAYOUT_INVALID', 'layout has too many manifests');
  }
  for (const { annotations, digest } of listed) {
    const tag = annotations?.[REF_NAME];
    if (tag === undefined) continue;
    // "Tag confusion": which of two is meant would be up to each reader.
    const known = catalog.find(tag)?.descriptor.digest;
    if (known !== undefined && known !== digest) {
      throw new ContentError(
        'LAYOUT_INVALID',
        `tag ${tag.slice(0, 140)} is listed for ${known} and for ${digest}`,
      );
    }
    catalog.setTag(tag, digest);
  }
  return catalog;
}

/** Adds a manifest, and gives those that it lists and that are not known yet. */
function addCandidate(
  catalog: Catalog,
  { descriptor, isListed }: Candidate,
  facts: ManifestFacts | undefined,
): Candidate[] {
  const known = catalog.find(descriptor.digest);
  const subject = facts?.subject?.digest;
  const described = facts?.subject === undefined ? descriptor : describeEntry(descriptor, facts).descriptor;
  catalog.put({ descriptor: described, subject, isListed });
  if (known !== undefined || facts === undefined) return [];
  return facts.manifests
    .filter(({ digest }) => catalog.find(digest) === undefined)
    .map(({ mediaType, digest, size }) => ({ descriptor: { mediaType, digest, size }, isListed: false }));
}

/** Undefined for what can't be read; whoever asks for that manifest gets the error. */
async function readFacts(
  source: Pick<ContentSource, 'fetch'>,
  { mediaType, digest, size }: Descriptor,
): Promise<ManifestFacts | undefined> {
  if (!isManifestType(mediaType)) return undefined;
  const descriptor = { mediaType, digest, size };
  try {
    return readManifestFacts({
      descriptor,
      bytes: await fetchBytes(source, descriptor, ociLimits.manifestBytes),
    });
  } catch (error) {
    // image-spec: a layout may lack blobs. A damaged one must not make the others unreadable.
    if (error instanceof ContentError) return undefined;
    throw error;
  }
}

function withoutTag({ annotations = {}, ...descriptor }: Descriptor): Descriptor {
  const { [REF_NAME]: _tag, ...others } = annotations;
  return Object.keys(others).length === 0 ? descriptor : { ...descriptor, annotations: others };
}
