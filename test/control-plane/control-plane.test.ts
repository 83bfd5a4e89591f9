// The test control plane itself: what the tests of other parts rely on. A second each for the servers is real time.
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { z } from 'zod';
import { assertStatus } from './admin.ts';
import { readAuditEvents } from './audit.ts';
import { type ControlPlane, sharedEtcdVariable, startControlPlaneFor } from './control-plane.ts';
import { sendRequest } from './http.ts';
import { waitUntil } from './wait.ts';

const timeoutMs = 60_000;
const labels = { app: 'web' };
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
};

const listSchema = z.object({ items: z.array(z.unknown()) });
const deploymentSchema = z.object({
  status: z.object({
    availableReplicas: z.number().optional(),
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional(),
  }),
});

async function create(controlPlane: ControlPlane, path: string, body: unknown): Promise<void> {
  assertStatus(await controlPlane.request('POST', path, body), `creating in ${path}`);
}

async function countItems(controlPlane: ControlPlane, path: string): Promise<number> {
  return listSchema.parse((await controlPlane.request('GET', path)).body).items.length;
}

test('a control plane with workloads', async (t) => {
  // With an etcd of its own, whatever the other tests share.
  const environment = { ...process.env, [sharedEtcdVariable]: undefined };
  const controlPlane = await startControlPlaneFor(t, { workloads: true, environment });
  await create(controlPlane, '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop' },
  });

  await t.test('makes a Deployment of 2 replicas Available', async () => {
    const path = '/apis/apps/v1/namespaces/shop/deployments';
    await create(controlPlane, path, deployment);
    const isAvailable = async (): Promise<boolean> => {
      const { status } = deploymentSchema.parse((await controlPlane.request('GET', `${path}/web`)).body);
      const available = status.conditions?.find(({ type }) => type === 'Available');
      return status.availableReplicas === 2 && available?.status === 'True';
    };
    await waitUntil(isAvailable, { what: 'the Deployment', timeoutMs });
  });

  await t.test('collects the Pods of a deleted Deployment', async () => {
    const pods = '/api/v1/namespaces/shop/pods';
    assert.equal(await countItems(controlPlane, pods), 2);
    const answer = await controlPlane.request(
      'DELETE',
      '/apis/apps/v1/namespaces/shop/deployments/web?propagationPolicy=Background',
    );
    assert.equal(answer.status, 200);
    await waitUntil(async () => (await countItems(controlPlane, pods)) === 0, { what: 'no Pods', timeoutMs });
  });

  await t.test('lets a service account do what RBAC grants and nothing else', async () => {
    const token = await controlPlane.serviceAccountToken('shop', 'default');
    const get = async (path: string): Promise<number> => {
      const url = new URL(path, controlPlane.server);
      const ca = await readFile(controlPlane.caFile, 'utf8');
      const headers = { authorization: `Bearer ${token}` };
      return (await sendRequest({ method: 'GET', url, headers, ca })).status;
    };
    assert.equal(await get('/api/v1/namespaces/shop/configmaps'), 403);
    await create(controlPlane, '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'view' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'shop' }],
    });
    await waitUntil(async () => (await get('/api/v1/namespaces/shop/configmaps')) === 200, {
      what: 'the grant',
      timeoutMs,
    });
    assert.equal(await get('/api/v1/namespaces/shop/secrets'), 403);
  });

  await t.test('writes kubeconfigs that only the owner reads', async () => {
    const path = await controlPlane.kubeconfigFor({ name: 'robot', token: 'secret', namespace: 'shop' });
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(controlPlane.adminKubeconfig)).mode & 0o777, 0o600);
    assert.match(await readFile(path, 'utf8'), /"namespace": "shop"/u);
  });

  await t.test('deletes namespaces', async () => {
    assert.equal((await controlPlane.request('DELETE', '/api/v1/namespaces/shop')).status, 200);
    const isGone = async (): Promise<boolean> =>
      (await controlPlane.request('GET', '/api/v1/namespaces/shop')).status === 404;
    await waitUntil(isGone, { what: 'the namespace to go', timeoutMs });
  });

  await t.test('logs each request once', async () => {
    const path = '/api/v1/namespaces/default/configmaps/counted';
    for (let count = 0; count < 3; count += 1) await controlPlane.request('GET', path);
    const events = await readAuditEvents(controlPlane.auditLogFile);
    const counted = events.filter(({ requestURI }) => requestURI === path);
    assert.deepEqual(
      counted.map(({ verb, user, responseStatus }) => [verb, user.username, responseStatus?.code]),
      Array.from({ length: 3 }, () => ['get', 'admin', 404]),
    );
  });

  await t.test('keeps its objects over a restart of the API server', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    await create(controlPlane, path, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' } });
    await controlPlane.restartApiServer();
    assert.equal((await controlPlane.request('GET', `${path}/kept`)).status, 200);
    assert.equal(controlPlane.processes().length, 5);
    // The controllers reconnect by themselves.
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'later' } };
    await create(controlPlane, '/api/v1/namespaces', namespace);
    const account = '/api/v1/namespaces/later/serviceaccounts/default';
    const isMade = async (): Promise<boolean> => (await controlPlane.request('GET', account)).status === 200;
    await waitUntil(isMade, { what: 'the default service account', timeoutMs });
  });

  await t.test('leaves no process behind', async () => {
    const pids = controlPlane.processes().map(({ pid }) => pid);
    assert.equal(pids.length, 5);
    await controlPlane.stop();
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    assert.deepEqual(controlPlane.processes(), []);
  });
});
