// The layer of an artifact that a Delivery's `layerSelector` names, as Flux's: the first of a media type, packed, or one
// file as it is. Without one it is the only layer that there is.
import { ContentError } from '../errors.ts';
import { archiveLimits } from '../limits.ts';
import { fetchBytes, type ContentSource } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Manifest } from '../oci/manifest.ts';
import { artifactLayer, fetchLayer } from './artifact.ts';
import type { ArtifactFile } from './pack.ts';
import { unpackLayer } from './unpack.ts';

export type LayerSelector = {
  readonly mediaType?: string | undefined;
  /** `extract`: an archive of type tar+gzip, whatever its media type says. `copy`: one file of YAML or JSON. */
  readonly operation: 'extract' | 'copy';
};

/** Name that a copied layer has in messages. */
const copiedFile = 'layer.yaml';

/**
 * The layer that counts.
 * @throws ContentError `MANIFEST_INVALID`, `MEDIA_TYPE_UNEXPECTED`
 */
export function selectLayer(manifest: Manifest, selector: LayerSelector | undefined): Descriptor {
  if (selector === undefined) return artifactLayer(manifest);
  const { mediaType } = selector;
  const layer = manifest.layers.find((one) => mediaType === undefined || one.mediaType === mediaType);
  if (layer !== undefined) return layer;
  throw new ContentError(
    'MEDIA_TYPE_UNEXPECTED',
    `artifact has no layer${mediaType === undefined ? '' : ` of type ${mediaType}`}`,
    { hint: 'Name the media type of one of its layers in spec.source.layerSelector.' },
  );
}

/**
 * Fetches the files of a layer of a manifest that was already verified.
 * @throws ContentError, ArchiveError
 */
export async function fetchSelected(
  source: Pick<ContentSource, 'fetch'>,
  layer: Descriptor,
  {
    operation,
    signal,
  }: { readonly operation: LayerSelector['operation']; readonly signal?: AbortSignal | undefined },
): Promise<readonly ArtifactFile[]> {
  if (operation === 'extract') return unpackLayer(fetchLayer(source, layer, signal));
  return [{ path: copiedFile, bytes: await fetchBytes(source, layer, archiveLimits.fileBytes, signal) }];
}
