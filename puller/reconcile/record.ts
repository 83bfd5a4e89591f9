// What the puller must not forget of a Delivery: what it applied, with uids and hashes. Kept in a Secret of the
// puller's namespace, never read back from a status, which others may write.
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip, gzipSync } from 'node:zlib';
import * as z from 'zod';
import { digestSchema } from '../../src/oci/descriptor.ts';

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

const smallRecordLength = 16 * 1024;
const smallWindow = { level: 6, windowBits: 12, memLevel: 5 } as const;

/** Bytes that a record may unpack to. */
const maxRecordBytes = 32 * 1024 * 1024;

const entrySchema = z.object({
  group: z.string(),
  version: z.string(),
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
  /** What the artifact that was applied last says of its deletion, where it says anything. */
  prune: z.enum(['Enabled', 'Disabled']).optional(),
  /** It was refused as another's, and is none of ours. */
  isRefused: z.literal(true).optional(),
  /** It was deleted, and is held by finalizers. */
  isLeaving: z.literal(true).optional(),
  /** Absent until the first apply was answered: the object may or may not exist. */
  applied: z
    .object({
      uid: z.string(),
      hash: z.string(),
      fieldsHash: z.string(),
      fieldsTime: z.string(),
      /** Whether an autoscaler of somebody else sets its replicas. */
      yieldsReplicas: z.literal(true).optional(),
    })
    .optional(),
});

const holdSchema = z.object({
  /** Hash of what spec.holds says of it. */
  id: z.string(),
  /** What it is for. */
  target: z.string(),
  /** Milliseconds since 1970 at which it was seen first, and at which it is over whatever the policy says. */
  sinceMs: z.number(),
  untilMs: z.number(),
  isOver: z.boolean(),
});

const promotionSchema = z.object({
  channel: z.string(),
  sequence: z.number(),
  statementDigest: digestSchema,
  /** Whether it is a way back itself. */
  isRollback: z.boolean().optional(),
});

/** What the source showed, and was accepted. */
const headSchema = z.object({
  digest: digestSchema,
  revision: z.string(),
  promotion: promotionSchema.optional(),
});

const historyEntrySchema = z.object({
  digest: digestSchema,
  revision: z.string().optional(),
  /** What its publisher says that it was made of. */
  originRevision: z.string().optional(),
  /** Times that it was begun; absent in what older versions wrote. */
  count: z.number().optional(),
  /** Canonical URL that it was read from: what a Delivery has read by itself it may read again. */
  url: z.string().optional(),
  promotion: promotionSchema.optional(),
  /** Milliseconds since 1970; absent in what older versions wrote. */
  firstMs: z.number().optional(),
  lastMs: z.number().optional(),
  durationMs: z.number().optional(),
  /** Reason of Ready. */
  status: z.string().optional(),
  /** Whether it has ever been healthy here, and whether it has since it was last begun. */
  isHealthy: z.boolean(),
  hasSettled: z.boolean().optional(),
});

const recordSchema = z.object({
  formatVersion: z.literal(1),
  /** Which write of this record it was; of two that are found, the later one counts. */
  serial: z.number().optional(),
  delivery: z.object({ namespace: z.string(), name: z.string(), uid: z.string() }),
  /** Key of the desired objects' hashes, base64. */
  hashKey: z.string().min(1),
  /** The artifact that is applied, or being applied; absent until one was accepted. */
  digest: digestSchema.optional(),
  revision: z.string().optional(),
  /** By which transforms; another Delivery's spec makes other objects of the same artifact. */
  transformsKey: z.string().optional(),
  /** Whether it was applied and pruned without a failure. */
  isComplete: z.boolean(),
  /** Whether what left it is held back by the prune guard. */
  isPruneHeld: z.literal(true).optional(),
  /** Revision of the last artifact of which that can be said. */
  appliedRevision: z.string().optional(),
  /** What its publisher says that it was made of. */
  appliedOriginRevision: z.string().optional(),
  promotion: promotionSchema.optional(),
  /** Artifacts that were applied here, the last one first. */
  history: z.array(historyEntrySchema).optional(),
  /** The way back that spec.rollbackTo asks for, and what the source showed when it began. */
  rollback: z.object({ digest: digestSchema, head: headSchema }).optional(),
  /** What the source showed and did not turn healthy here; the reconcile request of that time. */
  failed: z.object({ head: headSchema, requestedAt: z.string().optional() }).optional(),
  /** Holds that have begun, ended ones as well. */
  holds: z.array(holdSchema).optional(),
  entries: z.record(z.string(), entrySchema),
});

export type RecordEntry = z.infer<typeof entrySchema>;
export type RecordedHold = z.infer<typeof holdSchema>;
export type DeliveryRecord = z.infer<typeof recordSchema>;
export type HistoryEntry = z.infer<typeof historyEntrySchema>;
export type Head = z.infer<typeof headSchema>;

/** Before there was a history, what had been healthy under a promotion was all that was kept. */
const formerSchema = z.object({
  healthy: z.array(promotionSchema.extend({ digest: digestSchema })).optional(),
});

export function emptyRecord(delivery: DeliveryRecord['delivery']): DeliveryRecord {
  return {
    formatVersion: 1,
    delivery,
    hashKey: randomBytes(32).toString('base64'),
    isComplete: false,
    entries: {},
  };
}

/** Whether there is anything of a record in the cluster: before that it says nothing. */
export function isWritten({ digest, holds, entries }: DeliveryRecord): boolean {
  return digest !== undefined || holds !== undefined || Object.keys(entries).length > 0;
}

/** Compressed, as it stands in the Secret. */
export async function encodeRecord(record: DeliveryRecord): Promise<Buffer> {
  const text = JSON.stringify(record);
  // Most records are small: what the usual window costs to set up is more than compressing them does.
  return text.length <= smallRecordLength ? gzipSync(text, smallWindow) : gzipAsync(text);
}

/** The record, or undefined where the bytes are not one: then everything is applied anew, and nothing pruned. */
export async function decodeRecord(bytes: Buffer): Promise<DeliveryRecord | undefined> {
  try {
    const text = await gunzipAsync(bytes, { maxOutputLength: maxRecordBytes });
    const value: unknown = JSON.parse(text.toString('utf8'));
    const { healthy } = formerSchema.parse(value);
    const record = recordSchema.parse(value);
    if (healthy === undefined || record.history !== undefined) return record;
    const history = healthy.map(({ digest, ...promotion }) => ({ digest, promotion, isHealthy: true }));
    return { ...record, history };
  } catch {
    return undefined;
  }
}
