// What the puller tells of a Delivery. Nothing is ever read back from it: others may write it.
import * as z from 'zod';
import { conditionsSchema, counterSchema, described } from './common.ts';

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
  inventory: z
    .object({
      entries: z
        .array(
          z.object({
            id: z.string().max(700).meta(described('`NAMESPACE_NAME_GROUP_KIND`.')),
            v: z.string().max(63).meta(described('Version of its API.')),
          }),
        )
        .max(1000),
    })
    .optional()
    .meta(described('Objects that are kept, up to a thousand of them; resources has their number.')),
  history: z
    .array(
      z.object({
        digest: z.string().max(71).meta(described('Digest of the artifact.')),
        revision: z.string().max(256).optional().meta(described('`TAG@DIGEST`.')),
        firstReconciled: z.string().meta({ description: 'When it was first applied.', format: 'date-time' }),
        lastReconciled: z
          .string()
          .meta({ description: 'When its status last changed.', format: 'date-time' }),
        lastReconciledDuration: z
          .string()
          .max(32)
          .optional()
          .meta(described('From the beginning of the last apply until all was healthy, or had failed.')),
        lastReconciledStatus: z.string().max(64).meta(described('Reason of Ready at that time.')),
        totalReconciliations: z.int().optional().meta({
          description: 'Times that its apply was begun: more than one after a way back to it.',
          format: 'int64',
        }),
        metadata: z
          .record(z.string(), z.string())
          .optional()
          .meta(described('revision, and originRevision where its publisher told it.')),
        sequence: counterSchema
          .optional()
          .meta(described('Sequence of the statement that promoted it.', { format: 'int64' })),
        isStored: z
          .boolean()
          .optional()
          .meta(described('Whether the puller can apply it again with the registry gone.')),
      }),
    )
    .max(50)
    .optional()
    .meta(described('Artifacts that were applied here, the last one first.')),
  resources: z.int().optional().meta({ description: 'Number of applied objects.', format: 'int64' }),
  lastAppliedRevision: z
    .string()
    .max(256)
    .optional()
    .meta(described('Revision that was last applied as a whole.')),
  lastAppliedOriginRevision: z
    .string()
    .max(256)
    .optional()
    .meta(described('What it was made of: its annotation `org.opencontainers.image.revision`.')),
  lastAttemptedRevision: z.string().max(256).optional().meta(described('Revision that was last tried.')),
  lastHandledReconcileAt: z
    .string()
    .max(256)
    .optional()
    .meta(described('Value of the annotation `reconcile.sealift.dev/requestedAt` that was last acted on.')),
});

export type DeliveryStatus = z.infer<typeof deliveryStatusSchema>;

/** An object's id in the inventory, as Flux writes it, colons of RBAC names included. */
export function inventoryIdOf({
  namespace = '',
  name,
  group,
  kind,
}: {
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly group: string;
  readonly kind: string;
}): string {
  return [namespace, name.replaceAll(':', '__'), group, kind].join('_');
}
