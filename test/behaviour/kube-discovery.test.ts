// Discovery and events on a real API server.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';

import { createDiscovery } from '../../src/kube/discovery.ts';
import { createEventRecorder } from '../../src/kube/events.ts';
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts';
import { type KubeClient, createKubeClient } from '../../src/kube/request.ts';
import { assertStatus } from '../control-plane/admin.ts';
import { type ControlPlane, startControlPlaneFor } from '../control-plane/control-plane.ts';
import { waitUntil } from '../control-plane/wait.ts';

test('discovery and events on a real API server', async (t) => {
  const plane = await startControlPlaneFor(t, { controllerManager: false });
  const client = createKubeClient({
    config: await loadKubeconfig(plane.adminKubeconfig),
    now: () => performance.now(),
    random: Math.random,
  });
  t.after(() => client.close());
  await t.test('built-in kinds are found with two requests for all', () => findsBuiltIns(client));
  await t.test('unknown kinds cause one refresh a window, and a new CRD is found', (t) =>
    findsCrd(t, plane, client),
  );
  await t.test('an event is written once and counted on', () => writesEvents(client));
});

type Counted = { readonly client: KubeClient; readonly paths: string[]; readonly statuses: number[] };

/** The client, with the paths that were asked for and the answers' status; its clock is in `clock`. */
function count(client: KubeClient, clock: { ms: number }): Counted {
  const paths: string[] = [];
  const statuses: number[] = [];
  return {
    paths,
    statuses,
    client: {
      ...client,
      now: () => clock.ms,
      async request(request) {
        paths.push(request.path);
        const answer = await client.request(request);
        statuses.push(answer.status);
        return answer;
      },
    },
  };
}

async function findsBuiltIns(client: KubeClient): Promise<void> {
  const counted = count(client, { ms: 0 });
  const discovery = createDiscovery(counted.client);
  const [configMap, deployment, role, namespace] = await Promise.all([
    discovery.find('', 'v1', 'ConfigMap'),
    discovery.find('apps', 'v1', 'Deployment'),
    discovery.find('rbac.authorization.k8s.io', 'v1', 'ClusterRole'),
    discovery.find('', 'v1', 'Namespace'),
  ]);
  assert.deepEqual([configMap?.plural, configMap?.namespaced], ['configmaps', true]);
  assert.deepEqual(
    [deployment?.group, deployment?.version, deployment?.plural],
    ['apps', 'v1', 'deployments'],
  );
  assert.deepEqual([role?.plural, role?.namespaced], ['clusterroles', false]);
  assert.deepEqual([namespace?.plural, namespace?.namespaced], ['namespaces', false]);
  assert.ok(deployment?.verbs.includes('watch'));
  assert.deepEqual(counted.paths.toSorted(), ['/api', '/apis']);
  discovery.invalidate();
  assert.ok((await discovery.list()).length > 50);
  assert.deepEqual(counted.statuses, [200, 200, 304, 304]);
}

async function findsCrd(t: TestContext, plane: ControlPlane, client: KubeClient): Promise<void> {
  const clock = { ms: 0 };
  const counted = count(client, clock);
  const discovery = createDiscovery(counted.client);
  const find = async (): Promise<unknown> => await discovery.find('test.sealift.dev', 'v1', 'Gadget');
  assert.deepEqual(await Promise.all([find(), find(), find()]), [undefined, undefined, undefined]);
  assert.equal(await find(), undefined);
  assert.equal(counted.paths.length, 2);
  clock.ms += 2000;
  assert.deepEqual(await Promise.all([find(), find(), find()]), [undefined, undefined, undefined]);
  assert.equal(counted.paths.length, 4);
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  assertStatus(await plane.request('POST', crds, gadgetDefinition), 'CRD');
  t.after(() => plane.request('DELETE', `${crds}/gadgets.test.sealift.dev`));
  assert.equal(await find(), undefined);
  await waitUntil(
    async () => {
      discovery.invalidate();
      return (await find()) !== undefined;
    },
    { what: 'the new kind', timeoutMs: 30_000 },
  );
  const asked = counted.paths.length;
  assert.deepEqual(await find(), {
    group: 'test.sealift.dev',
    version: 'v1',
    kind: 'Gadget',
    plural: 'gadgets',
    namespaced: false,
    verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
  });
  assert.equal(counted.paths.length, asked);
}

const gadgetDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.test.sealift.dev' },
  spec: {
    group: 'test.sealift.dev',
    scope: 'Cluster',
    names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

async function writesEvents(client: KubeClient): Promise<void> {
  const clock = { ms: Date.UTC(2026, 0, 1) };
  const errors: string[] = [];
  const recorder = createEventRecorder(client, {
    component: 'sealift.dev/puller',
    instance: 'puller-0',
    now: () => clock.ms,
    onError: (error) => errors.push(error.message),
  });
  const regarding = { apiVersion: 'v1', kind: 'Namespace', name: 'default', uid: 'uid-1' };
  const event = {
    regarding,
    type: 'Warning',
    reason: 'Drift',
    action: 'Correct',
    namespace: 'default',
  } as const;
  const note = 'ö'.repeat(2000);
  for (let times = 0; times < 3; times += 1) await recorder.record({ ...event, note });
  clock.ms += 11 * 60_000;
  await recorder.record({ ...event, note });
  await recorder.record({ ...event, note: 'no namespace takes it', namespace: 'missing' });
  assert.equal(errors.length, 1);
  const { body } = await client.request({
    method: 'GET',
    path: '/apis/events.k8s.io/v1/namespaces/default/events',
  });
  const text = JSON.stringify(body);
  assert.equal(text.match(/"reason":"Drift"/gu)?.length, 2);
  assert.equal(text.match(/"series":\{"count":3,/gu)?.length, 1);
  assert.match(text, /"note":"ö{500,511}…"/u);
}
