// A bundle as a referrer of the artifact that it is about, of the form in which cosign attaches and finds it.
import { describe, emptyContent, emptyDescriptor, type Descriptor } from '../oci/descriptor.ts';
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import { fetchBytes, type ContentSource, type ContentStore } from '../oci/content-store.ts';
import type { Digest } from '../oci/digest.ts';
import { formatManifest, parseManifest, type Content } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';

/**
 * Pushes a bundle and the manifest that ties it to its subject.
 * @returns the referrer's manifest
 */
export async function attachBundle(
  store: ContentStore,
  subject: Descriptor,
  bundle: { readonly bytes: Uint8Array; readonly predicateType: string; readonly created: string },
  signal?: AbortSignal,
): Promise<Content> {
  const layer: Content = {
    descriptor: describe(mediaTypes.sigstoreBundle, bundle.bytes),
    bytes: bundle.bytes,
  };
  const manifest = formatManifest({
    artifactType: mediaTypes.sigstoreBundle,
    config: emptyDescriptor,
    layers: [layer.descriptor],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    // Hints for people and for other tools; nothing here is signed, so nothing is read from it.
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': bundle.predicateType,
      'org.opencontainers.image.created': bundle.created,
    },
  });
  await store.push({ descriptor: emptyDescriptor, bytes: emptyContent }, signal);
  await store.push(layer, signal);
  await store.push(manifest, signal);
  return manifest;
}

/**
 * The bytes of a bundle that is attached.
 * @param digest of the referrer's manifest
 * @throws ContentError `MANIFEST_INVALID`, `SIZE_LIMIT`, `CONTENT_MISSING`
 */
export async function fetchBundle(
  source: ContentSource,
  digest: Digest,
  signal?: AbortSignal,
): Promise<Buffer> {
  const { layers } = parseManifest((await source.resolve(digest, signal)).bytes);
  const layer = layers.find(({ mediaType }) => mediaType === mediaTypes.sigstoreBundle);
  if (layer === undefined) throw new ContentError('MANIFEST_INVALID', `${digest} has no bundle`);
  return Buffer.from(await fetchBytes(source, layer, ociLimits.bundleBytes, signal));
}
