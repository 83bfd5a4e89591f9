import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyRecord, type DeliveryRecord } from '../../../../puller/reconcile/record.ts';
import { createRecordStore, type RecordStore } from '../../../../puller/reconcile/record-store.ts';
import { KubeError } from '../../../../src/errors.ts';
import type { KubeRequest } from '../../../../src/kube/request.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

type Data = Readonly<Record<string, string>>;
type Server = {
  readonly store: () => RecordStore;
  readonly secrets: Map<string, Data>;
  /** Names of the Secrets that were written or deleted, in order. */
  readonly written: string[];
};

const journal = 'sealift-journal';

/** Secrets as an API server keeps them; `before` may refuse a request. */
function serve(
  before: (request: KubeRequest, name: string) => void | Promise<void> = () => undefined,
): Server {
  const secrets = new Map<string, Data>();
  const written: string[] = [];
  const client = answeringClient(async (request) => {
    const name = request.path.slice(request.path.lastIndexOf('/') + 1);
    await before(request, name);
    if (request.method === 'GET') {
      if (name === 'secrets') {
        const records = [...secrets].filter(([key]) => key !== journal);
        return { metadata: {}, items: records.map(([key, data]) => ({ metadata: { name: key }, data })) };
      }
      const data = secrets.get(name);
      if (data === undefined) throw new KubeError('KUBE_NOT_FOUND', 'it is not there', { status: 404 });
      return { data };
    }
    written.push(name);
    if (request.method === 'DELETE') secrets.delete(name);
    else secrets.set(name, (request.body as { data: Data }).data); // what the store writes
    return {};
  });
  return { store: () => createRecordStore(client, 'sealift-system'), secrets, written };
}

function recordOf(name: string, more: Partial<DeliveryRecord> = {}): DeliveryRecord {
  return { ...emptyRecord({ namespace: 'shop', name, uid: `uid-${name}` }), ...more };
}

const names = Array.from({ length: 20 }, (_, index) => `d${index}`);
const revisionsOf = async (store: RecordStore): Promise<Readonly<Record<string, string | undefined>>> =>
  Object.fromEntries([...(await store.load())].map(([ownerId, { revision }]) => [ownerId, revision]));

test('what begins at once shares two writes, and a restart knows all of it', async () => {
  const { store, written } = serve();
  const before = store();
  await Promise.all(names.map((name) => before.begin(name, recordOf(name, { revision: 'one' }))));
  assert.deepEqual(written, [journal, journal]);
  assert.deepEqual(await revisionsOf(store()), Object.fromEntries(names.map((name) => [name, 'one'])));
});

test('of what was begun and what was written, the later one counts after a restart', async () => {
  const { store, secrets } = serve();
  const before = store();
  await before.write('a', recordOf('a', { revision: 'one' }));
  await before.begin('a', recordOf('a', { revision: 'two' }));
  assert.deepEqual(await revisionsOf(store()), { a: 'two' });
  await before.write('a', recordOf('a', { revision: 'three' }));
  assert.ok(secrets.get(journal)?.['a'] !== undefined, 'it leaves with the next write');
  assert.deepEqual(await revisionsOf(store()), { a: 'three' });
  await before.begin('b', recordOf('b', { revision: 'one' }));
  assert.deepEqual(Object.keys(secrets.get(journal) ?? {}), ['b']);
});

test('what was begun before a restart outlives what others begin after it', async () => {
  const { store } = serve();
  await store().begin('a', recordOf('a', { revision: 'one' }));
  const next = store();
  await next.load();
  await next.begin('b', recordOf('b', { revision: 'one' }));
  assert.deepEqual(await revisionsOf(store()), { a: 'one', b: 'one' });
  await next.write('a', recordOf('a', { revision: 'two' }));
  assert.deepEqual(await revisionsOf(store()), { a: 'two', b: 'one' });
});

test('nothing of a removed record stays in the journal', async () => {
  const { store, secrets } = serve();
  const records = store();
  await records.begin('a', recordOf('a'));
  await records.write('a', recordOf('a'));
  await records.remove('a');
  assert.deepEqual([...secrets], [[journal, {}]]);
});

test('what is too large, and what finds no room, is written alone', async () => {
  const noise = (characters: number): string =>
    Array.from({ length: characters }, () => String.fromCodePoint(33 + Math.floor(Math.random() * 90))).join(
      '',
    );
  const { store, written } = serve();
  const records = store();
  await records.begin('large', recordOf('large', { revision: noise(64 * 1024) }));
  assert.deepEqual(written, ['sealift-record-large']);
  written.length = 0;
  const many = Array.from({ length: 60 }, (_, index) => `m${index}`);
  const revision = noise(14 * 1024);
  await Promise.all(many.map((name) => records.begin(name, recordOf(name, { revision }))));
  const alone = written.filter((name) => name !== journal);
  assert.ok(alone.length > 10 && alone.length < 50, `${alone.length} alone`);
  assert.equal((await store().load()).size, many.length + 1);
});

test('a journal that is refused costs only its saving', async () => {
  const { store, written } = serve((_request, name) => {
    if (name === journal) throw new KubeError('KUBE_INVALID', 'it is immutable', { status: 422 });
  });
  await store().begin('a', recordOf('a'));
  assert.deepEqual(written, ['sealift-record-a']);
});

test('an outage fails what began in it, and nothing else', async () => {
  let isDown = true;
  const { store, secrets } = serve((request) => {
    if (isDown && request.method === 'PATCH')
      throw new KubeError('KUBE_UNAVAILABLE', 'nobody answers', { retryable: true });
  });
  const records = store();
  await assert.rejects(records.begin('a', recordOf('a')));
  isDown = false;
  await records.begin('b', recordOf('b'));
  assert.ok(secrets.get(journal)?.['b'] !== undefined);
});
