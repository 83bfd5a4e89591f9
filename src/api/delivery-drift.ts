// How a Delivery treats what others change: ignore rules, holds, and the guard against mass deletion.
import * as z from 'zod';
import { described } from './common.ts';

/** Regular expressions (RE2, whole match) and selectors, as in patches of kustomize; what is absent matches all. */
export const selectorSchema = z.object({
  group: z.string().max(253).optional().meta(described('API group, a regular expression.')),
  version: z.string().max(63).optional().meta(described('API version, a regular expression.')),
  kind: z.string().max(63).optional().meta(described('Kind, a regular expression.')),
  name: z.string().max(253).optional().meta(described('Name, a regular expression.')),
  namespace: z.string().max(63).optional().meta(described('Namespace, a regular expression.')),
  labelSelector: z.string().max(1024).optional().meta(described('Label selector, as of kubectl.')),
  annotationSelector: z
    .string()
    .max(1024)
    .optional()
    .meta(described('Selector over annotations, in the same form.')),
});

export type Target = z.infer<typeof selectorSchema>;

export const ignoreRuleSchema = z.object({
  paths: z
    .array(
      z
        .string()
        .min(1)
        .max(512)
        .regex(/^(\/([^~/]|~[01])*)+$/u),
    )
    .min(1)
    .max(64)
    .meta(described('JSON pointers (RFC 6901) of fields that are left to others once the object exists.')),
  target: selectorSchema.optional().meta(described('Objects that the rule is for; all, where absent.')),
});

export const holdSchema = z.object({
  target: z
    .object({
      apiVersion: z.string().max(317).optional().meta(described('API version; any, where absent.')),
      kind: z.string().min(1).max(63).meta(described('Kind of the object.')),
      name: z.string().min(1).max(253).meta(described('Name of the object.')),
      namespace: z
        .string()
        .max(63)
        .optional()
        .meta(described("Namespace; the Delivery's own, where absent, or none for cluster-scoped kinds.")),
    })
    .meta(described('The object whose drift is shown and not corrected.')),
  until: z.string().max(40).meta({
    description: 'When correction begins again; sooner where the policy has a shorter maxHold.',
    format: 'date-time',
  }),
  reason: z.string().min(1).max(256).meta(described('Why, for the audit.')),
});

export const pruneGuardSchema = z.object({
  maxObjects: z.int().min(0).optional().meta(described('Most objects that one update may delete.')),
  maxPercent: z
    .int()
    .min(0)
    .max(100)
    .optional()
    .meta(described('Most of the applied objects, in percent, that one update may delete.')),
});
