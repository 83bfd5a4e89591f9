// Manifests and indexes (image-spec, manifest.md and image-index.md), read as hostile bytes and written canonically.
import * as z from 'zod';
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import { annotationsSchema, describe, descriptorSchema, type Descriptor } from './descriptor.ts';
import { mediaTypes } from './media-types.ts';

const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().max(255).optional(),
  artifactType: z.string().max(255).optional(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema).max(ociLimits.descriptors),
  subject: descriptorSchema.optional(),
  annotations: annotationsSchema.optional(),
});

const indexSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().max(255).optional(),
  artifactType: z.string().max(255).optional(),
  manifests: z.array(descriptorSchema).max(100_000),
  subject: descriptorSchema.optional(),
  annotations: annotationsSchema.optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Index = z.infer<typeof indexSchema>;

/** Content with its descriptor; the bytes are the truth, never re-serialised. */
export type Content = { readonly descriptor: Descriptor; readonly bytes: Uint8Array };

/** @throws ContentError `MANIFEST_INVALID`, `MEDIA_TYPE_UNEXPECTED`, `SIZE_LIMIT` */
export function parseManifest(bytes: Uint8Array): Manifest {
  return parse(manifestSchema, bytes, {
    name: 'manifest',
    mediaType: mediaTypes.manifest,
    maxBytes: ociLimits.manifestBytes,
  });
}

/**
 * @param maxBytes image layouts may have larger indexes than registries take
 * @throws ContentError `MANIFEST_INVALID`, `SIZE_LIMIT`
 */
export function parseIndex(bytes: Uint8Array, maxBytes: number = ociLimits.manifestBytes): Index {
  return parse(indexSchema, bytes, { name: 'index', mediaType: mediaTypes.index, maxBytes });
}

/** The bytes of a manifest as we write it: members in the order that the specification lists them. */
export function formatManifest(manifest: Omit<Manifest, 'schemaVersion' | 'mediaType'>): Content {
  const { artifactType, config, layers, subject, annotations } = manifest;
  return encode(mediaTypes.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType,
    config,
    layers,
    subject,
    annotations: sortedAnnotations(annotations),
  });
}

/** The bytes of an index as we write it. */
export function formatIndex(manifests: readonly Descriptor[]): Content {
  return encode(mediaTypes.index, { schemaVersion: 2, mediaType: mediaTypes.index, manifests });
}

/** Annotations in the order of their names, so that the same ones give the same bytes. */
function sortedAnnotations(annotations: Manifest['annotations']): Manifest['annotations'] {
  if (annotations === undefined) return undefined;
  return Object.fromEntries(Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function encode(mediaType: string, value: object): Content {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return { descriptor: describe(mediaType, bytes), bytes };
}

type Expected = { readonly name: string; readonly mediaType: string; readonly maxBytes: number };

function parse<T extends { mediaType?: string | undefined }>(
  schema: z.ZodType<T>,
  bytes: Uint8Array,
  { name, mediaType, maxBytes }: Expected,
): T {
  if (bytes.byteLength > maxBytes) {
    throw new ContentError('SIZE_LIMIT', `${name} has ${bytes.byteLength} bytes, more than ${maxBytes}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ContentError('MANIFEST_INVALID', `${name} is not JSON`, { cause });
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new ContentError(
      'MANIFEST_INVALID',
      `${name} is not valid: ${issue?.path.join('.')} ${issue?.message}`,
    );
  }
  // image-spec: mediaType, where present, must be the type that the content was stored as.
  if (result.data.mediaType !== undefined && result.data.mediaType !== mediaType) {
    throw new ContentError(
      'MEDIA_TYPE_UNEXPECTED',
      `${name} says that it is ${result.data.mediaType}, not ${mediaType}`,
    );
  }
  return result.data;
}
