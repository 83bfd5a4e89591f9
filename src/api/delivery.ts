// Delivery: what to follow in which registry, and how to keep it in this cluster. Field names are Flux's wherever
// Flux has the field.
import * as z from 'zod';
import {
  conditionsSchema,
  counterSchema,
  described,
  durationSchema,
  metadataSchema,
  nameSchema,
  tagSchema,
} from './common.ts';

/** A Secret of the Delivery's namespace. */
const secretRefSchema = z.object({ name: nameSchema.meta(described('Name of the Secret.')) });

const sourceSchema = z
  .object({
    url: z
      .string()
      .max(512)
      .regex(/^oci:\/\/[!"$->A-~]+$/u)
      .meta(described('Repository of the artifact, `oci://HOST[:PORT]/REPOSITORY`, without tag and digest.')),
    ref: z
      .object({ tag: tagSchema.meta(described('Tag to follow; under a policy with promotion, a channel.')) })
      .meta(described('Which artifact of the repository to follow.')),
    interval: durationSchema
      .default('5m')
      .meta(described('How often the registry is asked whether the tag has moved, with one HEAD request.')),
    timeout: durationSchema
      .default('60s')
      .meta(described('Time for one look at the registry, downloads included.')),
    insecure: z
      .boolean()
      .default(false)
      .meta(described('Plain HTTP to a registry that has no TLS. Signatures are verified all the same.')),
    secretRef: secretRefSchema
      .optional()
      .meta(
        described(
          "Pull Secret with credentials for the registry, of type kubernetes.io/dockerconfigjson. The Delivery's service account must be allowed to get it.",
        ),
      ),
    certSecretRef: secretRefSchema
      .optional()
      .meta(
        described(
          "Secret with the CA that the registry's certificate is checked with, `ca.crt`, and a client certificate, `tls.crt` and `tls.key`.",
        ),
      ),
    proxySecretRef: secretRefSchema
      .optional()
      .meta(described('Secret with the URL of a proxy, `address`, and perhaps `username` and `password`.')),
  })
  .meta(described('Where the artifact comes from.'));

const commonMetadataSchema = z.object({
  labels: z.record(z.string(), z.string().max(63)).optional().meta(described('Labels.')),
  annotations: z.record(z.string(), z.string().max(16_384)).optional().meta(described('Annotations.')),
});

export const deliverySpecSchema = z.object({
  source: sourceSchema,
  path: z
    .string()
    .max(1024)
    .regex(/^(\.\/?|(\.\/)?[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/?)$/u)
    .default('./')
    .meta(
      described(
        'Folder of the artifact that is applied; all of it, where absent. A transform: policies must allow it.',
      ),
    ),
  commonMetadata: commonMetadataSchema
    .optional()
    .meta(described('Labels and annotations for every object. A transform: policies must allow it.')),
  interval: durationSchema
    .default('1h')
    .meta(described('Full re-verification as the safety net; drift does not wait for it.')),
  retryInterval: durationSchema
    .default('1m')
    .meta(described('The longest wait before a failed reconciliation is tried again.')),
  timeout: durationSchema.default('5m').meta(described('Time for objects to turn healthy after an apply.')),
  suspend: z
    .boolean()
    .default(false)
    .meta(described('Stops everything for this Delivery, drift correction included.')),
  prune: z
    .boolean()
    .meta(
      described(
        'Whether objects that left the artifact are deleted, and all of them with the Delivery itself.',
      ),
    ),
  wait: z
    .boolean()
    .default(true)
    .meta(described('Whether Ready waits for all applied objects to be healthy.')),
  serviceAccountName: nameSchema
    .optional()
    .meta(
      described(
        "Service account of the Delivery's own namespace that is impersonated for every write. Required outside the puller's namespace.",
      ),
    ),
});

const artifactSchema = z.object({
  digest: z.string().max(71).meta(described("Digest of the artifact's manifest.")),
  revision: z.string().max(256).meta(described('`TAG@DIGEST`.')),
  size: z.int().optional().meta({ description: 'Bytes of the layer.', format: 'int64' }),
  metadata: z
    .record(z.string(), z.string())
    .optional()
    .meta(described("Annotations of the artifact's manifest.")),
});

export const deliveryStatusSchema = z.object({
  observedGeneration: z
    .int()
    .optional()
    .meta({ description: 'Generation that the status is about.', format: 'int64' }),
  conditions: conditionsSchema.optional(),
  artifact: artifactSchema.optional().meta(described('The artifact that is applied.')),
  verification: z
    .object({
      policies: z.array(z.string().max(253)).max(32).meta(described('TrustPolicies that accepted it.')),
      matched: z.array(z.string().max(520)).max(64).meta(described('Authorities whose signatures counted.')),
      formats: z
        .array(z.string().max(16))
        .max(2)
        .optional()
        .meta(described('Formats of their signatures: bundle, legacy.')),
      warnings: z
        .array(z.string().max(1024))
        .max(32)
        .optional()
        .meta(described('What policies of mode Audit would have refused.')),
      verifiedAt: z.string().meta({ description: 'Since when this verdict stands.', format: 'date-time' }),
    })
    .optional()
    .meta(described('Why the applied artifact was accepted.')),
  promotion: z
    .object({
      channel: z.string().max(128).meta(described('Channel that was followed.')),
      sequence: counterSchema.meta(
        described('Sequence of the statement that promoted the artifact.', { format: 'int64' }),
      ),
      statementDigest: z
        .string()
        .max(71)
        .meta(described('Digest of the manifest that carries the statement.')),
      expiresAt: z
        .string()
        .optional()
        .meta({ description: 'When it is overdue, heartbeats counted.', format: 'date-time' }),
    })
    .optional()
    .meta(described('The promotion statement that was followed.')),
  candidate: z
    .object({
      digest: z.string().max(71).optional().meta(described('Digest that was refused, where it was known.')),
      reason: z.string().max(64).meta(described('Stable code of the refusal.')),
    })
    .optional()
    .meta(described('What the channel shows now and was refused; the applied artifact is kept.')),
  resources: z.int().optional().meta({ description: 'Number of applied objects.', format: 'int64' }),
  lastAppliedRevision: z
    .string()
    .max(256)
    .optional()
    .meta(described('Revision that was last applied as a whole.')),
  lastAttemptedRevision: z.string().max(256).optional().meta(described('Revision that was last tried.')),
  lastHandledReconcileAt: z
    .string()
    .max(256)
    .optional()
    .meta(described('Value of the annotation `reconcile.sealift.dev/requestedAt` that was last acted on.')),
});

export const deliverySchema = z.object({
  metadata: metadataSchema.extend({ namespace: z.string() }),
  spec: deliverySpecSchema,
  status: deliveryStatusSchema.optional(),
});

export type Delivery = z.infer<typeof deliverySchema>;
export type DeliverySpec = z.infer<typeof deliverySpecSchema>;
export type DeliveryStatus = z.infer<typeof deliveryStatusSchema>;
