// Goes through all that belongs to the roots and copies it, what a manifest is made of before the manifest: its blobs and
// the manifests that it lists; then what refers to it and its attached tags, and so on for each of those. A manifest
// that the target has proves nothing about its parts: registries take incomplete ones, and layouts may lack blobs. So
// each part is asked for, too, with one small request.
import { ContentError, SealiftError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import { assertContent, fetchBytes } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { readManifestFacts, type ManifestFacts } from '../oci/manifest-facts.ts';
import type { Content } from '../oci/manifest.ts';
import { isManifestType } from '../oci/media-types.ts';
import { attachedTagsOf } from '../oci/attached-tags.ts';
import { resolveIfThere, type AttachedTag } from './attached-tags.ts';
import type { CopyLimits } from './copy.ts';
import type { Crew } from './crew.ts';
import { withSide, type Stores } from './sides.ts';
import type { Transfer } from './transfer.ts';

/** A manifest with the digests of its referrers in the source. */
export type Subject = { readonly descriptor: Descriptor; readonly referrers: readonly Digest[] };

/** What was found on the way, and is to be in the target at the end. */
export type Graph = { readonly subjects: readonly Subject[]; readonly attached: readonly AttachedTag[] };

export type Walk = {
  /** Copies what a tag or a digest names; what belongs to it follows on its own. */
  copyRoot(name: string): Promise<Content>;
  /** Once nothing is under way any more. */
  graph(): Graph;
};

type Parts = {
  readonly stores: Stores;
  readonly crew: Crew;
  readonly transfer: Transfer;
  readonly limits: CopyLimits;
  readonly withReferrers: boolean;
};

type Known = { readonly descriptor: Descriptor; readonly done: Promise<void> };

/** A manifest that was read. */
type Read = Content & { readonly facts: ManifestFacts };

export function createWalk(parts: Parts): Walk {
  const { stores, crew, transfer, withReferrers } = parts;
  const rules = createRules(parts.limits);
  const manifests = new Map<Digest, Known>();
  const subjects: Subject[] = [];
  const attached: AttachedTag[] = [];
  const hasTag = createTagLookup(stores);

  /** Each manifest once: all that list it wait for the same work. */
  async function copyManifest(
    descriptor: Descriptor,
    depth: number,
    load: () => Promise<Content>,
  ): Promise<void> {
    const known = manifests.get(descriptor.digest);
    if (known !== undefined) {
      rules.assertSame(descriptor, known.descriptor);
      return known.done;
    }
    rules.takeIn(descriptor, depth);
    const done = copyNew(depth, load);
    manifests.set(descriptor.digest, { descriptor, done });
    return done;
  }

  async function copyNew(depth: number, load: () => Promise<Content>): Promise<void> {
    const content = read(await load());
    const { descriptor, facts } = content;
    const isThere = await transfer.hasManifest(descriptor);
    await crew.all([
      ...facts.blobs.map((blob) => transfer.copyBlob(blob, isThere)),
      ...facts.manifests.map((listed) =>
        isManifestType(listed.mediaType)
          ? copyManifest(listed, depth + 1, () => fetchManifest(listed))
          : transfer.copyBlob(listed, isThere),
      ),
    ]);
    if (isThere) transfer.skipManifest(descriptor);
    else await transfer.pushManifest(content);
    // On its own: a referrer may list its subject, and would wait for itself.
    if (withReferrers) crew.start(() => follow(descriptor, depth + 1));
  }

  /** What is attached itself; for the tags of these the source's list has to do. */
  const attachments = new Set<Digest>();

  function fetchManifest({ mediaType, digest, size }: Descriptor): Promise<Content> {
    const descriptor = { mediaType, digest, size };
    return stores.fromSource(async (source, signal) => ({
      descriptor,
      bytes: await fetchBytes(source, descriptor, ociLimits.manifestBytes, signal),
    }));
  }

  async function follow(subject: Descriptor, depth: number): Promise<void> {
    const tags = attachedTagsOf(subject.digest);
    await crew.all([followReferrers(subject, depth), ...tags.map((tag) => followTag(tag, subject, depth))]);
  }

  async function followReferrers(subject: Descriptor, depth: number): Promise<void> {
    const listed = await stores.fromSource((source, signal) => source.referrers(subject, signal));
    const digests = [...new Set(listed.map(({ digest }) => digest))];
    rules.takeInListed(subject, digests.length);
    const referrers: Digest[] = [];
    await crew.all(
      digests.map(async (digest) => {
        if (await copyReferrer(digest, subject, depth)) referrers.push(digest);
      }),
    );
    if (referrers.length > 0) subjects.push({ descriptor: subject, referrers: referrers.sort() });
  }

  /** False where the manifest says that it refers to something else: lists are only hints. */
  async function copyReferrer(digest: Digest, subject: Descriptor, depth: number): Promise<boolean> {
    const content = read(await stores.fromSource((source, signal) => source.resolve(digest, signal)));
    if (content.facts.subject?.digest !== subject.digest) return false;
    attachments.add(digest);
    await copyManifest(content.descriptor, depth, async () => content);
    return true;
  }

  async function followTag(tag: string, subject: Descriptor, depth: number): Promise<void> {
    // Lists can be cut short or missing: of what people tagged, signatures are asked for by name.
    if (attachments.has(subject.digest) && !(await hasTag(tag))) return;
    const content = await stores.fromSource((source, signal) => resolveIfThere(source, tag, signal));
    if (content === undefined) return;
    attached.push({ tag, content });
    attachments.add(content.descriptor.digest);
    await copyManifest(content.descriptor, depth, async () => content);
  }

  return {
    async copyRoot(name) {
      const content = await stores.fromSource((source, signal) => source.resolve(name, signal));
      await copyManifest(content.descriptor, 0, async () => content);
      return content;
    },
    graph: () => ({ subjects, attached }),
  };
}

/** @throws ContentError of the source, also where it gave other bytes than it was asked for */
function read(content: Content): Read {
  try {
    assertContent(content);
    return { ...content, facts: readManifestFacts(content) };
  } catch (error) {
    throw withSide('source', error);
  }
}

/**
 * Whether the source may have a tag. One list answers for all manifests; where it is refused or too long to be read,
 * each tag has to be asked for.
 */
function createTagLookup({ fromSource }: Stores): (tag: string) => Promise<boolean> {
  let listed: Promise<ReadonlySet<string> | undefined> | undefined;
  const list = (): Promise<ReadonlySet<string> | undefined> =>
    fromSource(async (source, signal) => {
      try {
        return new Set(await source.tags(signal));
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof SealiftError) return undefined;
        throw error;
      }
    });
  return async (tag) => {
    listed ??= list();
    return (await listed)?.has(tag) ?? true;
  };
}

