// What a Delivery changes about the objects of an artifact, beside its folder and common metadata: Flux's fields of the
// same names, with kustomize's meaning.
import * as z from 'zod';
import { described, namespaceSchema } from './common.ts';
import { selectorSchema } from './delivery-drift.ts';

const affixSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^/%\s]+$/u);

const imageSchema = z.object({
  name: z
    .string()
    .min(1)
    .max(512)
    .meta(described('Name of the image without tag and digest, a regular expression as in kustomize.')),
  newName: z.string().max(512).optional().meta(described('Name that is put in its place.')),
  newTag: z.string().max(128).optional().meta(described('Tag that is put in place of tag and digest.')),
  digest: z
    .string()
    .max(255)
    .optional()
    .meta(described('Digest that is put in place of tag and digest; with newTag, behind it.')),
});

const patchSchema = z.object({
  patch: z
    .string()
    .min(1)
    .max(32_768)
    .meta(described('YAML of a strategic merge patch, or of a list of JSON Patch operations (RFC 6902).')),
  target: selectorSchema
    .optional()
    .meta(
      described('Objects that are patched. Absent: the one that the strategic merge patch names itself.'),
    ),
});

/** Fields of a Delivery's spec. */
export const buildFields = {
  patches: z
    .array(patchSchema)
    .max(32)
    .optional()
    .meta(described('Patches of objects, before all other transforms. A transform: policies must allow it.')),
  targetNamespace: namespaceSchema
    .optional()
    .meta(
      described(
        'Namespace that all namespaced objects are put into, and Namespaces are renamed to. A transform: policies must allow it.',
      ),
    ),
  namePrefix: affixSchema
    .optional()
    .meta(described('Put in front of all names. A transform: policies must allow `names`.')),
  nameSuffix: affixSchema
    .optional()
    .meta(described('Put behind all names. A transform: policies must allow `names`.')),
  images: z
    .array(imageSchema)
    .max(64)
    .optional()
    .meta(described('Container images that are replaced. A transform: policies must allow it.')),
} as const;

const buildSchema = z.object(buildFields);

/** What a Delivery changes about objects, as kustomize would build them. */
export type BuildFields = z.infer<typeof buildSchema>;
export type Patch = NonNullable<BuildFields['patches']>[number];
export type ImageOverride = NonNullable<BuildFields['images']>[number];
