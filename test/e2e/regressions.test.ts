// Holes of the puller that a review with fresh eyes found, each by the attack or accident that showed it.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { describe } from '../../src/oci/descriptor.ts';
import { formatManifest } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { ociLimits } from '../../src/limits.ts';
import { waitUntil } from '../control-plane/wait.ts';
import {
  conditionOf,
  configMap,
  configMapPath,
  deliveryObject,
  deliveryPath,
  isReady,
  makeKeys,
  tenantNamespace,
  withTenant,
  type Tenant,
} from './tenant.ts';

const timeoutMs = 15_000;
const policyPath = '/apis/sealift.dev/v1alpha1/trustpolicies/tenant';

async function dataOf(tenant: Tenant, name: string): Promise<string> {
  return JSON.stringify((await tenant.get(configMapPath(name))).body['data'] ?? null);
}

async function spoil(tenant: Tenant, name: string): Promise<void> {
  await tenant.patch(configMapPath(name), { data: { k: 'evil' } });
}

async function untilData(tenant: Tenant, name: string, data: string): Promise<void> {
  await waitUntil(async () => (await dataOf(tenant, name)) === data, {
    what: `${name} to be ${data}`,
    timeoutMs,
  });
}

/** A look that is over: what was to be done on it has been done. */
async function lookOnce(tenant: Tenant, name?: string): Promise<void> {
  await tenant.reconcileNow(name);
  await tenant.until(
    'a look',
    ({ status, metadata }) =>
      status?.lastHandledReconcileAt === metadata.annotations?.['reconcile.sealift.dev/requestedAt'],
    name,
  );
}

async function deliver(tenant: Tenant, tag: string, ...documents: readonly string[]): Promise<void> {
  const digest = await tenant.publish(tag, documents.join('\n---\n'));
  await tenant.promote(tag);
  await tenant.untilApplied(tag, digest);
}

