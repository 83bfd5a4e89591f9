// What the API's kinds share: the group, object metadata, durations, conditions.
import * as z from 'zod';

export const apiGroup = 'sealift.dev';
export const apiVersion = `${apiGroup}/v1alpha1`;

/** Marks of ours on the objects that a Delivery applies. */
export const ownerLabel = `${apiGroup}/owner`;
export const deliveryAnnotation = `${apiGroup}/delivery`;
/** Asks for a reconciliation now, by any new value on a Delivery. */
export const requestedAtAnnotation = 'reconcile.sealift.dev/requestedAt';
/** Flux' own, which counts where ours is absent: scripts of people who come from there write it. */
const fluxRequestedAtAnnotation = 'reconcile.fluxcd.io/requestedAt';
/** The request that is to be handled. */
export function requestedAtOf(annotations: Readonly<Record<string, string>> | undefined): string | undefined {
  return annotations?.[requestedAtAnnotation] ?? annotations?.[fluxRequestedAtAnnotation];
}
/** On a Delivery: what its prune guard holds back may be deleted for the artifact of this digest. */
export const approvePruneAnnotation = `${apiGroup}/approve-prune`;
/** Domains of annotations that say how an object of an artifact is applied; ours comes first. */
export const objectRuleDomains = [apiGroup, 'kustomize.toolkit.fluxcd.io'] as const;
export const objectRuleNames = ['ssa', 'force', 'prune', 'reconcile', 'substitute'] as const;
/** On a PromotionRecord: a cluster admin returns from the sequence that it names to the one before it. */
export const localRollbackAnnotation = `${apiGroup}/local-rollback`;
export const finalizer = `${apiGroup}/finalizer`;
/** Puts a ClusterRole into the puller's own rights, so an artifact may never carry it. */
export const aggregationLabel = `${apiGroup}/aggregate-to-puller`;

/** Extra members of a CRD's OpenAPI schema; zod passes them through `meta`. */
export type SchemaExtras = {
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
  readonly 'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly format?: string;
};

/** A description with such extras. */
export function described(
  description: string,
  extras: SchemaExtras = {},
): { description: string } & SchemaExtras {
  return { description, ...extras };
}

/** Go's duration text, as everywhere in Kubernetes: `90s`, `5m`, `1h30m`. */
export const durationSchema = z
  .string()
  .max(32)
  .regex(/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/u);

/** Milliseconds of a duration that the schema let through. */
export function parseDurationMs(text: string): number {
  const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)/gu)) {
    if (unit === 'ms' || unit === 's' || unit === 'm' || unit === 'h') total += Number(amount) * unitMs[unit];
  }
  return total;
}

export const nameSchema = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/u);

/** A namespace's name: a label of the DNS. */
export const namespaceSchema = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/u);

/** A tag of the distribution-spec's grammar. */
export const tagSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/u);

export const digestTextSchema = z
  .string()
  .max(71)
  .regex(/^sha256:[a-f0-9]{64}$/u);

/** Sequences and epochs: safe integers, so that every reader compares them alike. */
export const counterSchema = z
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER)
  .meta({ format: 'int64' } satisfies SchemaExtras);

export const conditionSchema = z.object({
  type: z.string().max(316),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().min(1).max(1024),
  message: z.string().max(32_768),
  lastTransitionTime: z.string().meta({ format: 'date-time' } satisfies SchemaExtras),
  observedGeneration: z
    .int()
    .min(0)
    .meta({ format: 'int64' } satisfies SchemaExtras)
    .optional(),
});
export type Condition = z.infer<typeof conditionSchema>;

export const conditionsSchema = z
  .array(conditionSchema)
  .max(16)
  .meta({
    description: 'What is known of the object now, one entry a type.',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  } satisfies SchemaExtras & { description: string });

/** Metadata that the puller reads of its own kinds. */
export const metadataSchema = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  resourceVersion: z.string(),
  generation: z.int().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
  deletionTimestamp: z.string().optional(),
});
