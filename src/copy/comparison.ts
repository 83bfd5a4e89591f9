// What the target of a copy of all tags has already, where it is a registry: a tag that shows the same digest on both
// sides costs one small request to each. Such a manifest counts as whole: a registry takes a manifest only with its parts,
// and a tag comes last. So do a referrer that both list, if it is there, and legacy tags. What refers to it is looked at nevertheless: a signature may have come since.
import { SealiftError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { resolveIfThere } from './attached-tags.ts';
import type { CopyRoot } from './copy.ts';
import type { Stores } from './sides.ts';

export type Comparison = {
  /** What a root and all of its tags show, where that is the same. */
  sameRoot(root: CopyRoot): Promise<Descriptor | undefined>;
  /** What a tag shows on both sides, where that is the same. */
  sameTag(tag: string): Promise<Descriptor | undefined>;
  /** What the target lists as referrers of a manifest. */
  listed(subject: Descriptor): Promise<ReadonlySet<Digest>>;
  /** What the target has under a digest. */
  glance(digest: Digest): Promise<Descriptor | undefined>;
};

/** Compares nothing: each content is to be asked for. */
const nothing: Comparison = {
  sameRoot: async () => undefined,
  sameTag: async () => undefined,
  listed: async () => new Set(),
  glance: async () => undefined,
};

/** @param isOfAllTags whether all tags of the source are copied */
export function createComparison(stores: Stores, isOfAllTags: boolean): Comparison {
  if (!isOfAllTags || stores.target.glance === undefined) return nothing;
  const glance = (name: string): Promise<Descriptor | undefined> =>
    stores.onTarget(async (target, signal) => target.glance?.(name, signal));
  let tags: Promise<ReadonlySet<string> | undefined> | undefined;

  async function sameAs(name: string, shown: Descriptor | undefined): Promise<Descriptor | undefined> {
    if (shown === undefined) return undefined;
    const said = await glanceSource(stores, name);
    return said?.digest === shown.digest ? shown : undefined;
  }

  return {
    async sameRoot({ name, tags: [tag, ...others] }) {
      tags ??= listTags(stores);
      // A target that is new is asked for no tag.
      if (tag === undefined || (await tags)?.has(tag) === false) return undefined;
      const shown = await Promise.all([tag, ...others].map(glance));
      const isOne = shown.every((descriptor) => descriptor?.digest === shown[0]?.digest);
      return isOne ? sameAs(name, shown[0]) : undefined;
    },
    sameTag: async (tag) => sameAs(tag, await glance(tag)),
    listed: (subject) => listedIn(stores, subject),
    glance,
  };
}

/** What the target lists as referrers of a manifest. */
export async function listedIn(
  { onTarget, work }: Stores,
  subject: Descriptor,
): Promise<ReadonlySet<Digest>> {
  const options = { work: work.target };
  const listed = await onTarget((target, signal) => target.referrers(subject, signal, options));
  return new Set(listed.map(({ digest }) => digest));
}

function glanceSource({ fromSource }: Stores, name: string): Promise<Descriptor | undefined> {
  return fromSource(async (source, signal) =>
    source.glance === undefined
      ? (await resolveIfThere(source, name, signal))?.descriptor
      : source.glance(name, signal),
  );
}

/** Undefined where they can't be listed: each has to be asked for. */
function listTags({ onTarget }: Stores): Promise<ReadonlySet<string> | undefined> {
  return onTarget(async (target, signal) => {
    try {
      return new Set(await target.tags(signal));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof SealiftError) return undefined;
      throw error;
    }
  });
}
