// PromotionRecord: the highest promotion that this cluster ever accepted for a repository and channel. Written by the
// puller before it applies, kept when the Delivery goes, so that an older statement is refused for good.
import * as z from 'zod';
import { counterSchema, described, digestTextSchema, metadataSchema, tagSchema } from './common.ts';

export const promotionRecordSpecSchema = z
  .object({
    repository: z.string().min(1).max(255).meta(described('Logical repository that the statements name.')),
    channel: tagSchema.meta(described('Channel that the statements name.')),
    epoch: counterSchema.meta(described('Epoch of the highest statement.', { format: 'int64' })),
    sequence: counterSchema.meta(described('Sequence of the highest statement.', { format: 'int64' })),
    digest: digestTextSchema.meta(described('Artifact that it promoted.')),
    statementDigest: digestTextSchema.meta(described('Manifest that carried it.')),
    issuedAt: z.string().meta({
      description: 'The latest time of issue of what was accepted, heartbeats included.',
      format: 'date-time',
    }),
  })
  .meta({
    description: 'Written by the puller; a cluster admin may raise it, nobody can lower it within an epoch.',
    'x-kubernetes-validations': [
      {
        rule: 'self.repository == oldSelf.repository && self.channel == oldSelf.channel',
        message: 'repository and channel can not be changed',
      },
      {
        rule: 'self.epoch > oldSelf.epoch || (self.epoch == oldSelf.epoch && self.sequence >= oldSelf.sequence)',
        message: 'a record never goes back',
      },
      {
        rule: 'self.epoch != oldSelf.epoch || self.sequence != oldSelf.sequence || self.digest == oldSelf.digest',
        message: 'one sequence has one digest',
      },
      {
        // What is known of time: a clock set back must not make an overdue statement fresh.
        rule: 'self.issuedAt >= oldSelf.issuedAt',
        message: 'issuedAt never goes back',
      },
    ],
  });

export const promotionRecordSchema = z.object({ metadata: metadataSchema, spec: promotionRecordSpecSchema });

export type PromotionRecord = z.infer<typeof promotionRecordSchema>;
export type PromotionRecordSpec = z.infer<typeof promotionRecordSpecSchema>;
