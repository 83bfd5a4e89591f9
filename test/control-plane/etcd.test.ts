// Several control planes on one etcd, and that a stranger's etcd is never used.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeTempDir } from '../helpers/temp.ts';
import { assertStatus } from './admin.ts';
import { sharedEtcdVariable, startControlPlane } from './control-plane.ts';
import { startEtcd } from './etcd.ts';
import { findFreePorts, withFreePorts } from './ports.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';

test('control planes that share an etcd do not see each other', async (t) => {
  const directory = await makeTempDir(t);
  const etcd = await startEtcd({ directory: join(directory, 'etcd') });
  const environment = { ...process.env, [sharedEtcdVariable]: etcd.endpoint };
  const [first, second] = await Promise.all(
    ['first', 'second'].map((name) =>
      startControlPlane({ directory: join(directory, name), environment, controllerManager: false }),
    ),
  );
  assert.ok(first && second);
  assert.deepEqual(
    first.processes().map(({ name }) => name),
    ['kube-apiserver'],
  );
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mine' } };
  assertStatus(await first.request('POST', configMaps, body), 'creating');
  assert.equal((await second.request('GET', `${configMaps}/mine`)).status, 404);
  await Promise.all([first.stop(), second.stop()]);
  await etcd.stop();
});

test('an etcd that tests did not start is refused', async (t) => {
  const stranger = createServer((_request, response) => response.end('{"members":[{"name":"default"}]}'));
  stranger.listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  t.after(() => stranger.close());
  // A TCP server that listens has an AddressInfo.
  const { port } = stranger.address() as AddressInfo;
  const options = { directory: await makeTempDir(t), etcd: { endpoint: `http://127.0.0.1:${port}` } };
  await assert.rejects(startControlPlane(options), { code: 'ETCD_FOREIGN' });
});

test('an aborted start leaves no process', async (t) => {
  const abort = new AbortController();
  const starting = startControlPlane({ directory: await makeTempDir(t), signal: abort.signal });
  setTimeout(() => abort.abort(new Error('stopped')), 1000);
  await assert.rejects(starting, /^Error: stopped$/u);
});

test('free ports are different, and a start that loses one is tried again', async () => {
  const ports = await findFreePorts(10);
  assert.equal(new Set(ports).size, 10);
  let tries = 0;
  const start = async (): Promise<number | 'port taken'> => {
    tries += 1;
    return tries < 3 ? 'port taken' : tries;
  };
  assert.equal(await withFreePorts(1, start), 3);
  await assert.rejects(
    withFreePorts(1, async () => 'port taken'),
    { code: 'PORT_TAKEN' },
  );
});
