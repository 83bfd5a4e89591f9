// Secrets that hold records, as requests: segments of the log, each with entries of many Deliveries, and Secrets of one
// record. One label finds both.
import * as z from 'zod';
import { apiGroup, deliveryAnnotation } from '../../src/api/common.ts';
import { KubeError } from '../../src/errors.ts';
import { acceptObjectMetadata, applyContentType } from '../../src/kube/object.ts';
import type { KubeClient } from '../../src/kube/request.ts';
import { pullerLimits } from '../../src/limits.ts';
import type { DeliveryRecord } from './record.ts';

/** Base64 of compressed records by owner id. */
export type Entries = ReadonlyMap<string, string>;

export type RecordSecrets = {
  /** Every Secret of records, in pages of bounded size. */
  list(): AsyncGenerator<FoundSecret, void>;
  /** What the Secret of many holds; undefined where there is none. */
  read(name: string): Promise<Entries | undefined>;
  /** Makes it what is given, whatever somebody has made of it meanwhile. */
  apply(name: string, entries: Entries): Promise<void>;
  applyAlone(ownerId: string, delivery: DeliveryRecord['delivery'], text: string): Promise<void>;
  /** Takes entries out; does nothing where there is no such Secret. */
  dropEntries(name: string, ownerIds: Iterable<string>): Promise<void>;
  /** Does nothing where there is no such Secret. */
  delete(name: string): Promise<void>;
};

export type FoundSecret =
  | { readonly kind: 'alone'; readonly ownerId: string; readonly text: string }
  | { readonly kind: 'segment'; readonly name: string; readonly entries: Entries };

const ownerKey = `${apiGroup}/record-of`;
const alonePrefix = 'sealift-record-';
const segmentPrefix = 'sealift-records-';
/** Where what was begun stood before there was a log; its entries are the same. */
const journalName = 'sealift-journal';
const managedBy = { 'app.kubernetes.io/managed-by': 'sealift' };
const { recordsOfPage } = pullerLimits;

const dataSchema = z.record(z.string(), z.string()).nullish().catch(undefined);
const secretSchema = z.object({ data: dataSchema });
const listSchema = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(z.object({ metadata: z.object({ name: z.string() }), data: dataSchema })),
});

export function nameOfSegment(number: number): string {
  return `${segmentPrefix}${number}`;
}

/** The number in a segment's name, 0 for what is none. */
export function numberOfSegment(name: string): number {
  return Number(/^sealift-records-([1-9][0-9]{0,14})$/u.exec(name)?.[1] ?? 0);
}

export function nameAlone(ownerId: string): string {
  return `${alonePrefix}${ownerId}`;
}

export function createRecordSecrets(client: KubeClient, namespace: string): RecordSecrets {
  const collection = `/api/v1/namespaces/${namespace}/secrets`;

  async function applySecret(metadata: SecretMetadata, type: string, entries: Entries): Promise<void> {
    await client.request({
      method: 'PATCH',
      path: `${collection}/${metadata.name}`,
      query: { fieldManager: 'sealift-puller', force: 'true' },
      contentType: applyContentType,
      accept: acceptObjectMetadata,
      body: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { ...metadata, labels: { ...metadata.labels, ...managedBy } },
        type: `${apiGroup}/${type}`,
        data: Object.fromEntries(entries),
      },
    });
  }

  async function read(name: string): Promise<Entries | undefined> {
    const answer = await unlessGone(client.request({ method: 'GET', path: `${collection}/${name}` }));
    if (answer === undefined) return undefined;
    const parsed = secretSchema.safeParse(answer.body);
    return new Map(Object.entries(parsed.data?.data ?? {}));
  }

  return {
    list: async function* () {
      const journal = await read(journalName);
      if (journal !== undefined) yield { kind: 'segment', name: journalName, entries: journal };
      yield* listSecrets(client, collection);
    },
    read,
    apply: (name, entries) => applySecret({ name, labels: { [ownerKey]: '' } }, 'records', entries),
    applyAlone: (ownerId, delivery, text) =>
      applySecret(
        {
          name: nameAlone(ownerId),
          labels: { [ownerKey]: ownerId },
          annotations: { [deliveryAnnotation]: `${delivery.namespace}/${delivery.name}` },
        },
        'record',
        new Map([['record', text]]),
      ),
    dropEntries: async (name, ownerIds) => {
      await unlessGone(
        client.request({
          method: 'PATCH',
          path: `${collection}/${name}`,
          query: { fieldManager: 'sealift-puller' },
          contentType: 'application/merge-patch+json',
          accept: acceptObjectMetadata,
          retry: true,
          body: { data: Object.fromEntries([...ownerIds].map((ownerId) => [ownerId, null])) },
        }),
      );
    },
    delete: async (name) => {
      await unlessGone(client.request({ method: 'DELETE', path: `${collection}/${name}` }));
    },
  };
}

type SecretMetadata = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
};

async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof KubeError && error.code === 'KUBE_NOT_FOUND') return undefined;
    throw error;
  }
}

async function* listSecrets(client: KubeClient, collection: string): AsyncGenerator<FoundSecret, void> {
  let next: string | undefined;
  let size: number = recordsOfPage.min;
  do {
    const page = await listPage(client, collection, { size, next });
    let pageBytes = 0;
    for (const { metadata, data } of page.items) {
      const entries = new Map(Object.entries(data ?? {}));
      for (const text of entries.values()) pageBytes += text.length;
      const found = foundOf(metadata.name, entries);
      if (found !== undefined) yield found;
    }
    size = sizeAfter(page.items.length, pageBytes);
    next = page.metadata.continue === '' ? undefined : page.metadata.continue;
  } while (next !== undefined);
}

function foundOf(name: string, entries: Entries): FoundSecret | undefined {
  if (numberOfSegment(name) > 0) return { kind: 'segment', name, entries };
  if (!name.startsWith(alonePrefix)) return undefined;
  return { kind: 'alone', ownerId: name.slice(alonePrefix.length), text: entries.get('record') ?? '' };
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
