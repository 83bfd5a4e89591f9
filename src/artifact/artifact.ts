// An artifact in a store: pushed as its parts, fetched as its files. Which digests may be fetched is decided before,
// by signing and trust.
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import type { Bytes, ContentSource, ContentStore } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseManifest, type Content, type Manifest } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { ArtifactFile, PackedArtifact } from './pack.ts';
import type { SpooledArtifact } from './pack-stream.ts';
import { unpackLayer } from './unpack.ts';

/** Pushes the blobs first, both at once, then the manifest, by digest: no tag is written. */
export async function pushArtifact(
  store: ContentStore,
  packed: PackedArtifact | Omit<SpooledArtifact, 'close'>,
  signal?: AbortSignal,
): Promise<void> {
  const { config, layer } = packed;
  await Promise.all([
    store.push(config, signal),
    'bytes' in layer ? store.push(layer, signal) : store.pushBlob(layer.descriptor, layer.open, signal),
  ]);
  await store.push(packed.manifest, signal);
}

/**
 * The one layer of an artifact's manifest.
 * @throws ContentError `MANIFEST_INVALID`, `MEDIA_TYPE_UNEXPECTED`
 */
export function artifactLayer(manifest: Manifest): Descriptor {
  const [layer, ...more] = manifest.layers;
  if (layer === undefined || more.length > 0) {
    throw new ContentError(
      'MANIFEST_INVALID',
      `artifact has ${manifest.layers.length} layers, not exactly one`,
    );
  }
  if (layer.mediaType !== mediaTypes.fluxContent) {
    throw new ContentError(
      'MEDIA_TYPE_UNEXPECTED',
      `artifact's layer is ${layer.mediaType}, not ${mediaTypes.fluxContent}`,
    );
  }
  return layer;
}

/**
 * Fetches and unpacks the layer of an artifact whose manifest was already verified.
 * @throws ContentError, ArchiveError
 */
export async function fetchArtifact(
  source: ContentSource,
  manifest: Content,
  signal?: AbortSignal,
): Promise<readonly ArtifactFile[]> {
  const layer = artifactLayer(parseManifest(manifest.bytes));
  return unpackLayer(fetchLayer(source, layer, signal));
}

/**
 * The bytes of a layer, as a stream that fails at its end unless they are what the manifest says.
 * @throws ContentError `SIZE_LIMIT` before a byte is asked for
 */
export function fetchLayer(
  source: Pick<ContentSource, 'fetch'>,
  layer: Descriptor,
  signal?: AbortSignal,
): Bytes {
  if (layer.size > ociLimits.layerBytes) {
    throw new ContentError('SIZE_LIMIT', `layer has ${layer.size} bytes, more than ${ociLimits.layerBytes}`);
  }
  return source.fetch(layer, signal);
}
