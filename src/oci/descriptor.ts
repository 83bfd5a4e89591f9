// Descriptors (image-spec, descriptor.md): what names content by type, digest and size.
import * as z from 'zod';
import { computeDigest, isDigest, type Digest } from './digest.ts';
import { mediaTypes } from './media-types.ts';

export const digestSchema = z
  .string()
  .refine((text): text is Digest => isDigest(text), { error: 'is not a sha256 digest' });

const mediaTypeSchema = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9][\w!#$&^.+-]*\/[A-Za-z0-9][\w!#$&^.+-]*$/u, 'is not a media type');

export const annotationsSchema = z.record(z.string().max(1024), z.string().max(64 * 1024));

/** Unknown members are kept out: what we write holds what the specification names. */
export const descriptorSchema = z.object({
  mediaType: mediaTypeSchema,
  digest: digestSchema,
  size: z.int().nonnegative(),
  annotations: annotationsSchema.optional(),
  artifactType: z.string().max(255).optional(),
});

export type Descriptor = z.infer<typeof descriptorSchema>;

/** The descriptor of bytes at hand. */
export function describe(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: computeDigest(bytes), size: bytes.byteLength };
}

/** The content of image-spec's empty descriptor. */
export const emptyContent: Uint8Array = new TextEncoder().encode('{}');
export const emptyDescriptor: Descriptor = describe(mediaTypes.empty, emptyContent);
