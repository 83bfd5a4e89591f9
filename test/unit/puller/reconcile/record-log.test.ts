import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { emptyRecord, type DeliveryRecord } from '../../../../puller/reconcile/record.ts';
import { createRecordStore, type RecordStore } from '../../../../puller/reconcile/record-store.ts';
import { KubeError } from '../../../../src/errors.ts';
import { serveSecrets, type SecretServer } from '../../../helpers/secret-server.ts';

const storeOn = ({ client }: SecretServer): RecordStore => createRecordStore(client, 'sealift-system', 0);
const first = 'sealift-records-1';

function recordOf(name: string, revision: string): DeliveryRecord {
  return { ...emptyRecord({ namespace: 'shop', name, uid: `uid-${name}` }), revision };
}

async function revisionsOn(server: SecretServer): Promise<Readonly<Record<string, string | undefined>>> {
  const records = await storeOn(server).load();
  return Object.fromEntries([...records].map(([ownerId, { revision }]) => [ownerId, revision]));
}

/** Text of which compressing makes little. */
const noise = (characters: number): string => randomBytes(characters / 2).toString('hex');
const textOf = (record: DeliveryRecord): string => gzipSync(JSON.stringify(record)).toString('base64');
const names = Array.from({ length: 20 }, (_, index) => `d${index}`);
const outage = (): KubeError => new KubeError('KUBE_UNAVAILABLE', 'nobody answers', { retryable: true });
const refusal = (): KubeError => new KubeError('KUBE_INVALID', 'it is immutable', { status: 422 });

test('records that come at once share two writes, and a restart knows all of them', async () => {
  const server = serveSecrets();
  const store = storeOn(server);
  await Promise.all(names.map((name) => store.write(name, recordOf(name, 'one'))));
  assert.deepEqual(server.written, [`PATCH ${first}`, `PATCH ${first}`]);
  assert.deepEqual(await revisionsOn(server), Object.fromEntries(names.map((name) => [name, 'one'])));
});

test('what comes shortly after a write shares the next one', async () => {
  const server = serveSecrets();
  const store = createRecordStore(server.client, 'sealift-system', 50);
  await store.write('a', recordOf('a', 'one'));
  const writes = [];
  for (const name of names) {
    writes.push(store.write(name, recordOf(name, 'one')));
    await server.untilQuiet();
  }
  await Promise.all(writes);
  assert.ok(server.written.length < names.length / 2, `${server.written.length} writes`);
});

test('an entry that is written again in its segment replaces the one there', async () => {
  const server = serveSecrets();
  const store = storeOn(server);
  for (const revision of ['one', 'two', 'three']) await store.write('a', recordOf('a', revision));
  assert.deepEqual([...server.secrets.keys()], [first]);
  assert.deepEqual(await revisionsOn(server), { a: 'three' });
});

test('a full segment is sealed, and deleted once nothing in it counts', async () => {
  const server = serveSecrets();
  const store = storeOn(server);
  for (const name of ['a', 'b', 'c', 'd']) await store.write(name, recordOf(name, noise(40_000)));
  assert.ok(server.secrets.has('sealift-records-2'));
  for (const name of ['a', 'b', 'c', 'd']) await store.write(name, recordOf(name, 'small'));
  await store.write('e', recordOf('e', 'one'));
  assert.ok(!server.secrets.has(first));
  assert.equal((await storeOn(server).load()).size, 5);
});

test('a restart writes to a segment that is not there yet, nor may come to be there', async () => {
  const server = serveSecrets();
  await storeOn(server).write('a', recordOf('a', 'one'));
  const next = storeOn(server);
  await next.load();
  await next.write('b', recordOf('b', 'one'));
  assert.deepEqual([...server.secrets.keys()], [first, 'sealift-records-3']);
  await next.write('a', recordOf('a', 'two'));
  assert.deepEqual(await revisionsOn(server), { a: 'two', b: 'one' });
});

test('many small segments, one of each restart, become few', async () => {
  const server = serveSecrets();
  for (const name of names) {
    const store = storeOn(server);
    await store.load();
    await store.write(name, recordOf(name, 'one'));
    await server.untilQuiet();
  }
  assert.ok(server.secrets.size <= 6, `${server.secrets.size} Secrets`);
  assert.equal((await storeOn(server).load()).size, names.length);
});

test('what is too large for the log is alone, and leaves the log or comes back to it', async () => {
  const server = serveSecrets();
  const store = storeOn(server);
  await store.write('a', recordOf('a', 'one'));
  await store.write('a', recordOf('a', noise(128 * 1024)));
  assert.deepEqual([...server.secrets.keys()], [first, 'sealift-record-a']);
  await store.write('a', recordOf('a', 'three'));
  await store.write('b', recordOf('b', 'one'));
  assert.deepEqual([...server.secrets.keys()], [first]);
  assert.deepEqual(await revisionsOn(server), { a: 'three', b: 'one' });
});

test('a record of which a Secret can hold no part is refused', async () => {
  const store = storeOn(serveSecrets());
  await assert.rejects(store.write('a', recordOf('a', noise(2_000_000))), { code: 'INPUT_INVALID' });
});

