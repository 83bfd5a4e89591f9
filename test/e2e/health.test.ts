// Ready means healthy: workloads and custom resources are waited for by the watch, for a time, and the custom kinds of
// an artifact's own CRD are applied in the same go. Pods are simulated by kwok.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitUntil } from '../control-plane/wait.ts';
import { readObjects } from '../site/site.ts';
import { conditionOf, deliveryPath, isReady, tenantNamespace, withTenant } from './tenant.ts';

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.test.example' },
  spec: {
    group: 'test.example',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
const widget = {
  apiVersion: 'test.example/v1',
  kind: 'Widget',
  metadata: { name: 'one', namespace: tenantNamespace },
  spec: { size: 1 },
};

function deployment(nodeSelector: object): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: tenantNamespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { nodeSelector, containers: [{ name: 'web', image: 'web:1' }] },
      },
    },
  };
}

/** What the claim of the puller's state is bound to, where no storage class would make one. */
const volume = {
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'state' },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path: '/nowhere' },
  },
};

function yaml(...objects: readonly object[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

test('health of workloads and custom resources', async (t) => {
  await withTenant(
    async (tenant) => {
      await t.test('the shipped Deployment is admitted into its restricted namespace', async () => {
        const deploy = join(import.meta.dirname, '..', '..', 'puller', 'deploy');
        await tenant.site.apply([volume]);
        await tenant.site.apply(await readObjects(join(deploy, 'deployment.yaml')));
        await tenant.site.apply(await readObjects(join(deploy, 'watch-secrets.yaml')));
        const path = '/apis/apps/v1/namespaces/sealift-system/deployments/sealift-puller';
        // The pod is simulated: that it was made at all is what admission had to say.
        const isAvailable = async (): Promise<boolean> =>
          JSON.stringify((await tenant.get(path)).body['status'] ?? '').includes('"availableReplicas":1');
        await waitUntil(isAvailable, { what: 'the pod of the puller', timeoutMs: 30_000 });
      });
      const widgetPath = `/apis/test.example/v1/namespaces/${tenantNamespace}/widgets/one`;
      await t.test(
        'a Deployment of two replicas, a CRD and an object of it turn Ready together',
        async () => {
          await tenant.site.apply([
            {
              apiVersion: 'rbac.authorization.k8s.io/v1',
              kind: 'ClusterRole',
              metadata: { name: 'watch-widgets', labels: { 'sealift.dev/aggregate-to-puller': 'true' } },
              rules: [
                { apiGroups: ['test.example'], resources: ['widgets'], verbs: ['get', 'list', 'watch'] },
              ],
            },
          ]);
          const digest = await tenant.publish('1.0.0', yaml(widget, deployment({}), definition));
          await tenant.promote('1.0.0');
          const delivery = await tenant.untilApplied('1.0.0', digest);
          assert.equal(conditionOf(delivery, 'Healthy')?.status, 'True');
          assert.equal((await tenant.get(widgetPath)).status, 200);
        },
      );
      await t.test('a custom resource that says it is not ready is shown', async () => {
        const status = (ready: string): object => ({
          status: { conditions: [{ type: 'Ready', status: ready, message: 'widget is warming up' }] },
        });
        await tenant.patch(`${widgetPath}/status`, status('False'));
        const unhealthy = await tenant.until(
          'Healthy is not True',
          (found) => conditionOf(found, 'Healthy')?.status !== 'True',
        );
        assert.match(
          conditionOf(unhealthy, 'Healthy')?.message ?? '',
          /Widget\.test\.example tenant\/one widget is warming up/u,
        );
        assert.ok(isReady(unhealthy.status), 'a dip does not take Ready away before the timeout');
        await tenant.patch(`${widgetPath}/status`, status('True'));
        await tenant.until('Healthy again', (found) => conditionOf(found, 'Healthy')?.status === 'True');
      });
      await t.test(
        'a workload that never turns available fails after the timeout, and names itself',
        async () => {
          await tenant.patch(deliveryPath(), { spec: { timeout: '2s' } });
          const digest = await tenant.publish(
            '2.0.0',
            yaml(widget, deployment({ nowhere: 'true' }), definition),
          );
          await tenant.promote('2.0.0');
          await tenant.reconcileNow();
          const delivery = await tenant.until(
            'the failure',
            (found) => conditionOf(found, 'Ready')?.reason === 'HealthCheckFailed',
          );
          assert.match(
            conditionOf(delivery, 'Ready')?.message ?? '',
            /^WAIT_TIMEOUT: Deployment\.apps tenant\/web /u,
          );
          assert.equal(delivery.status?.artifact?.digest, digest);
        },
      );
      await t.test('going back to the former version heals it', async () => {
        await tenant.promote('1.0.0');
        await tenant.reconcileNow();
        await tenant.until('Ready', ({ status }) => isReady(status) && status?.promotion?.sequence === 3);
      });
      await t.test('a deleted CRD comes back with its objects', async () => {
        const uid = async (): Promise<string | undefined> =>
          /"uid":"([^"]+)"/u.exec(
            JSON.stringify((await tenant.get(widgetPath)).body['metadata'] ?? null),
          )?.[1];
        const before = await uid();
        assert.ok(before !== undefined);
        await tenant.remove('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.test.example');
        await tenant.until('the Widget again', async () => {
          const found = await uid();
          return found !== undefined && found !== before;
        });
      });
    },
    { workloads: true },
  );
});
