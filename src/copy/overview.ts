// What a copy of all tags knows of the source's. A list of all tags saves to ask for each tag that a manifest might have, but a
// registry may cut its list, or leave out of it what its pages don't show. So a list counts only in a copy of all tags:
// once it holds all of them, and once some tags that it lacks were asked for by name and were not there either.
import { SealiftError } from '../errors.ts';
import { resolveIfThere } from './attached-tags.ts';
import type { Stores } from './sides.ts';

export type Overview = {
  /** False where it is known that the source has no such tag. */
  mayHaveTag(tag: string): Promise<boolean>;
  /** The same for what was found on the way, of which any list will do. */
  mayHaveTagOfAttached(tag: string): Promise<boolean>;
};

export type OverviewOptions = {
  /** Undefined where only some of the source's tags are copied. */
  readonly roots:
    | {
        readonly names: readonly string[];
        /**
         * Resolves once each of them has its digest. The list is read after that: a signature that came before the tag
         * which shows what it signs is in it.
         */
        readonly known: Promise<unknown>;
      }
    | undefined;
  /** Tags that are asked for although a list lacks them. */
  readonly sampledTags: number;
};

export function createOverview(stores: Stores, { roots, sampledTags }: OverviewOptions): Overview {
  const list = once(() => listTags(stores));
  const whole = once(async () => {
    // Only what is far away is worth it.
    if (roots === undefined || stores.source.glance === undefined) return undefined;
    await roots.known;
    const listed = await listTags(stores);
    return listed !== undefined && roots.names.every((name) => listed.has(name)) ? listed : undefined;
  });
  const isLeftOut = createSample(stores, sampledTags);
  const mayHaveTag: Overview['mayHaveTag'] = async (tag) => {
    const listed = await whole();
    return listed === undefined || listed.has(tag) || isLeftOut(tag);
  };
  return {
    mayHaveTag,
    mayHaveTagOfAttached: async (tag) =>
      (await whole()) === undefined ? ((await list())?.has(tag) ?? true) : mayHaveTag(tag),
  };
}

/**
 * Whether tags may be there although a list leaves them out. The first ones are asked for by name, so that few are asked
 * for all; where one of those is there, the list counts for nothing.
 */
function createSample({ fromSource }: Stores, count: number): (tag: string) => Promise<boolean> {
  const asked: Promise<boolean>[] = [];
  const isThere = (tag: string): Promise<boolean> =>
    fromSource(async (source, signal) => (await resolveIfThere(source, tag, signal)) !== undefined);
  return async (tag) => {
    if (asked.length < count) asked.push(isThere(tag));
    return (await Promise.all(asked)).includes(true);
  };
}

/** Undefined where it is refused or too long to be read: each tag has to be asked for then. */
function listTags({ fromSource }: Stores): Promise<ReadonlySet<string> | undefined> {
  return fromSource(async (source, signal) => {
    try {
      return new Set(await source.tags(signal));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof SealiftError) return undefined;
      throw error;
    }
  });
}

function once<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => (started ??= start());
}
