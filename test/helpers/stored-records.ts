// What Secrets of the puller's namespace hold of Deliveries, read without the puller's code.
import { gunzipSync } from 'node:zlib';
import type { KubeClient } from '../../src/kube/request.ts';

export type StoredRecord = {
  readonly serial: number;
  readonly delivery: { readonly namespace: string; readonly name: string; readonly uid: string };
};

type Secret = {
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
};

/** The record of each owner that counts: that of the highest serial. */
export async function readStoredRecords(client: KubeClient): Promise<ReadonlyMap<string, StoredRecord>> {
  const { body } = await client.request({
    method: 'GET',
    path: '/api/v1/namespaces/sealift-system/secrets',
    query: { labelSelector: 'sealift.dev/record-of' },
  });
  return storedRecordsIn((body as { items: readonly Secret[] }).items); // the API server's answer
}

export function storedRecordsIn(secrets: readonly Secret[]): ReadonlyMap<string, StoredRecord> {
  const records = new Map<string, StoredRecord>();
  for (const { metadata, data = {} } of secrets) {
    for (const [key, text] of Object.entries(data)) {
      const ownerId = key === 'record' ? metadata.name.slice('sealift-record-'.length) : key;
      const record = JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString('utf8')) as StoredRecord; // written by the puller
      if (record.serial > (records.get(ownerId)?.serial ?? 0)) records.set(ownerId, record);
    }
  }
  return records;
}
