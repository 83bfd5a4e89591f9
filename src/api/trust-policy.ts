// TrustPolicy: who must have signed what comes from where, and who may promote it to which channel. Cluster-scoped:
// a tenant who can edit a Delivery must not choose its keys.
import * as z from 'zod';
import { authoritySchema } from './authority.ts';
import {
  conditionsSchema,
  counterSchema,
  described,
  digestTextSchema,
  durationSchema,
  metadataSchema,
  nameSchema,
  tagSchema,
} from './common.ts';

const authorityNames = z.array(nameSchema).min(1).max(32);

const threshold = z.int().min(1).max(32).default(1);

const channelSchema = z
  .object({
    tag: tagSchema.meta(described('Tag that may be followed.')),
    authorities: authorityNames.meta(
      described('Authorities whose promotion statements count; none of them may sign releases.'),
    ),
    threshold: threshold.meta({
      description: 'How many different authorities must have signed the statement.',
      format: 'int32',
    }),
    heartbeatAuthorities: authorityNames
      .optional()
      .meta(described('Authorities that may prolong what is promoted, up to maxAge, and nothing else.')),
    maxAge: durationSchema
      .optional()
      .meta(described('Time after which a statement or heartbeat is overdue, whatever it says itself.')),
  })
  .meta({
    'x-kubernetes-validations': [
      {
        rule: '!has(self.heartbeatAuthorities) || has(self.maxAge)',
        message: 'heartbeatAuthorities need maxAge, or one heartbeat could prolong for ever',
      },
    ],
  });

/** What a Delivery may change about what was signed, where the policy allows it. */
export const transformNames = [
  'path',
  'commonMetadata',
  'ignore',
  'driftMode',
  'layerSelector',
  'substitution',
  'decryption',
  'targetNamespace',
  'names',
  'images',
  'patches',
] as const;
export type TransformName = (typeof transformNames)[number];

const promotionSchema = z.object({
  epoch: counterSchema
    .default(1)
    .meta(
      described('Epoch that statements must carry; a new one starts sequences anew.', { format: 'int64' }),
    ),
  minSequence: counterSchema
    .default(1)
    .meta(
      described('Lowest sequence that is accepted: seeds a new or restored cluster.', { format: 'int64' }),
    ),
  maxJump: counterSchema
    .min(1)
    .optional()
    .meta(
      described(
        'How far a sequence may lie above the highest one accepted; one beyond is held until minSequence is raised.',
        { format: 'int64' },
      ),
    ),
  clockSkew: durationSchema.default('5m').meta(described('How far in the future a statement may be issued.')),
  localRollback: z
    .enum(['Never', 'Previous'])
    .default('Never')
    .meta(
      described(
        'Previous: an annotation on the PromotionRecord may return to the artifact before, if it was healthy here.',
      ),
    ),
  channels: z
    .array(channelSchema)
    .min(1)
    .max(32)
    .meta({
      description: 'The only tags that may be followed in the matched repositories.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['tag'],
    }),
});

const attestationSchema = z.object({
  predicateType: z.string().min(1).max(1024).meta(described('Predicate type of the in-toto statement.')),
  authorities: authorityNames.meta(described('Authorities of which one must have signed it.')),
  expr: z.string().min(1).max(4096).optional().meta(described('CEL on `predicate` that must be true of it.')),
});

