// TrustPolicy: who must have signed what comes from where, and who may promote it to which channel. Cluster-scoped:
// a tenant who can edit a Delivery must not choose its keys.
import * as z from 'zod';
import { counterSchema, described, metadataSchema, nameSchema, tagSchema } from './common.ts';

const authorityNames = z.array(nameSchema).min(1).max(32);

const authoritySchema = z.object({
  name: nameSchema.meta(described('Name that the other fields refer to.')),
  key: z
    .object({ data: z.string().max(16_384).meta(described('Public key in PEM: ECDSA P-256 or RSA.')) })
    .meta(described('The key of this authority.')),
});

const channelSchema = z.object({
  tag: tagSchema.meta(described('Tag that may be followed.')),
  authorities: authorityNames.meta(
    described('Authorities whose promotion statements count; none of them may sign releases.'),
  ),
  threshold: z.int().min(1).max(32).default(1).meta({
    description: 'How many different authorities must have signed the statement.',
    format: 'int32',
  }),
});

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

export const trustPolicySpecSchema = z
  .object({
    match: z
      .array(
        z.object({
          url: z
            .string()
            .max(512)
            .regex(/^oci:\/\/[!"$-)+-.0->A-~]+(\/[!"$-)+-.0->A-~]*\*?[!"$-)+-.0->A-~]*)*(\/\*\*)?$/u)
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
    ],
  });

export const trustPolicySchema = z.object({ metadata: metadataSchema, spec: trustPolicySpecSchema });

export type TrustPolicy = z.infer<typeof trustPolicySchema>;
export type TrustPolicySpec = z.infer<typeof trustPolicySpecSchema>;