test('a segment that is refused is left for a new one, and what it has moves', async () => {
  let isImmutable = false;
  const server = serveSecrets({
    before: ({ method }, name) => {
      if (isImmutable && method === 'PATCH' && name === first) throw refusal();
    },
  });
  const store = storeOn(server);
  await store.write('a', recordOf('a', 'one'));
  isImmutable = true;
  await store.write('b', recordOf('b', 'one'));
  await store.write('c', recordOf('c', 'one'));
  await server.untilQuiet();
  assert.deepEqual([...server.secrets.keys()], ['sealift-records-2']);
  assert.deepEqual(await revisionsOn(server), { a: 'one', b: 'one', c: 'one' });
});

test('a log that is refused costs only its saving', async () => {
  const server = serveSecrets({
    before: (_request, name) => {
      if (name.startsWith('sealift-records-')) throw refusal();
    },
  });
  await storeOn(server).write('a', recordOf('a', 'one'));
  assert.deepEqual(server.written, ['PATCH sealift-record-a']);
});

test('an outage fails what came in it and nothing else, and what was there counts', async () => {
  let isDown = false;
  const server = serveSecrets({
    before: ({ method }) => {
      if (isDown && method !== 'GET') throw outage();
    },
  });
  const store = storeOn(server);
  await store.write('a', recordOf('a', 'one'));
  isDown = true;
  await assert.rejects(store.write('a', recordOf('a', 'two')), { code: 'KUBE_UNAVAILABLE' });
  assert.deepEqual(await revisionsOn(server), { a: 'one' });
  isDown = false;
  await store.write('b', recordOf('b', 'one'));
  assert.equal((await revisionsOn(server))['b'], 'one');
});

test('a segment that somebody deletes or changes is whole again with the next write', async () => {
  const server = serveSecrets();
  const store = storeOn(server);
  await store.write('a', recordOf('a', 'one'));
  server.secrets.delete(first);
  await store.write('b', recordOf('b', 'one'));
  assert.deepEqual(await revisionsOn(server), { a: 'one', b: 'one' });
  server.secrets.set(first, { a: 'bm9uZQ==' });
  await store.write('c', recordOf('c', 'one'));
  assert.deepEqual(await revisionsOn(server), { a: 'one', b: 'one', c: 'one' });
});

test('nothing of a removed record is left, neither older copies', async () => {
  const server = serveSecrets();
  const store = storeOn(server);
  await store.write('a', recordOf('a', 'one'));
  await store.write('large', recordOf('large', noise(40_000)));
  await store.write('other', recordOf('other', noise(40_000)));
  await store.write('third', recordOf('third', noise(40_000)));
  await store.write('a', recordOf('a', 'two'));
  assert.equal([...server.secrets.values()].filter((data) => data['a'] !== undefined).length, 2);
  await store.remove('a');
  assert.deepEqual(Object.keys(await revisionsOn(server)).toSorted(), ['large', 'other', 'third']);
  await Promise.all(['large', 'other', 'third'].map((name) => store.remove(name)));
  assert.deepEqual([...server.secrets], []);
});

test('a record that is made anew after its removal counts, though an old copy could not be removed', async () => {
  let isImmutable = false;
  const server = serveSecrets({
    before: ({ method }, name) => {
      if (isImmutable && method !== 'GET' && name === first) throw refusal();
    },
  });
  const store = storeOn(server);
  for (const name of ['a', 'b']) await store.write(name, recordOf(name, 'one'));
  isImmutable = true;
  await store.remove('a');
  await store.write('a', { ...recordOf('a', 'new'), delivery: { namespace: 'shop', name: 'a', uid: 'new' } });
  assert.equal((await storeOn(server).load()).get('a')?.delivery.uid, 'new');
});

test('a write after a removal, both under way, stays', async () => {
  const server = serveSecrets();
  const store = storeOn(server);
  await store.write('a', recordOf('a', 'one'));
  const removal = store.remove('a');
  await Promise.all([removal, store.write('a', recordOf('a', 'two'))]);
  assert.deepEqual(await revisionsOn(server), { a: 'two' });
});

test('records and a journal of the version before are read, and move over with their next write', async () => {
  const server = serveSecrets();
  server.secrets.set('sealift-record-a', { record: textOf({ ...recordOf('a', 'one'), serial: 3 }) });
  server.secrets.set('sealift-record-b', { record: textOf(recordOf('b', 'one')) });
  server.secrets.set('sealift-journal', {
    a: textOf({ ...recordOf('a', 'two'), serial: 4 }),
    c: textOf({ ...recordOf('c', 'one'), serial: 1 }),
  });
  const store = storeOn(server);
  assert.equal((await store.load()).get('a')?.revision, 'two');
  for (const name of ['a', 'b', 'c']) await store.write(name, recordOf(name, 'next'));
  await store.write('d', recordOf('d', 'one'));
  assert.deepEqual([...server.secrets.keys()], [first]);
  assert.deepEqual(await revisionsOn(server), { a: 'next', b: 'next', c: 'next', d: 'one' });
});

test('what can not be read is passed over', async () => {
  const server = serveSecrets();
  await storeOn(server).write('a', recordOf('a', 'one'));
  server.secrets.set(first, { ...server.secrets.get(first), 'foreign.key': '!!', b: 'bm9uZQ==' });
  server.secrets.set('sealift-records-7', {});
  server.secrets.set('sealift-records-x', { c: textOf(recordOf('c', 'one')) });
  server.secrets.set('sealift-record-d', {});
  assert.deepEqual(await revisionsOn(server), { a: 'one' });
});
