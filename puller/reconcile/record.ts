// What the puller must not forget of a Delivery: what it applied, with uids and hashes. Kept in a Secret of the
// puller's namespace, never read back from a status, which others may write.
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import * as z from 'zod';
import { digestSchema } from '../../src/oci/descriptor.ts';

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

/** Bytes that a record may unpack to. */
const maxRecordBytes = 32 * 1024 * 1024;

const entrySchema = z.object({
  group: z.string(),
  version: z.string(),
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
  /** Absent until the first apply was answered: the object may or may not exist. */
  applied: z
    .object({ uid: z.string(), hash: z.string(), fieldsHash: z.string(), fieldsTime: z.string() })
    .optional(),
});

const recordSchema = z.object({
  formatVersion: z.literal(1),
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
  /** Revision of the last artifact of which that can be said. */
  appliedRevision: z.string().optional(),
  promotion: z
    .object({ channel: z.string(), sequence: z.number(), statementDigest: digestSchema })
    .optional(),
  /** Artifacts that have been healthy here, the last one first: what a local rollback may return to. */
  healthy: z
    .array(
      z.object({
        digest: digestSchema,
        channel: z.string(),
        sequence: z.number(),
        statementDigest: digestSchema,
      }),
    )
    .optional(),
  entries: z.record(z.string(), entrySchema),
});

export type RecordEntry = z.infer<typeof entrySchema>;
export type DeliveryRecord = z.infer<typeof recordSchema>;

export function emptyRecord(delivery: DeliveryRecord['delivery']): DeliveryRecord {
  return {
    formatVersion: 1,
    delivery,
    hashKey: randomBytes(32).toString('base64'),
    isComplete: false,
    entries: {},
  };
}

/** Compressed, as it stands in the Secret. */
export async function encodeRecord(record: DeliveryRecord): Promise<Buffer> {
  return gzipAsync(JSON.stringify(record));
}

/** The record, or undefined where the bytes are not one: then everything is applied anew, and nothing pruned. */
export async function decodeRecord(bytes: Buffer): Promise<DeliveryRecord | undefined> {
  try {
    const text = await gunzipAsync(bytes, { maxOutputLength: maxRecordBytes });
    return recordSchema.parse(JSON.parse(text.toString('utf8')));
  } catch {
    return undefined;
  }
}
