// The CustomResourceDefinitions, made from the schemas that the puller itself reads the objects with.
import * as z from 'zod';
import { apiGroup } from './common.ts';
import { deliverySpecSchema } from './delivery.ts';
import { deliveryStatusSchema } from './delivery-status.ts';
import { promotionRecordSpecSchema } from './promotion-record.ts';
import { trustPolicySpecSchema, trustPolicyStatusSchema } from './trust-policy.ts';

type Column = {
  readonly name: string;
  readonly type: 'string' | 'date' | 'integer' | 'boolean';
  readonly jsonPath: string;
  readonly description?: string;
  readonly priority?: number;
};

type Definition = {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status?: z.ZodType;
  readonly columns: readonly Column[];
};

const ageColumn: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const definitions: readonly Definition[] = [
  {
    kind: 'Delivery',
    plural: 'deliveries',
    shortNames: ['dlv'],
    scope: 'Namespaced',
    description: 'A signed artifact of a registry that is to be applied, and kept so, in this cluster.',
    spec: deliverySpecSchema,
    status: deliveryStatusSchema,
    columns: [
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
      { name: 'Sequence', type: 'integer', jsonPath: '.status.promotion.sequence' },
      { name: 'Source', type: 'string', jsonPath: '.spec.source.url', priority: 1 },
      { name: 'Revision', type: 'string', jsonPath: '.status.lastAppliedRevision', priority: 1 },
      { name: 'Refused', type: 'string', jsonPath: '.status.candidate.reason', priority: 1 },
      ageColumn,
    ],
  },
  {
    kind: 'TrustPolicy',
    plural: 'trustpolicies',
    shortNames: ['tp'],
    scope: 'Cluster',
    description: 'Who must have signed, and who may promote, what Deliveries take from matching sources.',
    spec: trustPolicySpecSchema,
    status: trustPolicyStatusSchema,
    columns: [
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Match', type: 'string', jsonPath: '.spec.match[0].url' },
      { name: 'Channels', type: 'string', jsonPath: '.spec.promotion.channels[*].tag' },
      { name: 'Mode', type: 'string', jsonPath: '.spec.mode', priority: 1 },
      { name: 'Roots End', type: 'date', jsonPath: '.status.trustedRoots[0].expiresAt', priority: 1 },
      ageColumn,
    ],
  },
  {
    kind: 'PromotionRecord',
    plural: 'promotionrecords',
    shortNames: ['prec'],
    scope: 'Cluster',
    description:
      'The highest promotion that this cluster accepted for a repository and channel. Kept on uninstall.',
    spec: promotionRecordSpecSchema,
    columns: [
      { name: 'Repository', type: 'string', jsonPath: '.spec.repository' },
      { name: 'Channel', type: 'string', jsonPath: '.spec.channel' },
      { name: 'Epoch', type: 'integer', jsonPath: '.spec.epoch' },
      { name: 'Sequence', type: 'integer', jsonPath: '.spec.sequence' },
      { name: 'Digest', type: 'string', jsonPath: '.spec.digest', priority: 1 },
      ageColumn,
    ],
  },
];

/** All definitions as Kubernetes objects. */
export function buildCrds(): readonly object[] {
  return definitions.map(buildCrd);
}

function buildCrd({
  kind,
  plural,
  shortNames,
  scope,
  description,
  spec,
  status,
  columns,
}: Definition): object {
  const properties = {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    spec: toOpenApi(spec),
    ...(status === undefined ? {} : { status: toOpenApi(status) }),
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${apiGroup}`, labels: { 'app.kubernetes.io/part-of': 'sealift' } },
    spec: {
      group: apiGroup,
      scope,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        categories: ['sealift'],
      },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          ...(status === undefined ? {} : { subresources: { status: {} } }),
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: { description, type: 'object', required: ['spec'], properties } },
        },
      ],
    },
  };
}

/** A structural schema: zod's OpenAPI form of what may be written, less the words that Kubernetes does not know. */
function toOpenApi(schema: z.ZodType): unknown {
  const { $schema: _, ...body } = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' });
  return dropForeignWords(body);
}

const foreignWords: ReadonlySet<string> = new Set(['propertyNames', '~standard']);

function dropForeignWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropForeignWords);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !foreignWords.has(key))
      .map(([key, child]) => [key, dropForeignWords(child)]),
  );
}
