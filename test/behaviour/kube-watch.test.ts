// Watches on a real API server: initial objects and changes, restarts, lost connections, compaction, missing rights
// and kinds, and that an idle watch asks for nothing.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';

import type { ClusterConfig } from '../../src/kube/config.ts';
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts';
import type { KubeClient } from '../../src/kube/request.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { assertStatus } from '../control-plane/admin.ts';
import { type ControlPlane, startControlPlaneFor } from '../control-plane/control-plane.ts';
import { startLine } from '../unit/kube/line.ts';
import { configMapKind, makeClient, makeNamespace, recordWatch } from '../unit/kube/watch-recorder.ts';

test('watches on a real API server', async (t) => {
  const plane = await startControlPlaneFor(t, { controllerManager: false });
  const config = await loadKubeconfig(plane.adminKubeconfig);
  await t.test('a watch tells of what exists, then of changes, with one request', (t) =>
    tellsChanges(t, plane, config),
  );
  await t.test('the metadata form has no data, also where LIST must come first', (t) =>
    tellsMetadata(t, plane, config),
  );
  await t.test('what happened while the connection was down is told afterwards', (t) =>
    survivesLine(t, plane, config),
  );
  await t.test('a watch without rights says so and begins when they are granted', (t) =>
    awaitsRights(t, plane, config),
  );
  await t.test('a kind is missing until its CRD comes, and when it goes', (t) =>
    awaitsKind(t, plane, config),
  );
  await t.test('a watch over a restart of the API server misses nothing', (t) =>
    survivesRestart(t, plane, config),
  );
});

async function tellsChanges(t: TestContext, plane: ControlPlane, config: ClusterConfig): Promise<void> {
  const { namespace, create, patch, remove } = await makeNamespace(plane.request, 'changes');
  const client = makeClient(t, config);
  await create('one');
  await create('two');
  const seen: KubeObject[] = [];
  const record = recordWatch(client, { namespace, form: 'full' }, seen);
  await record.until(() => record.handle.synced(), 'the sync');
  assert.deepEqual(record.told.toSorted(), ['ADDED one', 'ADDED two', 'synced']);
  assert.equal(record.told.at(-1), 'synced');
  await create('three');
  await patch('one', { data: { a: '2' } });
  await remove('two');
  await record.until(() => record.told.includes('DELETED two'), 'the delete');
  assert.deepEqual(record.told.slice(3), ['ADDED three', 'MODIFIED one', 'DELETED two']);
  assert.deepEqual(seen.find(({ metadata }) => metadata.name === 'three')?.['data'], { a: '1' });
  assert.deepEqual([seen[0]?.apiVersion, seen[0]?.kind], ['v1', 'ConfigMap']);
  // Losing the label is the end of the object for whoever selects by it.
  await patch('one', { metadata: { labels: { watched: null } } });
  await record.until(() => record.told.includes('DELETED one'), 'the lost label');
  assert.deepEqual(record.states, ['syncing', 'synced']);
  await record.end();
  assert.equal(record.states.at(-1), 'stopped');
  const log = (await readFile(plane.auditLogFile, 'utf8')).split('\n');
  const isOurs = (line: string): boolean => line.includes(`/namespaces/${namespace}/configmaps?`);
  assert.equal(log.filter((line) => isOurs(line) && line.includes('"stage":"ResponseStarted"')).length, 1);
}

async function tellsMetadata(t: TestContext, plane: ControlPlane, config: ClusterConfig): Promise<void> {
  const { namespace, create } = await makeNamespace(plane.request, 'metadata');
  const client = makeClient(t, config);
  for (let index = 0; index < 3; index += 1) await create(`object-${index}`);
  let lists = 0;
  const oldServer: KubeClient = {
    ...client,
    async openStream(request) {
      // resourceVersionMatch alone is refused with 422, as servers without WatchList refuse both.
      return await client.openStream({
        ...request,
        query: { ...request.query, sendInitialEvents: undefined },
      });
    },
    async request(request) {
      lists += 1;
      return await client.request(request);
    },
  };
  for (const server of [client, oldServer]) {
    const seen: KubeObject[] = [];
    const record = recordWatch(server, { namespace }, seen);
    await record.until(() => record.handle.synced(), 'the sync');
    const added = server === client ? 'later' : 'latest';
    await create(added);
    await record.until(() => record.live.has(added), 'the change');
    await record.end();
    assert.equal(lists, server === client ? 0 : 1);
    for (const object of seen) {
      assert.deepEqual([object.kind, object['data']], ['ConfigMap', undefined]);
      assert.ok(object.metadata.managedFields !== undefined);
    }
  }
}

