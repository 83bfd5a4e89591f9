// Copies artifacts from store to store with everything that belongs to them: what they list, what refers to them, and
// cosign's legacy tags. Tags come last, once all of that is in the target: a copy that breaks shows nothing new, and one
// that is started again sends only what is missing. docs/artifact-format.md says what is copied.
import { setMaxListeners } from 'node:events';
import { copyLimits } from '../limits.ts';
import type { ContentSource, ContentStore } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Content } from '../oci/manifest.ts';
import { assertCopyableTag } from './attached-tags.ts';
import { createCrew } from './crew.ts';
import { completeTarget, tagRoots } from './complete.ts';
import { createStores } from './sides.ts';
import { createTally, type Amounts, type OnProgress } from './tally.ts';
import { createTransfer } from './transfer.ts';
import { createWalk } from './walk.ts';

/** What is to be copied, and how the target names it. */
export type CopyRoot = {
  /** A tag or a digest of the source. */
  readonly name: string;
  /** Tags of the target that are to show it; none leaves it to its digest. */
  readonly tags: readonly string[];
};

export type CopyLimits = { readonly [Name in keyof typeof copyLimits]: number };

export type CopyRequest = {
  readonly source: ContentSource;
  readonly target: ContentStore;
  readonly roots: readonly CopyRoot[];
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
  const { roots, withReferrers = true, signal, onProgress } = request;
  for (const tag of roots.flatMap(({ tags }) => tags)) assertCopyableTag(tag);
  const limits: CopyLimits = { ...copyLimits, ...request.limits };
  const crew = createCrew(signal, limits);
  // Each call under way listens to it.
  setMaxListeners(0, crew.signal);
  const stores = createStores(request, crew);
  const tally = createTally(onProgress);
  const transfer = createTransfer({ stores, tally, maxBlobs: limits.blobs });
  const walk = createWalk({ stores, crew, transfer, limits, withReferrers });

  const contents = new Map<CopyRoot, Content>();
  // Not all at once: what is under way waits in memory.
  const waiting = roots.values();
  const copyWaiting = async (): Promise<void> => {
    for (const root of waiting) contents.set(root, await walk.copyRoot(root.name));
  };
  crew.start(() => crew.all(Array.from({ length: limits.roots }, copyWaiting)));
  await crew.finish();
  const copied = roots.flatMap((root) => {
    const content = contents.get(root);
    return content === undefined ? [] : [{ ...root, content }];
  });
  const graph = walk.graph();
  await completeTarget(graph, stores, crew);
  await tagRoots(copied, stores, crew);
  return {
    ...tally.amounts(),
    roots: copied.map(({ name, tags, content }) => ({ name, tags, descriptor: content.descriptor })),
    referrers: graph.subjects.reduce((sum, { referrers }) => sum + referrers.length, 0),
    attachedTags: graph.attached.map(({ tag }) => tag).sort(),
  };
}
