// Records in Secrets of the puller's namespace: read once at the start, then written by this process alone, which
// holds the lease. What is begun may stand in the journal alone, until the end of the apply.
import * as z from 'zod';
import { apiGroup, deliveryAnnotation } from '../../src/api/common.ts';
import { InputError, KubeError } from '../../src/errors.ts';
import type { KubeClient } from '../../src/kube/request.ts';
import { applyContentType, acceptObjectMetadata } from '../../src/kube/object.ts';
import { pullerLimits } from '../../src/limits.ts';
import { decodeRecord, encodeRecord, type DeliveryRecord } from './record.ts';
import { createRecordJournal } from './record-journal.ts';

export type RecordStore = {
  /** Records by owner id. */
  load(): Promise<ReadonlyMap<string, DeliveryRecord>>;
  write(ownerId: string, record: DeliveryRecord): Promise<void>;
  /** As `write`, sharing a request with others where it can: for what is followed by a `write` soon. */
  begin(ownerId: string, record: DeliveryRecord): Promise<void>;
  remove(ownerId: string): Promise<void>;
};

const ownerKey = `${apiGroup}/record-of`;
const secretType = `${apiGroup}/record`;
const prefix = 'sealift-record-';
const { recordsOfPage } = pullerLimits;

const listSchema = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      data: z.object({ record: z.base64() }).optional().catch(undefined),
    }),
  ),
});

export function createRecordStore(client: KubeClient, namespace: string): RecordStore {
  const collection = `/api/v1/namespaces/${namespace}/secrets`;
  const journal = createRecordJournal(client, namespace);
  const serials = new Map<string, number>();

  /** The record as the next of its writes. */
  function encodeNext(ownerId: string, record: DeliveryRecord): Promise<Buffer> {
    const serial = (serials.get(ownerId) ?? 0) + 1;
    serials.set(ownerId, serial);
    return encodeRecord({ ...record, serial });
  }

  async function writeAlone(ownerId: string, record: DeliveryRecord, bytes: Buffer): Promise<void> {
    if (bytes.byteLength > pullerLimits.recordBytes) {
      throw new InputError(
        'INPUT_INVALID',
        `record of ${Object.keys(record.entries).length} objects has ${bytes.byteLength} bytes, more than a Secret holds`,
      );
    }
    await client.request({
      method: 'PATCH',
      path: `${collection}/${prefix}${ownerId}`,
      query: { fieldManager: 'sealift-puller', force: 'true' },
      contentType: applyContentType,
      accept: acceptObjectMetadata,
      body: secretOf(ownerId, record, bytes),
    });
    journal.settle(ownerId);
  }

  return {
    load: async () => {
      const records = await loadRecords(client, collection);
      for (const [ownerId, bytes] of await journal.load()) {
        const begun = await decodeRecord(bytes);
        if (begun === undefined || serialOf(begun) <= serialOf(records.get(ownerId))) continue;
        records.set(ownerId, begun);
        journal.retain(ownerId, bytes);
      }
      for (const [ownerId, record] of records) serials.set(ownerId, serialOf(record));
      return records;
    },
    write: async (ownerId, record) => writeAlone(ownerId, record, await encodeNext(ownerId, record)),
    begin: async (ownerId, record) => {
      const bytes = await encodeNext(ownerId, record);
      if (!(await journal.add(ownerId, bytes))) await writeAlone(ownerId, record, bytes);
    },
    remove: async (ownerId) => {
      await journal.remove(ownerId);
      try {
        await client.request({ method: 'DELETE', path: `${collection}/${prefix}${ownerId}` });
      } catch (error) {
        if (!(error instanceof KubeError) || error.code !== 'KUBE_NOT_FOUND') throw error;
      }
    },
  };
}

function serialOf(record: DeliveryRecord | undefined): number {
  return record?.serial ?? 0;
}

function secretOf(ownerId: string, { delivery }: DeliveryRecord, bytes: Buffer): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: `${prefix}${ownerId}`,
      labels: { [ownerKey]: ownerId, 'app.kubernetes.io/managed-by': 'sealift' },
      annotations: { [deliveryAnnotation]: `${delivery.namespace}/${delivery.name}` },
    },
    type: secretType,
    data: { record: bytes.toString('base64') },
  };
}

async function loadRecords(client: KubeClient, collection: string): Promise<Map<string, DeliveryRecord>> {
  const records = new Map<string, DeliveryRecord>();
  let next: string | undefined;
  let size: number = recordsOfPage.min;
  do {
    const page = await listPage(client, collection, { size, next });
    let pageBytes = 0;
    for (const { metadata, data } of page.items) {
      const text = data?.record ?? '';
      pageBytes += text.length;
      const record = await decodeRecord(Buffer.from(text, 'base64'));
      if (record !== undefined) records.set(metadata.name.slice(prefix.length), record);
    }
    size = sizeAfter(page.items.length, pageBytes);
    next = page.metadata.continue === '' ? undefined : page.metadata.continue;
  } while (next !== undefined);
  return records;
}

/** As many as bring a page's worth of bytes, if the next ones are like those before. */
function sizeAfter(count: number, bytes: number): number {
  const { min, max, bytes: wanted } = recordsOfPage;
  const fitting = Math.floor((wanted * count) / Math.max(bytes, 1));
  return Math.min(Math.max(fitting, min), max);
}

/** One page of the list; the smallest where larger ones are more than the client takes. */
async function listPage(
  client: KubeClient,
  path: string,
  { size, next }: { readonly size: number; readonly next: string | undefined },
): Promise<z.infer<typeof listSchema>> {
  const query = { labelSelector: ownerKey, limit: `${size}`, continue: next };
  try {
    return listSchema.parse((await client.request({ method: 'GET', path, query })).body);
  } catch (error) {
    const isLarge = error instanceof KubeError && error.code === 'KUBE_PROTOCOL';
    if (!isLarge || size === recordsOfPage.min) throw error;
    return listPage(client, path, { size: recordsOfPage.min, next });
  }
}