suite('trust', () => {
  test('a flood of referrers on what runs does not put its correction out', async () => {
    await withTenant(async (tenant) => {
      await deliver(tenant, '1.0.0', configMap('app', { k: 'v' }));
      const artifact = await tenant.store.resolve('1.0.0');
      for (let index = 0; index <= ociLimits.referrers; index += 1) {
        const bytes = Buffer.from(`{"n":${index}}`);
        const layer = describe(mediaTypes.sigstoreBundle, bytes);
        await tenant.store.push({ descriptor: layer, bytes });
        await tenant.store.push(
          formatManifest({ config: layer, layers: [layer], subject: artifact.descriptor }),
        );
      }
      // A full look judges the tag anew, and finds the flood.
      await tenant.patch(deliveryPath(), { spec: { timeout: '4m' } });
      await tenant.until('the refusal', ({ status }) => status?.candidate?.reason === 'CANDIDATE_LIMIT');
      await spoil(tenant, 'app');
      await untilData(tenant, 'app', '{"k":"v"}');
    });
  });

  test('a revoked key counts though the tag shows something else, and with the registry away', async () => {
    await withTenant(async (tenant) => {
      await deliver(tenant, '1.0.0', configMap('app', { k: 'v' }));
      await tenant.publish('2.0.0', configMap('app', { k: 'two' }));
      await tenant.store.tag(await tenant.store.resolve('2.0.0'), 'production');
      await tenant.untilRefused('STATEMENT_MISSING');
      await tenant.site.registry.close();
      const stranger = await makeKeys();
      const { spec } = (await tenant.get(policyPath)).body as { spec: { authorities: { name: string }[] } }; // the API server's answer
      const authorities = spec.authorities.map((authority) =>
        authority.name === 'ci' ? { ...authority, key: { data: stranger.ciPem } } : authority,
      );
      await tenant.patch(policyPath, { spec: { authorities } });
      await tenant.until('distrust', (found) =>
        /is not corrected/u.test(conditionOf(found, 'Ready')?.message ?? ''),
      );
      await spoil(tenant, 'app');
      await lookOnce(tenant);
      assert.equal(await dataOf(tenant, 'app'), '{"k":"evil"}');
    });
  });

  test('a Delivery that loses its service account is not corrected with the rights of the puller', async () => {
    await withTenant(async (tenant) => {
      await deliver(tenant, '1.0.0', configMap('app', { k: 'v' }));
      await tenant.patch(deliveryPath(), { spec: { serviceAccountName: null } });
      await tenant.untilRefused('INPUT_MISSING');
      const before = (await tenant.pullerRequests()).length;
      await spoil(tenant, 'app');
      await lookOnce(tenant);
      const after = (await tenant.pullerRequests()).slice(before);
      assert.deepEqual(
        after.filter(({ requestURI }) => requestURI.includes(`/configmaps/app`)),
        [],
      );
      await tenant.remove(deliveryPath());
      await waitUntil(async () => (await tenant.get(deliveryPath())).status === 404, {
        what: 'its end',
        timeoutMs,
      });
      assert.equal(await dataOf(tenant, 'app'), '{"k":"evil"}', 'nothing is deleted as the puller, either');
    });
  });

  test('an object without a namespace does not get into the namespace of the puller', async () => {
    await withTenant(async (tenant) => {
      const delivery = deliveryObject('inside', tenant.site.registry.host, 'config/app');
      const { spec } = (await tenant.get(policyPath)).body as { spec: { match: { url: string }[] } }; // the API server's answer
      await tenant.patch(policyPath, { spec: { match: [{ url: spec.match[0]?.url }] } });
      const bare = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'sealift-record-forged' } };
      await tenant.publish('1.0.0', JSON.stringify(bare));
      await tenant.promote('1.0.0');
      await tenant.site.apply([{ ...delivery, metadata: { name: 'inside', namespace: 'sealift-system' } }]);
      const path = '/apis/sealift.dev/v1alpha1/namespaces/sealift-system/deliveries/inside';
      await waitUntil(
        async () => /SELF_MODIFICATION/u.test(JSON.stringify((await tenant.get(path)).body['status'] ?? '')),
        {
          what: 'the refusal',
          timeoutMs,
        },
      );
      const forged = await tenant.get('/api/v1/namespaces/sealift-system/secrets/sealift-record-forged');
      assert.equal(forged.status, 404);
    });
  });
});

