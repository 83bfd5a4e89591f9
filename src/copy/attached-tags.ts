// Tags that belong to a digest by their name: cosign's legacy signatures, attestations and bills of materials, and the
// referrers tag (distribution-spec, "Referrers Tag Schema"). They hold what several people put there, so a copy never
// replaces one unless all of it is in what it brings.
import { ContentError, InvalidReferenceError } from '../errors.ts';
import type { ContentStore } from '../oci/content-store.ts';
import { parseAttachedTag } from '../oci/attached-tags.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { readManifestFacts } from '../oci/manifest-facts.ts';
import type { Content } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { withSide, type Stores } from './sides.ts';

/** A tag of the source that belongs to something that is copied. */
export type AttachedTag = { readonly tag: string; readonly content: Content };

/**
 * Refuses to write the referrers tag as a tag: it would take the target's own referrers away, and pushes of referrers
 * write it anyway where it is needed.
 * @throws InvalidReferenceError `TAG_INVALID`
 */
export function assertCopyableTag(tag: string): void {
  if (parseAttachedTag(tag)?.isReferrersTag !== true) return;
  throw new InvalidReferenceError('TAG_INVALID', `tag ${tag} is a list of referrers and can not be copied`, {
    hint: 'Copy what it belongs to; its referrers come along.',
  });
}

/**
 * Makes an attached tag of the target hold all that the source's does; gives whether it was written.
 * @throws ContentError `REFERRERS_INCOMPLETE` where the target's tag holds something else
 */
export async function attachTag({ tag, content }: AttachedTag, stores: Stores): Promise<boolean> {
  const shown = await resolveIn(stores, tag);
  if (shown !== undefined && holdsAll(shown, content)) return false;
  if (shown !== undefined && !holdsAll(content, shown)) throw incomplete(tag, content.descriptor);
  await stores.onTarget((target, signal) => target.tag(content, tag, signal));
  return true;
}

/**
 * Refuses a tag of the target that holds less than the source's: somebody else was writing it.
 * @throws ContentError `REFERRERS_INCOMPLETE`
 */
export async function assertAttached({ tag, content }: AttachedTag, stores: Stores): Promise<void> {
  const shown = await resolveIn(stores, tag);
  if (shown === undefined || !holdsAll(shown, content)) throw incomplete(tag, content.descriptor);
}

function resolveIn({ onTarget }: Stores, tag: string): Promise<Content | undefined> {
  return onTarget((target, signal) => resolveIfThere(target, tag, signal));
}

/** What a tag or a digest shows; undefined where it is missing. */
export async function resolveIfThere(
  store: Pick<ContentStore, 'resolve'>,
  tagOrDigest: string,
  signal?: AbortSignal,
): Promise<Content | undefined> {
  try {
    return await store.resolve(tagOrDigest, signal);
  } catch (error) {
    if (error instanceof ContentError && error.code === 'CONTENT_MISSING') return undefined;
    throw error;
  }
}

/** Whether one manifest has every layer of the other one: each layer with its annotations is one signature. */
function holdsAll(content: Content, other: Content): boolean {
  if (content.descriptor.digest === other.descriptor.digest) return true;
  const layers = layersOf(content);
  const others = layersOf(other);
  if (layers === undefined || others === undefined) return false;
  const held = new Set(layers);
  return others.every((layer) => held.has(layer));
}

/** Undefined where something else than an image manifest is shown. */
function layersOf(content: Content): readonly string[] | undefined {
  const { mediaType } = content.descriptor;
  if (mediaType !== mediaTypes.manifest && mediaType !== mediaTypes.dockerManifest) return undefined;
  const [, ...layers] = readManifestFacts(content).blobs;
  return layers.map(({ digest, annotations = {} }) =>
    JSON.stringify([digest, Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1))]),
  );
}

function incomplete(tag: string, { digest }: Descriptor): unknown {
  const error = new ContentError(
    'REFERRERS_INCOMPLETE',
    `tag ${tag} holds something else than the source's, and lacks some of ${digest}`,
    {
      hint: `Both sides have signed. Sign again in the target, or delete its tag ${tag}; then copy once more.`,
      details: { tag },
    },
  );
  return withSide('target', error);
}