export const trustPolicySpecSchema = z
  .object({
    match: z
      .array(
        z.object({
          url: z
            .string()
            .max(512)
            .regex(
              /^(oci:\/\/|oci-layout:)[!"$-)+-.0->A-~]+(\/[!"$-)+-.0->A-~]*\*?[!"$-)+-.0->A-~]*)*(\/\*\*)?$/u,
            )
            .meta(described('Pattern of source URLs: `*` is one path segment, `**` at the end any number.')),
          namespaces: z
            .array(nameSchema)
            .min(1)
            .max(128)
            .optional()
            .meta(described('Namespaces of the Deliveries that it is for; all, where absent.')),
        }),
      )
      .min(1)
      .max(32)
      .meta(
        described('Sources that the policy is for. Where several policies match, all of them must accept.'),
      ),
    repository: z
      .string()
      .max(255)
      .optional()
      .meta(
        described(
          "Logical name that promotion statements must carry; `{1}` is what the URL's first star matched. The path without host, where absent.",
        ),
      ),
    authorities: z
      .array(authoritySchema)
      .min(1)
      .max(32)
      .meta({
        description: 'Who may sign, by name.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
    signatures: z
      .object({
        authorities: authorityNames.meta(described('Authorities whose signatures make a release.')),
        threshold: z.int().min(1).max(32).default(1).meta({
          description: 'How many different authorities must have signed.',
          format: 'int32',
        }),
      })
      .meta(described('What an artifact must be signed with.')),
    promotion: promotionSchema
      .optional()
      .meta(described('Requires promotion statements. Absent: any tag may be followed.')),
    attestations: z
      .array(attestationSchema)
      .min(1)
      .max(16)
      .optional()
      .meta(described('Attestations that an artifact must carry, all of them.')),
    allowTransforms: z.array(z.enum(transformNames)).max(transformNames.length).optional().meta({
      description: 'What Deliveries may change about what was signed. Absent: nothing.',
      'x-kubernetes-list-type': 'set',
    }),
    maxHold: durationSchema
      .default('4h')
      .meta(
        described('Longest time for which a Delivery may hold the correction of an object; 0s is never.'),
      ),
    deniedDigests: z.array(digestTextSchema).max(1024).optional().meta({
      description: 'Artifacts that are accepted no longer, whoever signed them.',
      'x-kubernetes-list-type': 'set',
    }),
    mode: z
      .enum(['Enforce', 'Audit'])
      .default('Enforce')
      .meta(described('Audit: what this policy refuses is told, and let through.')),
  })
  .meta({
    'x-kubernetes-validations': [
      {
        rule: 'self.signatures.authorities.all(a, self.authorities.exists(x, x.name == a))',
        message: 'signatures.authorities must name entries of authorities',
      },
      {
        rule: 'self.signatures.threshold <= size(self.signatures.authorities)',
        message: 'signatures.threshold is more than there are authorities',
      },
      {
        rule: '!has(self.promotion) || self.promotion.channels.all(c, c.authorities.all(a, self.authorities.exists(x, x.name == a)))',
        message: 'promotion.channels[].authorities must name entries of authorities',
      },
      {
        rule: '!has(self.promotion) || self.promotion.channels.all(c, c.authorities.all(a, !(a in self.signatures.authorities)))',
        message: 'an authority may not both sign releases and promote them',
      },
      {
        rule: '!has(self.promotion) || self.promotion.channels.all(c, c.threshold <= size(c.authorities))',
        message: 'a channel has a threshold above its number of authorities',
      },
      {
        rule: '!has(self.promotion) || self.promotion.channels.all(c, !has(c.heartbeatAuthorities) || c.heartbeatAuthorities.all(a, self.authorities.exists(x, x.name == a)))',
        message: 'promotion.channels[].heartbeatAuthorities must name entries of authorities',
      },
      {
        rule: '!has(self.attestations) || self.attestations.all(t, t.authorities.all(a, self.authorities.exists(x, x.name == a)))',
        message: 'attestations[].authorities must name entries of authorities',
      },
    ],
  });

const rootStatusSchema = z.object({
  authority: z.string().max(253).meta(described('Authority that trusts it.')),
  updatedAt: z
    .string()
    .optional()
    .meta({ description: 'When it was last written here.', format: 'date-time' }),
  expiresAt: z.string().optional().meta({
    description: 'When the first of its certificates that are valid now ends.',
    format: 'date-time',
  }),
});

export const trustPolicyStatusSchema = z.object({
  observedGeneration: z
    .int()
    .optional()
    .meta({ description: 'Generation that the status is about.', format: 'int64' }),
  conditions: conditionsSchema.optional(),
  trustedRoots: z
    .array(rootStatusSchema)
    .max(32)
    .optional()
    .meta({
      description: 'Age and end of each trusted root. Age alone refuses nothing.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['authority'],
    }),
});

export const trustPolicySchema = z.object({
  metadata: metadataSchema,
  spec: trustPolicySpecSchema,
  status: trustPolicyStatusSchema.optional().catch(undefined),
});

export type TrustPolicy = z.infer<typeof trustPolicySchema>;
export type TrustPolicySpec = z.infer<typeof trustPolicySpecSchema>;
export type TrustPolicyStatus = z.infer<typeof trustPolicyStatusSchema>;
