// Goes through all that belongs to the roots and copies it, what a manifest is made of before the manifest: its blobs and
// the manifests that it lists; then what refers to it (follow.ts), and so on for each of that. A manifest that the target
// has proves nothing about its parts: registries take incomplete ones, and layouts may lack blobs. So each part is asked
// for, too, with one small request, unless a whole registry is compared (comparison.ts).
import { ociLimits } from '../limits.ts';
import { fetchBytes } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Content } from '../oci/manifest.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import type { Comparison } from './comparison.ts';
import type { CopyLimits, CopyRoot } from './copy.ts';
import type { Crew } from './crew.ts';
import { createFollower, type Found } from './follow.ts';
import { readContent, type Job, type ReadContent } from './job.ts';
import type { Overview } from './overview.ts';
import { createRules } from './rules.ts';
import type { Stores } from './sides.ts';
import type { Transfer } from './transfer.ts';

/** A root, with its content unless the target's tags show it already. */
export type WalkedRoot = { readonly descriptor: Descriptor; readonly content?: Content };

export type Walk = {
  /**
   * Copies what a root names; what belongs to it follows on its own.
   * @param onKnown called once it has its digest
   */
  copyRoot(root: CopyRoot, onKnown: () => void): Promise<WalkedRoot>;
  /** Once nothing is under way any more. */
  found(): Found;
};

type Parts = {
  readonly stores: Stores;
  readonly crew: Crew;
  readonly transfer: Transfer;
  readonly comparison: Comparison;
  readonly limits: CopyLimits;
  /** Undefined leaves behind what refers to what is copied. */
  readonly overview: Overview | undefined;
};

type Known = { readonly descriptor: Descriptor; readonly done: Promise<void> };

export function createWalk({ stores, crew, transfer, comparison, limits, overview }: Parts): Walk {
  const rules = createRules(limits);
  const manifests = new Map<Digest, Known>();
  const follower = overview && createFollower({ stores, crew, comparison, overview, rules, copyManifest });

  /** Each manifest once: all that list it wait for the same work. */
  async function copyManifest(job: Job): Promise<void> {
    const known = manifests.get(job.descriptor.digest);
    if (known !== undefined) {
      rules.assertSame(job.descriptor, known.descriptor);
      return known.done;
    }
    rules.takeIn(job.descriptor, job.depth);
    const done = copyNew(job);
    manifests.set(job.descriptor.digest, { descriptor: job.descriptor, done });
    return done;
  }

  async function copyNew({ descriptor, depth, load, isReferrer = false, ...job }: Job): Promise<void> {
    const isThere = await transfer.hasManifest(descriptor, job.isThere);
    const isWhole = isThere && job.isShown === true;
    // Of an index the manifests are looked at in any case: each may have signatures of its own.
    if (!isWhole || isIndexType(descriptor.mediaType)) {
      const content = readContent(await load());
      await copyParts(content, { depth: depth + 1, isThere, isWhole });
      if (!isThere) await transfer.pushManifest(content, isReferrer);
    }
    if (isThere) transfer.skipManifest(descriptor);
    // On its own: a referrer may list its subject, and would wait for itself.
    if (follower === undefined) return;
    const followed = { descriptor, depth: depth + 1, isThere };
    crew.start(() => crew.follow(() => follower.follow(followed)));
  }

  async function copyParts(
    { facts }: ReadContent,
    {
      depth,
      isThere,
      isWhole,
    }: { readonly depth: number; readonly isThere: boolean; readonly isWhole: boolean },
  ): Promise<void> {
    const [listed, others] = partition(facts.manifests, ({ mediaType }) => isManifestType(mediaType));
    await crew.all([
      ...(isWhole ? [] : [...facts.blobs, ...others]).map((blob) => transfer.copyBlob(blob, isThere)),
      ...listed.map(({ mediaType, digest, size }) => {
        const descriptor = { mediaType, digest, size };
        return copyManifest({ descriptor, depth, load: () => fetchManifest(descriptor), isShown: isWhole });
      }),
    ]);
  }

  function fetchManifest(descriptor: Descriptor): Promise<Content> {
    return stores.fromSource(async (source, signal) => ({
      descriptor,
      bytes: await fetchBytes(source, descriptor, ociLimits.manifestBytes, signal),
    }));
  }

  return {
    async copyRoot(root, onKnown) {
      const same = await comparison.sameRoot(root);
      if (same !== undefined) {
        onKnown();
        await copyManifest({
          descriptor: same,
          depth: 0,
          load: () => fetchManifest(same),
          isThere: true,
          isShown: true,
        });
        return { descriptor: same };
      }
      const content = await stores.fromSource((source, signal) => source.resolve(root.name, signal));
      onKnown();
      const { descriptor } = content;
      await copyManifest({ descriptor, depth: 0, load: async () => content });
      return { descriptor, content };
    },
    found: () => follower?.found() ?? { subjects: [], attached: [], keptTags: [], referrers: 0 },
  };
}

function partition<T>(values: readonly T[], test: (value: T) => boolean): [T[], T[]] {
  return [values.filter(test), values.filter((value) => !test(value))];
}
