// What a layout and a registry need to know of a manifest, OCI's or Docker's: whom it refers to, what it is made of,
// and how the referrers API describes it (distribution-spec, "Listing Referrers").
import * as z from 'zod';
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import { descriptorSchema, type Descriptor } from './descriptor.ts';
import { parseIndex, parseManifest, type Content } from './manifest.ts';
import { mediaTypes } from './media-types.ts';

/** What was read from a manifest's bytes. */
export type ManifestFacts = {
  readonly subject?: Descriptor | undefined;
  /** The manifest's artifactType, or the media type of its config. */
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Config and layers. */
  readonly blobs: readonly Descriptor[];
  /** Manifests that an index lists. */
  readonly manifests: readonly Descriptor[];
};

const dockerManifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.literal(mediaTypes.dockerManifest),
  config: descriptorSchema,
  layers: z.array(descriptorSchema).max(ociLimits.descriptors),
});

const dockerIndexSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.literal(mediaTypes.dockerIndex),
  manifests: z.array(descriptorSchema).max(ociLimits.descriptors),
});

/**
 * Reads a manifest or an index by the media type that it is stored under.
 * @throws ContentError `MANIFEST_INVALID`, `MEDIA_TYPE_UNEXPECTED`, `SIZE_LIMIT`
 */
export function readManifestFacts({ descriptor, bytes }: Content): ManifestFacts {
  switch (descriptor.mediaType) {
    case mediaTypes.manifest: {
      const { config, layers, subject, annotations, artifactType } = parseManifest(bytes);
      // An empty artifactType counts as none.
      return {
        subject,
        annotations,
        artifactType: artifactType || config.mediaType,
        blobs: [config, ...layers],
        manifests: [],
      };
    }
    case mediaTypes.index: {
      const { manifests, subject, annotations, artifactType } = parseIndex(bytes);
      return { subject, annotations, artifactType: artifactType || undefined, blobs: [], manifests };
    }
    case mediaTypes.dockerManifest: {
      const { config, layers } = parseDocker(dockerManifestSchema, bytes);
      return { blobs: [config, ...layers], manifests: [] };
    }
    case mediaTypes.dockerIndex:
      return { blobs: [], manifests: parseDocker(dockerIndexSchema, bytes).manifests };
    default:
      throw new ContentError(
        'MEDIA_TYPE_UNEXPECTED',
        `${descriptor.mediaType} is not a manifest's media type`,
      );
  }
}

/** A manifest as the referrers API tells of it (distribution-spec, "Listing Referrers"). */
export function describeReferrer(
  descriptor: Descriptor,
  { artifactType, annotations }: Pick<ManifestFacts, 'artifactType' | 'annotations'>,
): Descriptor {
  return {
    ...descriptor,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function parseDocker<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  if (bytes.byteLength > ociLimits.manifestBytes) {
    throw new ContentError('SIZE_LIMIT', `manifest has ${bytes.byteLength} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ContentError('MANIFEST_INVALID', 'manifest is not JSON', { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ContentError(
    'MANIFEST_INVALID',
    `manifest is not valid: ${issue?.path.join('.')} ${issue?.message}`,
  );
}