suite('ownership and records', () => {
  test('deleting a Delivery that wanted the object of another leaves that one correcting', async () => {
    await withTenant(async (tenant) => {
      const { site, storeOf, keys } = tenant;
      await deliver(tenant, '1.0.0', configMap('app', { k: 'v' }));
      const other = storeOf('config/other');
      await tenant.publish('1.0.0', configMap('app', { k: 'stolen' }), keys.ci, other);
      await tenant.promote('1.0.0', { store: other }, 'config/other');
      await site.apply([deliveryObject('other', site.registry.host, 'config/other')]);
      await tenant.until(
        'the refusal',
        (found) => conditionOf(found, 'Ready')?.reason === 'OwnedByAnother',
        'other',
      );
      await tenant.remove(deliveryPath('other'));
      await waitUntil(async () => (await tenant.get(deliveryPath('other'))).status === 404, {
        what: 'its end',
        timeoutMs,
      });
      await spoil(tenant, 'app');
      await untilData(tenant, 'app', '{"k":"v"}');
    });
  });

  test('a Delivery made anew inherits nothing from its namesake', async () => {
    await withTenant(async (tenant) => {
      await tenant.patch(deliveryPath(), { spec: { prune: false } });
      await deliver(tenant, '1.0.0', configMap('orphan', { k: 'v' }));
      await tenant.restartPuller('SIGTERM');
      await lookOnce(tenant);
      await tenant.remove(deliveryPath());
      await waitUntil(async () => (await tenant.get(deliveryPath())).status === 404, {
        what: 'its end',
        timeoutMs,
      });
      const digest = await tenant.publish('2.0.0', configMap('app', { k: 'v' }));
      await tenant.promote('2.0.0');
      await tenant.site.apply([deliveryObject('app', tenant.site.registry.host, 'config/app')]);
      await tenant.untilApplied('2.0.0', digest);
      assert.equal(await dataOf(tenant, 'orphan'), '{"k":"v"}', 'what was let go stays');
    });
  });

  test('an object that a repair made anew is still pruned', async () => {
    await withTenant(async (tenant) => {
      await deliver(tenant, '1.0.0', configMap('app', { k: 'v' }), configMap('gone', {}));
      await tenant.remove(configMapPath('gone'));
      await waitUntil(async () => (await tenant.get(configMapPath('gone'))).status === 200, {
        what: 'it again',
        timeoutMs,
      });
      await deliver(tenant, '2.0.0', configMap('app', { k: 'two' }));
      assert.equal((await tenant.get(configMapPath('gone'))).status, 404);
    });
  });

  test('kill -9 in the middle of an update goes on with the update', async () => {
    await withTenant(async (tenant) => {
      const many = (version: string, count: number): string[] =>
        Array.from({ length: count }, (_, index) => configMap(`m-${index}`, { version }));
      await deliver(tenant, '1.0.0', ...many('one', 60));
      const digest = await tenant.publish('2.0.0', many('two', 160).join('\n---\n'));
      await tenant.promote('2.0.0');
      await tenant.reconcileNow();
      await waitUntil(async () => (await tenant.get(configMapPath('m-100'))).status === 200, {
        what: 'the middle',
        timeoutMs,
      });
      await tenant.restartPuller('SIGKILL');
      await tenant.untilApplied('2.0.0', digest);
      assert.deepEqual(JSON.parse(await dataOf(tenant, 'm-159')), { version: 'two' });
      const deletes = (await tenant.pullerRequests()).filter(
        ({ verb, requestURI }) => verb === 'delete' && requestURI.includes('/configmaps/'),
      );
      assert.deepEqual(deletes, [], 'nothing of the update was taken back');
    });
  });
});

