// Watches whose version etcd no longer has, or does not have yet.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';

import { loadKubeconfig } from '../../src/kube/kubeconfig.ts';
import { type ControlPlane, startControlPlaneFor } from '../control-plane/control-plane.ts';
import { type Etcd, startEtcd } from '../control-plane/etcd.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { startLine } from '../unit/kube/line.ts';
import { makeClient, makeNamespace, recordWatch } from '../unit/kube/watch-recorder.ts';

/** A control plane on an etcd that no other test uses; the etcd stops last. */
async function startWithEtcd(t: TestContext): Promise<{ etcd: Etcd; plane: ControlPlane }> {
  const etcd = await startEtcd({ directory: await makeTempDir(t) });
  try {
    const plane = await startControlPlaneFor(t, { controllerManager: false, etcd });
    return { etcd, plane };
  } finally {
    t.after(() => etcd.stop());
  }
}

test('a version that etcd no longer has leads to a full sync that tells what vanished', async (t) => {
  const { etcd, plane } = await startWithEtcd(t);
  const { namespace, create, remove } = await makeNamespace(plane.request, 'compaction');
  const line = await startLine(t, [await loadKubeconfig(plane.adminKubeconfig)]);
  for (const name of ['one', 'two', 'three']) await create(name);
  const record = recordWatch(makeClient(t, line.config), { namespace });
  await record.until(() => record.handle.synced(), 'the sync');
  line.cut();
  await remove('two');
  await remove('three');
  await create('three');
  await create('four');
  // The API server itself remembers recent versions, but not those from before its start.
  await compact(etcd.endpoint);
  await plane.restartApiServer();
  line.mend();
  await record.until(() => record.told.filter((what) => what === 'synced').length === 2, 'the second sync');
  const after = record.told.slice(record.told.indexOf('restart'));
  assert.equal(after.at(-1), 'synced');
  assert.ok(!record.told.includes('rewound'));
  assert.deepEqual(record.errors, ['KUBE_UNAVAILABLE', 'KUBE_INVALID']);
  // `three` is another object under the same name.
  assert.ok(after.indexOf('DELETED three') < after.indexOf('ADDED three'));
  const deleted = after.filter((what) => what.startsWith('DELETED'));
  assert.deepEqual(deleted.toSorted(), ['DELETED three', 'DELETED two']);
  assert.deepEqual([...record.live].toSorted(), ['four', 'one', 'three']);
  await record.end();
});

test('a server that went back in time is listed anew', async (t) => {
  const [{ plane: old }, { plane: restored }] = await Promise.all([startWithEtcd(t), startWithEtcd(t)]);
  const before = await makeNamespace(old.request, 'rewind');
  const after = await makeNamespace(restored.request, 'rewind');
  await after.create('one');
  // The versions of the one server are far ahead of the other's.
  for (const name of ['one', 'two']) await before.create(name);
  for (let times = 0; times < 1000; times += 1) await before.patch('two', { data: { a: `${times}` } });
  const configs = await Promise.all([old, restored].map((plane) => loadKubeconfig(plane.adminKubeconfig)));
  const line = await startLine(t, configs);
  const record = recordWatch(makeClient(t, line.config), { namespace: 'rewind', rewindCheckMs: 100 });
  await record.until(() => record.handle.synced(), 'the sync');
  line.cut();
  line.lead(1);
  line.mend();
  await record.until(() => record.told.filter((what) => what === 'synced').length === 2, 'the second sync');
  assert.deepEqual([...record.live], ['one']);
  // Told before everything is told, so that whoever compares versions can take what is told for news.
  const news = record.told.slice(record.told.lastIndexOf('rewound'));
  assert.deepEqual(news.slice(1, -1).toSorted(), ['ADDED one', 'DELETED two']);
  assert.equal(record.told.filter((what) => what === 'rewound').length, 1);
  await after.create('three');
  await record.until(() => record.live.has('three'), 'a change');
  await record.end();
});

/** Compacts etcd at its present revision. */
async function compact(endpoint: string): Promise<void> {
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await fetch(new URL(path, endpoint), { method: 'POST', body: JSON.stringify(body) });
    return await answer.json();
  };
  const status: unknown = await post('/v3/maintenance/status', {});
  const revision = /"revision":"([0-9]+)"/u.exec(JSON.stringify(status))?.[1];
  assert.ok(revision !== undefined);
  await post('/v3/kv/compaction', { revision, physical: true });
}
