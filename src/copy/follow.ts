// What refers to a manifest: its referrers, and the tags that belong to it by their name. Each is copied as a manifest of
// its own, and what is to be in the target at the end is noted.
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { describeReferrer } from '../oci/manifest-facts.ts';
import type { Content } from '../oci/manifest.ts';
import { attachedTagsOf, referrersTagOf } from '../oci/attached-tags.ts';
import { resolveIfThere, type AttachedTag } from './attached-tags.ts';
import type { Comparison } from './comparison.ts';
import type { Crew } from './crew.ts';
import { readContent, type Job } from './job.ts';
import type { Overview } from './overview.ts';
import type { Rules } from './rules.ts';
import type { Stores } from './sides.ts';

/** A manifest with those of its referrers that the target is not known to list, as the target is to list them. */
export type Subject = { readonly descriptor: Descriptor; readonly referrers: readonly Descriptor[] };

/** What was found on the way, and is to be in the target at the end. */
export type Found = {
  readonly subjects: readonly Subject[];
  readonly attached: readonly AttachedTag[];
  /** Attached tags that show the same on both sides. */
  readonly keptTags: readonly string[];
  /** Referrers of the source, however many of them the target lists already. */
  readonly referrers: number;
};

/** A manifest whose followers are wanted. */
export type Followed = {
  readonly descriptor: Descriptor;
  /** Theirs. */
  readonly depth: number;
  /** Whether the target had it before: only then it may have anything that belongs to it. */
  readonly isThere: boolean;
};

export type Follower = {
  follow(followed: Followed): Promise<void>;
  /** Once nothing is under way any more. */
  found(): Found;
};

type Parts = {
  readonly stores: Stores;
  readonly crew: Crew;
  readonly comparison: Comparison;
  readonly overview: Overview;
  readonly rules: Rules;
  readonly copyManifest: (job: Job) => Promise<void>;
};

export function createFollower(parts: Parts): Follower {
  const { stores, crew, comparison, overview, rules, copyManifest } = parts;
  const subjects: Subject[] = [];
  const attached: AttachedTag[] = [];
  const keptTags: string[] = [];
  let referrers = 0;
  /** What is attached itself; for the tags of these any list of the source's has to do. */
  const attachments = new Set<Digest>();

  const resolveSource: typeof stores.source.resolve = (name) =>
    stores.fromSource((source, signal) => source.resolve(name, signal));

  async function followReferrers(followed: Followed): Promise<void> {
    const { descriptor } = followed;
    const mayHaveTag = await overview.mayHaveTag(referrersTagOf(descriptor.digest));
    const listed = await stores.fromSource((source, signal) =>
      source.referrers(descriptor, signal, { mayHaveTag, work: stores.work.source }),
    );
    const digests = [...new Set(listed.map(({ digest }) => digest))];
    rules.takeInListed(descriptor, digests.length);
    if (digests.length === 0) return;
    const known = followed.isThere ? await comparison.listed(descriptor) : undefined;
    const unlisted: Descriptor[] = [];
    await crew.all(
      digests.map(async (digest) => {
        if (known?.has(digest) === true && (await keepReferrer(digest, followed))) return;
        const entry = await copyReferrer(digest, followed);
        if (entry !== undefined) unlisted.push(entry);
      }),
    );
    if (unlisted.length > 0) subjects.push({ descriptor, referrers: unlisted.sort(byDigest) });
  }

  /** What is there already, and shown as in the source. */
  function copyShown(descriptor: Descriptor, depth: number): Promise<void> {
    const load = (): Promise<Content> => resolveSource(descriptor.digest);
    return copyManifest({ descriptor, depth, load, isThere: true, isShown: true });
  }

  /** What both sides list need not be read, if it is there. */
  async function keepReferrer(digest: Digest, { depth }: Followed): Promise<boolean> {
    const descriptor = await comparison.glance(digest);
    if (descriptor === undefined) return false;
    referrers += 1;
    attachments.add(digest);
    await copyShown(descriptor, depth);
    return true;
  }

  /** Undefined where the manifest says that it refers to something else: lists are only hints. */
  async function copyReferrer(digest: Digest, followed: Followed): Promise<Descriptor | undefined> {
    const content = readContent(await resolveSource(digest));
    const { descriptor, facts } = content;
    if (facts.subject?.digest !== followed.descriptor.digest) return undefined;
    referrers += 1;
    attachments.add(digest);
    await copyManifest({ descriptor, depth: followed.depth, load: async () => content, isReferrer: true });
    return describeReferrer(descriptor, facts);
  }

  async function followTag(tag: string, { descriptor, depth, isThere }: Followed): Promise<void> {
    // Lists can be cut short or missing: of what people tagged, signatures are asked for by name.
    const isAttachment = attachments.has(descriptor.digest);
    if (!(await (isAttachment ? overview.mayHaveTagOfAttached(tag) : overview.mayHaveTag(tag)))) return;
    const same = isThere ? await comparison.sameTag(tag) : undefined;
    if (same !== undefined) {
      keptTags.push(tag);
      attachments.add(same.digest);
      await copyShown(same, depth);
      return;
    }
    const content = await stores.fromSource((source, signal) => resolveIfThere(source, tag, signal));
    if (content === undefined) return;
    attached.push({ tag, content });
    attachments.add(content.descriptor.digest);
    await copyManifest({ descriptor: content.descriptor, depth, load: async () => content });
  }

  return {
    follow: (followed) =>
      crew.all([
        followReferrers(followed),
        ...attachedTagsOf(followed.descriptor.digest).map((tag) => followTag(tag, followed)),
      ]),
    found: () => ({ subjects, attached, keptTags, referrers }),
  };
}

function byDigest(a: Descriptor, b: Descriptor): number {
  return a.digest < b.digest ? -1 : 1;
}
