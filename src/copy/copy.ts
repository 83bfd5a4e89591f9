// Copies artifacts from store to store with everything that belongs to them: what they list, what refers to them, and
// cosign's legacy tags. Tags come last, once all of that is in the target: a copy that breaks shows nothing new, and one
// that is started again sends only what is missing. docs/artifact-format.md says what is copied.
import { setMaxListeners } from 'node:events';
import { copyLimits } from '../limits.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { assertCopyableTag } from './attached-tags.ts';
import { createCrew } from './crew.ts';
import { completeTarget, tagRoots } from './complete.ts';
import { createComparison } from './comparison.ts';
import { createOverview } from './overview.ts';
import { createStores, type CopySource, type CopyTarget } from './sides.ts';
import { createTally, type Amounts, type OnProgress } from './tally.ts';
import { createTransfer } from './transfer.ts';
import { createWalk, type WalkedRoot } from './walk.ts';

/** What is to be copied, and how the target names it. */
export type CopyRoot = {
  /** A tag or a digest of the source. */
  readonly name: string;
  /** Tags of the target that are to show it; none leaves it to its digest. */
  readonly tags: readonly string[];
};

export type CopyLimits = { readonly [Name in keyof typeof copyLimits]: number };

export type CopyRequest = {
  readonly source: CopySource;
  readonly target: CopyTarget;
  readonly roots: readonly CopyRoot[];
  /**
   * The roots are all tags that the source lists. Then its list may say which tags are not there, and what a target that
   * is a registry shows under the same tag counts as whole.
   */
  readonly isOfAllTags?: boolean;
  /** False leaves signatures and everything else behind that refers to what is copied, legacy tags included. */
  readonly withReferrers?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called for every chunk, so it has to be cheap. */
  readonly onProgress?: OnProgress | undefined;
  /** Other bounds than {@link copyLimits}. */
  readonly limits?: Partial<CopyLimits>;
};

export type CopiedRoot = CopyRoot & { readonly descriptor: Descriptor };

export type CopyReport = Amounts & {
  readonly roots: readonly CopiedRoot[];
  /** Referrers in the source, each of which the target has. */
  readonly referrers: number;
  /** Tags of legacy signatures, attestations and bills of materials, sorted; the target's hold what the source's do. */
  readonly attachedTags: readonly string[];
};

/**
 * Copies roots with all that belongs to them. Errors keep their class and code; their message and `details.side` say
 * whether source or target failed.
 * @throws ContentError `REFERRERS_INCOMPLETE` where the target lacks a signature that the source has, `SIZE_LIMIT`,
 *   `CONTENT_MISSING` and others; InvalidReferenceError `TAG_INVALID`; RegistryError; InputError `FILE_UNREADABLE`
 */
export async function copyGraph(request: CopyRequest): Promise<CopyReport> {
  const { roots, withReferrers = true, isOfAllTags = false, signal, onProgress } = request;
  for (const tag of roots.flatMap(({ tags }) => tags)) assertCopyableTag(tag);
  const limits: CopyLimits = { ...copyLimits, ...request.limits };
  const crew = createCrew(signal, limits);
  // Each call under way listens to it.
  setMaxListeners(0, crew.signal);
  const stores = createStores(request, crew);
  const tally = createTally(onProgress);
  const transfer = createTransfer({ stores, tally, maxBlobs: limits.blobs });
  const known = countDown(roots.length, crew.signal);
  const { sampledTags } = limits;
  const names = roots.map(({ name }) => name);
  const overview = withReferrers
    ? createOverview(stores, {
        roots: isOfAllTags ? { names, known: known.all } : undefined,
        sampledTags,
      })
    : undefined;
  const comparison = createComparison(stores, isOfAllTags);
  const walk = createWalk({ stores, crew, transfer, comparison, limits, overview });

  const walked = new Map<CopyRoot, WalkedRoot>();
  // Not all at once: what is under way waits in memory.
  const waiting = roots.values();
  const copyWaiting = async (): Promise<void> => {
    for (const root of waiting) walked.set(root, await walk.copyRoot(root, known.one));
  };
  crew.start(() => crew.all(Array.from({ length: limits.roots }, copyWaiting)));
  await crew.finish();
  const copied = roots.flatMap((root) => {
    const found = walked.get(root);
    return found === undefined ? [] : [{ ...root, ...found }];
  });
  const found = walk.found();
  const ending = { stores, crew };
  await completeTarget(found, ending);
  const untagged = copied.flatMap(({ tags, content }) => (content === undefined ? [] : [{ tags, content }]));
  await tagRoots(untagged, ending);
  return {
    ...tally.amounts(),
    roots: copied.map(({ name, tags, descriptor }) => ({ name, tags, descriptor })),
    referrers: found.referrers,
    attachedTags: [...found.attached.map(({ tag }) => tag), ...found.keptTags].sort(),
  };
}

/** A promise of so many events; one that is given up is rejected. */
function countDown(count: number, signal: AbortSignal): { readonly all: Promise<void>; one(): void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Whoever waits is told; there may be nobody.
  promise.catch(() => undefined);
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  let left = count;
  const one = (): void => {
    left -= 1;
    if (left === 0) resolve();
  };
  return { all: promise, one };
}