suite('conditions and bounds', () => {
  test('drift that can not be corrected is no Ready', async () => {
    await withTenant(async (tenant) => {
      await deliver(tenant, '1.0.0', configMap('app', { k: 'v' }));
      const binding = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/deployer';
      const { subjects } = (await tenant.get(binding)).body as { subjects: unknown[] }; // the API server's answer
      await tenant.patch(binding, { subjects: [] });
      await tenant.until('the end of the rights', async () => {
        await spoil(tenant, 'app');
        return conditionOf(await tenant.delivery(), 'Ready')?.status === 'False';
      });
      assert.match(conditionOf(await tenant.delivery(), 'Ready')?.message ?? '', /^APPLY_FORBIDDEN: /u);
      await tenant.patch(binding, { subjects });
      await tenant.until('Ready again', ({ status }) => isReady(status));
      assert.equal(await dataOf(tenant, 'app'), '{"k":"v"}');
    });
  });

  test('drift of a suspension is corrected after it, though the tag is refused', async () => {
    await withTenant(async (tenant) => {
      await deliver(tenant, '1.0.0', configMap('app', { k: 'v' }));
      await tenant.publish('2.0.0', configMap('app', { k: 'two' }));
      await tenant.store.tag(await tenant.store.resolve('2.0.0'), 'production');
      await tenant.untilRefused('STATEMENT_MISSING');
      await tenant.patch(deliveryPath(), { spec: { suspend: true } });
      await tenant.until('suspended', (found) => conditionOf(found, 'Ready')?.reason === 'Suspended');
      await spoil(tenant, 'app');
      await tenant.patch(deliveryPath(), { spec: { suspend: false } });
      await untilData(tenant, 'app', '{"k":"v"}');
    });
  });

  test('another tag with the same artifact is verified, not taken for the same promotion', async () => {
    await withTenant(async (tenant) => {
      await deliver(tenant, '1.0.0', configMap('app', { k: 'v' }));
      await tenant.store.tag(await tenant.store.resolve('1.0.0'), 'staging');
      await tenant.patch(deliveryPath(), { spec: { source: { ref: { tag: 'staging' } } } });
      await tenant.untilRefused('WRONG_CHANNEL');
    });
  });

  test('times without measure neither spin nor stop the puller', async () => {
    await withTenant(async (tenant) => {
      const source = { interval: '99999h', timeout: '99999h' };
      await tenant.patch(deliveryPath(), {
        spec: { source, interval: '99999h', retryInterval: '0s', timeout: '99999h' },
      });
      await deliver(tenant, '1.0.0', configMap('app', { k: 'v' }));
      const looks = async (): Promise<number> =>
        (await tenant.puller().readLog()).split('\n').filter((line) => line.includes('look failed')).length;
      assert.equal(await looks(), 0);
      const before = (await tenant.pullerRequests()).length;
      await spoil(tenant, 'app');
      await untilData(tenant, 'app', '{"k":"v"}');
      assert.ok((await tenant.pullerRequests()).length - before < 10, 'one repair, no spinning');
    });
  });

  test('two Deliveries of one channel both follow it', async () => {
    await withTenant(async (tenant) => {
      const { site } = tenant;
      await tenant.patch(deliveryPath(), { spec: { suspend: true } });
      const followers = ['left', 'right'];
      // Each has a namespace of its own for the object that both deliver.
      await deliverTo(tenant, followers);
      const digest = await tenant.publish(
        '1.0.0',
        JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'app' }, data: { k: 'v' } }),
      );
      await tenant.promote('1.0.0');
      for (const name of followers) {
        const path = `/apis/sealift.dev/v1alpha1/namespaces/${name}/deliveries/app`;
        const annotations = { 'reconcile.sealift.dev/requestedAt': 'now' };
        await tenant.patch(path, { metadata: { annotations } });
      }
      for (const name of followers) {
        const path = `/apis/sealift.dev/v1alpha1/namespaces/${name}/deliveries/app`;
        await waitUntil(
          async () =>
            JSON.stringify((await tenant.get(path)).body['status'] ?? '').includes(
              `"lastAppliedRevision":"production@${digest}"`,
            ),
          {
            what: `${name} to follow`,
            timeoutMs,
          },
        );
        assert.doesNotMatch(JSON.stringify((await tenant.get(path)).body['status']), /KUBE_CONFLICT/u);
      }
      assert.ok(site.registry.port > 0);
    });
  });
});

/** Namespaces with a deployer and a Delivery each, and a policy for them. */
async function deliverTo(tenant: Tenant, namespaces: readonly string[]): Promise<void> {
  const { site } = tenant;
  const rbac = 'rbac.authorization.k8s.io';
  const { spec } = (await tenant.get(policyPath)).body as { spec: { match: { url: string }[] } }; // the API server's answer
  await tenant.patch(policyPath, {
    spec: { match: [{ url: spec.match[0]?.url, namespaces: [tenantNamespace, ...namespaces] }] },
  });
  for (const namespace of namespaces) {
    const account = { kind: 'ServiceAccount', name: 'deployer', namespace };
    const puller = { kind: 'ServiceAccount', name: 'sealift-puller', namespace: 'sealift-system' };
    await site.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer', namespace } },
      {
        apiVersion: `${rbac}/v1`,
        kind: 'Role',
        metadata: { name: 'impersonate', namespace },
        rules: [
          {
            apiGroups: [''],
            resources: ['serviceaccounts'],
            resourceNames: ['deployer'],
            verbs: ['impersonate'],
          },
        ],
      },
      {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata: { name: 'impersonate', namespace },
        roleRef: { apiGroup: rbac, kind: 'Role', name: 'impersonate' },
        subjects: [puller],
      },
      {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata: { name: 'deployer', namespace },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'admin' },
        subjects: [account],
      },
      { ...deliveryObject('app', site.registry.host, 'config/app'), metadata: { name: 'app', namespace } },
    ]);
  }
}
