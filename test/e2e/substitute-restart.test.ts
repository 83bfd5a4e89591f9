// Values that are filled in, through restarts and changes: what has not changed is not applied anew, what has is, also
// where it changed while no puller ran; and in the puller's own namespace a change counts at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceSchema } from '../../src/resources/resource.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { configMap, configMapPath, deliveryObject, deliveryPath, withTenant, type Tenant } from './tenant.ts';

async function colorOf(tenant: Tenant, name = 'settings'): Promise<string | undefined> {
  const { data } = (await tenant.get(configMapPath(name))).body as { data?: { color?: string } }; // the API server's answer
  return data?.color;
}

async function untilColor(tenant: Tenant, color: string, name?: string): Promise<void> {
  const isThere = async (): Promise<boolean> => (await colorOf(tenant, name)) === color;
  await waitUntil(isThere, {
    what: color,
    timeoutMs: 20_000,
    assertPossible: () => tenant.puller().assertRunning(),
  });
}

async function appliesOf(tenant: Tenant): Promise<number> {
  return (await tenant.pullerRequests()).filter(
    ({ stage, verb, objectRef }) =>
      stage === 'ResponseComplete' && verb === 'patch' && objectRef?.name === 'settings',
  ).length;
}

const postBuild = { substituteFrom: [{ kind: 'ConfigMap', name: 'site' }] };

test('values that are filled in, through restarts', async (t) => {
  await withTenant(async (tenant) => {
    const { site } = tenant;
    const policyPath = '/apis/sealift.dev/v1alpha1/trustpolicies/tenant';
    const url = `oci://${site.registry.host}/config/*`;
    await tenant.patch(policyPath, { spec: { match: [{ url }], allowTransforms: ['substitution'] } });
    const setColor = (color: string, namespace?: string): Promise<void> =>
      tenant.patch(
        `${configMapPath('site', namespace)}?fieldManager=test&force=true`,
        JSON.parse(configMap('site', { color }, namespace)) as object, // written above
        'application/apply-patch+yaml',
      );
    await setColor('red');
    await tenant.patch(deliveryPath(), { spec: { postBuild } });
    const digest = await tenant.publish('1.0.0', configMap('settings', { color: '${color}' }));
    await tenant.promote('1.0.0');
    await tenant.untilApplied('1.0.0', digest);
    assert.equal(await colorOf(tenant), 'red');
    assert.equal(await appliesOf(tenant), 1);

    await t.test('the same value is not applied anew', async () => {
      await tenant.restartPuller('SIGKILL');
      await tenant.untilApplied('1.0.0', digest);
      assert.equal(await appliesOf(tenant), 1);
    });

    await t.test('one that changed meanwhile is', async () => {
      await tenant.restartPuller('SIGTERM', { meanwhile: () => setColor('green') });
      await untilColor(tenant, 'green');
    });

    await t.test('a change in the puller’s own namespace counts at once', async () => {
      await setColor('blue', 'sealift-system');
      await tenant.remove(deliveryPath());
      const rbac = 'rbac.authorization.k8s.io';
      const spec = { postBuild, serviceAccountName: undefined };
      const { metadata, ...own } = deliveryObject('own', site.registry.host, 'config/app', spec);
      await site.apply([
        // There the puller may apply by itself; here it may write in the tenant's namespace, too.
        resourceSchema.parse({
          apiVersion: `${rbac}/v1`,
          kind: 'ClusterRoleBinding',
          metadata: { name: 'own' },
          roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
          subjects: [{ kind: 'ServiceAccount', name: 'sealift-puller', namespace: 'sealift-system' }],
        }),
        { ...own, metadata: { ...metadata, namespace: 'sealift-system' } },
      ]);
      await untilColor(tenant, 'blue');
      await setColor('violet', 'sealift-system');
      await untilColor(tenant, 'violet');
    });
  });
});
