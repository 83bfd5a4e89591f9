// Delivery: what to follow in which registry, and how to keep it in this cluster. Field names are Flux's wherever
// Flux has the field.
import * as z from 'zod';
import { described, digestTextSchema, durationSchema, metadataSchema, nameSchema } from './common.ts';
import { holdSchema, ignoreRuleSchema, pruneGuardSchema } from './delivery-drift.ts';
import { dependencySchema, healthCheckExprSchema, healthCheckSchema } from './delivery-order.ts';
import { sourceSchema } from './delivery-source.ts';
import { deliveryStatusSchema } from './delivery-status.ts';
import { decryptionSchema, postBuildSchema } from './delivery-values.ts';
import { buildFields } from './delivery-transforms.ts';

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
  postBuild: postBuildSchema
    .optional()
    .meta(described('Variables that are filled into the objects. A transform: policies must allow it.')),
  decryption: decryptionSchema
    .optional()
    .meta(described('How encrypted files are decrypted. A transform: policies must allow it.')),
  ...buildFields,
  interval: durationSchema
    .default('1h')
    .meta(described('Full re-verification as the safety net; drift does not wait for it.')),
  retryInterval: durationSchema
    .default('1m')
    .meta(described('The longest wait before a failed reconciliation is tried again.')),
  timeout: durationSchema.default('5m').meta(described('Time for objects to turn healthy after an apply.')),
  onFailure: z
    .enum(['Hold', 'Retry', 'Previous'])
    .default('Hold')
    .meta(
      described(
        'What is done where an artifact does not turn healthy in time. Hold: it stays. Retry: it is applied again at retryInterval. Previous: the last healthy artifact is applied instead, where policies allow it.',
      ),
    ),
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
  deletionPolicy: z
    .enum(['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan'])
    .default('MirrorPrune')
    .meta(
      described(
        'What becomes of the objects with the Delivery itself. MirrorPrune: as prune says. Delete. WaitForTermination: deleted, and waited for. Orphan: left.',
      ),
    ),
  pruneGuard: pruneGuardSchema
    .optional()
    .meta(
      described(
        'Beyond it nothing is pruned until the annotation `sealift.dev/approve-prune` names the digest of the artifact.',
      ),
    ),
  force: z
    .boolean()
    .default(false)
    .meta(
      described('Whether objects are deleted and made anew where an immutable field of theirs has changed.'),
    ),
  adopt: z
    .boolean()
    .default(false)
    .meta(described('Whether objects are taken over that Flux, Argo CD or Helm reconcile.')),
  driftMode: z
    .enum(['Correct', 'Warn', 'Ignore'])
    .default('Correct')
    .meta(
      described(
        'What is done about changes by others. Warn: they are told. Ignore: they are not. Both are transforms: policies must allow them.',
      ),
    ),
  ignore: z
    .array(ignoreRuleSchema)
    .max(32)
    .optional()
    .meta(described('Fields that are left to others. A transform: policies must allow it.')),
  holds: z
    .array(holdSchema)
    .max(32)
    .optional()
    .meta(described('Objects that are not corrected for a time, as `sealift hold` writes them.')),
  wait: z
    .boolean()
    .default(true)
    .meta(described('Whether Ready waits for all applied objects to be healthy.')),
  healthChecks: z
    .array(healthCheckSchema)
    .max(32)
    .optional()
    .meta(described('Objects that Ready waits for, of this Delivery or not; with wait, beside its own.')),
  healthCheckExprs: z
    .array(healthCheckExprSchema)
    .max(32)
    .optional()
    .meta(described('How the health of custom kinds is told.')),
  dependsOn: z
    .array(dependencySchema)
    .max(32)
    .optional()
    .meta(described('Deliveries that must be ready before this one applies anything new.')),
  rollbackTo: z
    .object({ digest: digestTextSchema.meta(described('Digest out of status.history.')) })
    .optional()
    .meta(described('Artifact that was healthy here and is applied instead, where policies allow it.')),
  historyLimit: z
    .int()
    .min(1)
    .max(50)
    .default(5)
    .meta(described('Artifacts that are remembered, and kept to be applied again.')),
  serviceAccountName: nameSchema
    .optional()
    .meta(
      described(
        "Service account of the Delivery's own namespace that is impersonated for every write. Required outside the puller's namespace.",
      ),
    ),
});

export const deliverySchema = z.object({
  metadata: metadataSchema.extend({ namespace: z.string() }),
  spec: deliverySpecSchema,
  status: deliveryStatusSchema.optional(),
});

export type Delivery = z.infer<typeof deliverySchema>;
export type DeliverySpec = z.infer<typeof deliverySpecSchema>;
