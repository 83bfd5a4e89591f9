// Records of Deliveries on a real API server: a restart reads what was written last, whatever the log did meanwhile, and
// what older versions wrote moves over.
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { createRecordStore } from '../../puller/reconcile/record-store.ts';
import { emptyRecord, encodeRecord, type DeliveryRecord } from '../../puller/reconcile/record.ts';
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/request.ts';
import { startControlPlaneFor } from './control-plane.ts';

const namespace = 'default';
const secrets = `/api/v1/namespaces/${namespace}/secrets`;

async function makeClient(t: TestContext): Promise<KubeClient> {
  const plane = await startControlPlaneFor(t, { controllerManager: false, auditLog: false });
  const client = createKubeClient({
    config: await loadKubeconfig(plane.adminKubeconfig),
    now: () => performance.now(),
    random: Math.random,
  });
  t.after(() => client.close());
  return client;
}

/** A record of so many objects, whose hashes can't be compressed. */
function recordOf(name: string, objects: number): DeliveryRecord {
  const entries = Array.from({ length: objects }, (_, index): [string, DeliveryRecord['entries'][string]] => {
    const hash = crypto.randomUUID();
    const applied = { uid: crypto.randomUUID(), hash, fieldsHash: hash, fieldsTime: '' };
    const identity = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'apps', name: `o-${index}` };
    return [`/ConfigMap/apps/o-${index}`, { ...identity, applied }];
  });
  const delivery = { namespace: 'apps', name, uid: crypto.randomUUID() };
  return { ...emptyRecord(delivery), entries: Object.fromEntries(entries) };
}

async function namesOf(client: KubeClient): Promise<readonly string[]> {
  const { body } = await client.request({ method: 'GET', path: secrets });
  const { items } = body as { readonly items: readonly { readonly metadata: { readonly name: string } }[] }; // its answer
  return items.map(({ metadata }) => metadata.name);
}

/** What a restart reads, without the numbers of its writes. */
async function read(client: KubeClient): Promise<Readonly<Record<string, unknown>>> {
  const records = await createRecordStore(client, namespace).load();
  return Object.fromEntries([...records].map(([ownerId, record]) => [ownerId, withoutSerial(record)]));
}

function withoutSerial(record: DeliveryRecord): DeliveryRecord {
  const { serial: _, ...rest } = record;
  return rest;
}

suite('the log of records', () => {
  test('gives back after each restart what was written last, and stays small', async (t) => {
    const client = await makeClient(t);
    const written = new Map<string, DeliveryRecord>();
    for (let round = 0; round < 4; round += 1) {
      const store = createRecordStore(client, namespace);
      await store.load();
      const owners = Array.from({ length: 60 }, (_, index) => `owner-${index}`);
      await Promise.all(
        owners.map(async (ownerId, index) => {
          // One has more than fits beside others, every fifth goes.
          const record = recordOf(ownerId, index === 6 ? 900 : 12);
          await store.write(ownerId, record);
          await store.write(ownerId, record);
          written.set(ownerId, record);
          if ((index + round) % 5 !== 0) return;
          await store.remove(ownerId);
          written.delete(ownerId);
        }),
      );
      assert.deepEqual(await read(client), Object.fromEntries(written));
    }
    const names = await namesOf(client);
    assert.ok(names.length <= 12, names.join(' '));
    assert.ok(names.includes('sealift-record-owner-6'));
  });

  test('takes over what a version without a log wrote, and what it had begun', async (t) => {
    const client = await makeClient(t);
    const [done, begun, newer] = [recordOf('done', 3), recordOf('begun', 3), recordOf('begun', 4)];
    const make = async (name: string, labels: object, data: object): Promise<void> => {
      const metadata = { name, labels };
      const body = { apiVersion: 'v1', kind: 'Secret', metadata, data };
      await client.request({ method: 'POST', path: secrets, body });
    };
    const text = async (record: DeliveryRecord, serial: number): Promise<string> =>
      (await encodeRecord({ ...record, serial })).toString('base64');
    for (const [ownerId, record] of Object.entries({ done, begun }))
      await make(
        `sealift-record-${ownerId}`,
        { 'sealift.dev/record-of': ownerId },
        { record: await text(record, 1) },
      );
    await make('sealift-journal', {}, { begun: await text(newer, 2) });
    assert.deepEqual(await read(client), { done, begun: newer });
    const store = createRecordStore(client, namespace);
    await store.load();
    await store.write('done', done);
    await store.write('begun', newer);
    assert.deepEqual(await read(client), { done, begun: newer });
    await store.remove('begun');
    assert.deepEqual(await read(client), { done });
  });
});
