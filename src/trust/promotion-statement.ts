// The promotion statement: which digest a channel of a repository shall show, in which order. "Who" is no field: it is
// the key that signed it.
import * as z from 'zod';
import { digestTextSchema, tagSchema } from '../api/common.ts';
import type { Digest } from '../oci/digest.ts';

export const promotionPredicateType = 'https://sealift.dev/promotion/v1';

const counter = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const time = z.iso.datetime({ offset: false });

export const promotionPredicateSchema = z.object({
  /** Logical name of the repository: survives mirroring to another registry. */
  repository: z.string().min(1).max(255),
  channel: tagSchema,
  epoch: counter,
  sequence: counter.min(1),
  /** Informs people; it decides nothing. */
  previous: z.object({ sequence: counter, digest: digestTextSchema }).optional(),
  action: z.enum(['promote', 'rollback', 'heartbeat']),
  issuedAt: time,
  expiresAt: time.optional(),
  source: z
    .object({ uri: z.string().max(1024).optional(), revision: z.string().max(256).optional() })
    .optional(),
  note: z.string().max(1024).optional(),
});

export type PromotionPredicate = z.infer<typeof promotionPredicateSchema>;

/** A statement that is signed by enough authorities of its channel. */
export type PromotionStatement = PromotionPredicate & {
  /** The artifact that it promotes. */
  readonly subject: Digest;
  /** Manifest of the referrer that carries it. */
  readonly statementDigest: Digest;
  /** How many authorities signed it. */
  readonly signers: number;
};