type Rules = {
  /** Counts a manifest that is new. @throws ContentError `SIZE_LIMIT` */
  takeIn(descriptor: Descriptor, depth: number): void;
  /** Counts what a source lists as referrers of one manifest. @throws ContentError `SIZE_LIMIT` */
  takeInListed(subject: Descriptor, count: number): void;
  /** "Type confusion": one digest may not be listed as two things. @throws ContentError */
  assertSame(descriptor: Descriptor, known: Descriptor): void;
};

function createRules(limits: CopyLimits): Rules {
  let manifests = 0;
  let bytes = 0;
  let listed = 0;
  const refuse = (message: string): never => {
    throw withSide('source', new ContentError('SIZE_LIMIT', message));
  };
  return {
    takeIn({ digest, size }, depth) {
      manifests += 1;
      bytes += size;
      if (manifests > limits.manifests) refuse(`copy has more than ${limits.manifests} manifests`);
      if (bytes > limits.manifestBytes)
        refuse(`copy has manifests of more than ${limits.manifestBytes} bytes together`);
      if (depth > limits.depth) refuse(`${digest} is nested more than ${limits.depth} deep`);
    },
    takeInListed({ digest }, count) {
      listed += count;
      if (count > limits.referrers || listed > limits.manifests)
        refuse(`${digest} has ${count} referrers, more than a copy takes along`);
    },
    assertSame({ mediaType, digest, size }, known) {
      if (mediaType !== known.mediaType) {
        const message = `${digest} is listed as ${mediaType} and as ${known.mediaType}`;
        throw withSide('source', new ContentError('MEDIA_TYPE_UNEXPECTED', message));
      }
      if (size === known.size) return;
      const message = `${digest} is listed with ${size} bytes and with ${known.size}`;
      throw withSide('source', new ContentError('SIZE_MISMATCH', message));
    },
  };
}
