// What a store says of a manifest: what it is made of, and what is attached to it. Nothing of it is verified; that is
// `verify`.
import { resolveIfThere } from '../copy/attached-tags.ts';
import { attachedTagsOf } from '../oci/attached-tags.ts';
import type { ContentSource } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Content } from '../oci/manifest.ts';
import { readManifestFacts } from '../oci/manifest-facts.ts';

export type Inspected = {
  /** The manifest's bytes, as they are stored. */
  readonly manifest: Content;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  /** Config and layers of a manifest. */
  readonly blobs: readonly Descriptor[];
  /** Manifests that an index lists. */
  readonly manifests: readonly Descriptor[];
  readonly subject: Descriptor | undefined;
  readonly referrers: readonly Descriptor[];
  /** Tags that attach something to this manifest by their name alone. */
  readonly attachedTags: readonly { readonly tag: string; readonly digest: Digest }[];
};

/**
 * Reads a manifest and what refers to it.
 * @throws ContentError, RegistryError
 */
export async function inspect(
  source: ContentSource,
  tagOrDigest: string,
  signal?: AbortSignal,
): Promise<Inspected> {
  const manifest = await source.resolve(tagOrDigest, signal);
  const facts = readManifestFacts(manifest);
  return {
    manifest,
    artifactType: facts.artifactType,
    annotations: facts.annotations ?? {},
    blobs: facts.blobs,
    manifests: facts.manifests,
    subject: facts.subject,
    referrers: await source.referrers(manifest.descriptor, signal),
    attachedTags: await findAttached(source, manifest.descriptor.digest, signal),
  };
}

async function findAttached(
  source: ContentSource,
  subject: Digest,
  signal?: AbortSignal,
): Promise<Inspected['attachedTags']> {
  const found: { tag: string; digest: Digest }[] = [];
  for (const tag of attachedTagsOf(subject)) {
    const content = await resolveIfThere(source, tag, signal);
    if (content !== undefined) found.push({ tag, digest: content.descriptor.digest });
  }
  return found;
}