async function survivesLine(t: TestContext, plane: ControlPlane, config: ClusterConfig): Promise<void> {
  const { namespace, create, remove } = await makeNamespace(plane.request, 'line');
  const line = await startLine(t, [config]);
  const client = makeClient(t, line.config);
  for (const name of ['one', 'two']) await create(name);
  const record = recordWatch(client, { namespace });
  await record.until(() => record.handle.synced(), 'the sync');
  for (const fault of ['cut', 'silence'] as const) {
    line[fault]();
    const name = `during-${fault}`;
    await create(name);
    await remove(name);
    await record.until(() => record.states.at(-1) === 'reconnecting', fault);
    assert.equal(record.handle.synced(), true);
    line.mend();
    await record.until(() => record.told.includes(`DELETED ${name}`), `the end of ${fault}`);
    assert.equal(record.states.at(-1), 'synced');
  }
  assert.deepEqual([...record.live].toSorted(), ['one', 'two']);
  assert.equal(record.told.filter((what) => what === 'synced').length, 1);
  assert.equal(record.told.includes('restart'), false);
  await record.end();
}

async function awaitsRights(t: TestContext, plane: ControlPlane, config: ClusterConfig): Promise<void> {
  const { namespace } = await makeNamespace(plane.request, 'rights');
  const client = makeClient(t, config);
  const nobody: KubeClient = {
    ...client,
    openStream: (request) => client.openStream({ ...request, impersonate: { user: 'nobody' } }),
    request: (request) => client.request({ ...request, impersonate: { user: 'nobody' } }),
  };
  const record = recordWatch(nobody, { namespace });
  await record.until(() => record.states.includes('forbidden'), 'the refusal');
  assert.equal(record.handle.synced(), false);
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const metadata = { name: 'watcher' };
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }];
  assertStatus(await plane.request('POST', `${rbac}/roles`, { metadata, rules }), 'role');
  const apiGroup = 'rbac.authorization.k8s.io';
  const roleRef = { apiGroup, kind: 'Role', name: 'watcher' };
  const subjects = [{ apiGroup, kind: 'User', name: 'nobody' }];
  assertStatus(
    await plane.request('POST', `${rbac}/rolebindings`, { metadata, roleRef, subjects }),
    'binding',
  );
  await record.until(() => {
    record.handle.poke();
    return record.handle.synced();
  }, 'the sync');
  await record.end();
}

async function awaitsKind(t: TestContext, plane: ControlPlane, config: ClusterConfig): Promise<void> {
  const { namespace } = await makeNamespace(plane.request, 'kind');
  const kind = { ...configMapKind, group: 'test.sealift.dev', kind: 'Thing', plural: 'things' };
  const record = recordWatch(makeClient(t, config), { kind, namespace });
  await record.until(() => record.states.includes('missing'), 'the 404');
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  assertStatus(await plane.request('POST', crds, thingDefinition), 'CRD');
  await record.until(() => {
    record.handle.poke();
    return record.handle.synced();
  }, 'the sync');
  const metadata = { name: 'one', labels: { watched: '' } };
  const thing = { apiVersion: 'test.sealift.dev/v1', kind: 'Thing', metadata };
  const things = `/apis/test.sealift.dev/v1/namespaces/${namespace}/things`;
  assertStatus(await plane.request('POST', things, thing), 'thing');
  await record.until(() => record.live.has('one'), 'the object');
  assertStatus(await plane.request('DELETE', `${crds}/things.test.sealift.dev`), 'CRD');
  await record.until(() => record.told.includes('DELETED one'), 'the end of the object');
  await record.until(() => record.states.at(-1) === 'missing', 'the end of the kind');
  assert.equal(record.handle.synced(), false);
  await record.end();
}

async function survivesRestart(t: TestContext, plane: ControlPlane, config: ClusterConfig): Promise<void> {
  const { namespace, create, patch, remove } = await makeNamespace(plane.request, 'restart');
  for (const name of ['one', 'two', 'three']) await create(name);
  const record = recordWatch(makeClient(t, config), { namespace });
  await record.until(() => record.handle.synced(), 'the sync');
  await plane.restartApiServer();
  await remove('two');
  await patch('one', { data: { a: '2' } });
  await create('four');
  await record.until(() => record.live.has('four') && !record.live.has('two'), 'the changes');
  assert.deepEqual([...record.live].toSorted(), ['four', 'one', 'three']);
  assert.equal(record.states.at(-1), 'synced');
  await record.end();
}

const thingDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.test.sealift.dev' },
  spec: {
    group: 'test.sealift.dev',
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
