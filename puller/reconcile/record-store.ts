// Records in Secrets of the puller's namespace: read once at the start, then written by this process alone, which
// holds the lease. Small ones share the Secrets of a log, and their writes; large ones have a Secret each.
import { InputError } from '../../src/errors.ts';
import type { KubeClient } from '../../src/kube/request.ts';
import { pullerLimits } from '../../src/limits.ts';
import { createRecordLog } from './record-log.ts';
import { createRecordSecrets } from './record-secrets.ts';
import { decodeRecord, encodeRecord, type DeliveryRecord } from './record.ts';

export type RecordStore = {
  /** Records by owner id; once, at the start. */
  load(): Promise<ReadonlyMap<string, DeliveryRecord>>;
  /** It is stored, and counts after a restart, once this resolves; if it rejects, it or the one before counts. */
  write(ownerId: string, record: DeliveryRecord): Promise<void>;
  /** No copy of it counts any more once this resolves. */
  remove(ownerId: string): Promise<void>;
};

/** @param gatherMs how long after a write what comes is gathered for the next one */
export function createRecordStore(
  client: KubeClient,
  namespace: string,
  gatherMs: number = pullerLimits.recordGatherMs,
): RecordStore {
  const secrets = createRecordSecrets(client, namespace);
  const log = createRecordLog(secrets, gatherMs);
  const serials = new Map<string, number>();

  async function write(ownerId: string, record: DeliveryRecord): Promise<void> {
    const serial = (serials.get(ownerId) ?? 0) + 1;
    serials.set(ownerId, serial);
    const bytes = await encodeRecord({ ...record, serial });
    if (bytes.byteLength > pullerLimits.recordBytes) {
      throw new InputError(
        'INPUT_INVALID',
        `record of ${Object.keys(record.entries).length} objects has ${bytes.byteLength} bytes, more than a Secret holds`,
      );
    }
    await log.put({ ownerId, serial, delivery: record.delivery, text: bytes.toString('base64') });
  }

  return {
    load: async () => {
      const records = new Map<string, DeliveryRecord>();
      for await (const found of secrets.list()) {
        const entries = found.kind === 'alone' ? new Map([[found.ownerId, found.text]]) : found.entries;
        const adopt = log.adopt(found);
        for (const [ownerId, text] of entries) {
          const record = await decodeRecord(Buffer.from(text, 'base64'));
          if (record === undefined) continue;
          const serial = record.serial ?? 0;
          adopt(ownerId, serial);
          if (records.has(ownerId) && serial < (serials.get(ownerId) ?? 0)) continue;
          records.set(ownerId, record);
          serials.set(ownerId, serial);
        }
      }
      return records;
    },
    write,
    remove: (ownerId) => log.remove(ownerId),
  };
}
