// Whose an object is: people's objects are taken over, other reconcilers' and other Deliveries' are not; a registry
// that is gone, a suspended Delivery and a changed policy change nothing that runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../control-plane/wait.ts';
import {
  conditionOf,
  configMap,
  configMapPath,
  deliveryObject,
  deliveryPath,
  makeKeys,
  tenantNamespace,
  withTenant,
  type Tenant,
} from './tenant.ts';

const timeoutMs = 10_000;

async function dataOf(tenant: Tenant, name: string): Promise<string> {
  return JSON.stringify((await tenant.get(configMapPath(name))).body['data'] ?? null);
}

test('objects that exist already, and objects that two Deliveries want', async (t) => {
  await withTenant(async (tenant) => {
    const { site, storeOf, keys } = tenant;
    const collection = `/api/v1/namespaces/${tenantNamespace}/configmaps`;
    const make = async (name: string, metadata: object): Promise<void> => {
      const body = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, ...metadata },
        data: { k: 'theirs' },
      };
      assert.equal(
        (await site.plane.request('POST', `${collection}?fieldManager=kubectl-create`, body)).status,
        201,
      );
    };

    await t.test("somebody's object by hand is taken over", async () => {
      await make('by-hand', {});
      const digest = await tenant.publish('1.0.0', configMap('by-hand', { k: 'ours' }));
      await tenant.promote('1.0.0');
      await tenant.untilApplied('1.0.0', digest);
      assert.equal(await dataOf(tenant, 'by-hand'), '{"k":"ours"}');
    });
    for (const [owner, metadata] of [
      [
        'Flux',
        {
          labels: {
            'kustomize.toolkit.fluxcd.io/name': 'apps',
            'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
          },
        },
      ],
      ['Argo CD', { annotations: { 'argocd.argoproj.io/tracking-id': 'app:/ConfigMap:tenant/argo' } }],
      ['Helm', { annotations: { 'meta.helm.sh/release-name': 'app' } }],
    ] as const) {
      await t.test(`${owner}'s object is left to it, with other values and with the same`, async () => {
        const name = `of-${owner.toLowerCase().replaceAll(' ', '-')}`;
        await make(name, metadata);
        for (const value of ['ours', 'theirs']) {
          const tag = `${name}-${value}`;
          const documents = [configMap('by-hand', { k: 'ours' }), configMap(name, { k: value })];
          const digest = await tenant.publish(tag, documents.join('\n---\n'));
          await tenant.promote(tag);
          await tenant.reconcileNow();
          const refusal = new RegExp(`OWNED_BY_ANOTHER: .*${name} is reconciled by ${owner}`, 'u');
          await tenant.until('the refusal', (delivery) => {
            const isThisOne = delivery.status?.lastAttemptedRevision === `production@${digest}`;
            return isThisOne && refusal.test(conditionOf(delivery, 'Ready')?.message ?? '');
          });
          const live = (await tenant.get(configMapPath(name))).body;
          assert.doesNotMatch(JSON.stringify(live), /sealift/u);
          assert.match(JSON.stringify(live), /"data":\{"k":"theirs"\}/u);
        }
      });
    }
    await t.test("another Delivery's object is refused, and the first keeps it", async () => {
      await tenant.publish('5.0.0', configMap('by-hand', { k: 'ours' }));
      await tenant.promote('5.0.0');
      await tenant.reconcileNow();
      const other = storeOf('config/other');
      await tenant.publish(
        '1.0.0',
        [configMap('by-hand', { k: 'stolen' }), configMap('own', {})].join('\n---\n'),
        keys.ci,
        other,
      );
      await tenant.promote('1.0.0', { store: other }, 'config/other');
      await site.apply([deliveryObject('other', site.registry.host, 'config/other')]);
      const delivery = await tenant.until(
        'the refusal',
        (found) => conditionOf(found, 'Ready')?.message.startsWith('OWNED_BY_ANOTHER: ') === true,
        'other',
      );
      assert.equal(conditionOf(delivery, 'Ready')?.status, 'False');
      assert.equal(await dataOf(tenant, 'by-hand'), '{"k":"ours"}');
      assert.equal((await tenant.get(configMapPath('own'))).status, 200, 'its other objects are applied');
      await tenant.remove(deliveryPath('other'));
      await waitUntil(async () => (await tenant.get(deliveryPath('other'))).status === 404, {
        what: 'the end of the second',
        timeoutMs,
      });
      assert.equal(
        await dataOf(tenant, 'by-hand'),
        '{"k":"ours"}',
        'and deleting the second deletes only its own',
      );
    });
    await t.test('a copied owner label gets nothing deleted', async () => {
      const { metadata } = (await tenant.get(configMapPath('by-hand'))).body as {
        metadata: { labels: Record<string, string> };
      }; // the API server's answer
      await make('impostor', { labels: metadata.labels });
      const digest = await tenant.publish('6.0.0', configMap('last', {}));
      await tenant.promote('6.0.0');
      await tenant.untilApplied('6.0.0', digest);
      assert.equal(
        (await tenant.get(configMapPath('by-hand'))).status,
        404,
        'what left the artifact is pruned',
      );
      assert.equal(
        (await tenant.get(configMapPath('impostor'))).status,
        200,
        'what only looks like ours is not',
      );
    });
  });
});

test('what runs is kept whatever happens around it', async (t) => {
  await withTenant(async (tenant) => {
    const { site } = tenant;
    const digest = await tenant.publish('1.0.0', configMap('app', { k: 'v' }));
    await tenant.promote('1.0.0');
    await tenant.untilApplied('1.0.0', digest);
    const corrected = async (): Promise<void> => {
      await tenant.patch(configMapPath('app'), { data: { k: 'evil' } });
      await waitUntil(async () => (await dataOf(tenant, 'app')) === '{"k":"v"}', {
        what: 'the repair',
        timeoutMs,
      });
    };
    const policyPath = '/apis/sealift.dev/v1alpha1/trustpolicies/tenant';

    await t.test('suspended: nothing is corrected; resumed: all of it is', async () => {
      await tenant.patch(deliveryPath(), { spec: { suspend: true } });
      await tenant.until('suspended', (delivery) => conditionOf(delivery, 'Ready')?.reason === 'Suspended');
      await tenant.patch(configMapPath('app'), { data: { k: 'by hand' } });
      await tenant.patch(deliveryPath(), { spec: { suspend: false } });
      await waitUntil(async () => (await dataOf(tenant, 'app')) === '{"k":"v"}', {
        what: 'the repair',
        timeoutMs,
      });
    });
    await t.test('a revoked key: correction stops, nothing is torn down; restored: it goes on', async () => {
      const { spec } = (await tenant.get(policyPath)).body as {
        spec: { authorities: { name: string; key: { data: string } }[] };
      }; // the API server's answer
      const stranger = await makeKeys();
      const withKey = (data: string): object => ({
        spec: {
          authorities: spec.authorities.map((authority) =>
            authority.name === 'ci' ? { ...authority, key: { data } } : authority,
          ),
        },
      });
      await tenant.patch(policyPath, withKey(stranger.ciPem));
      await tenant.until('the refusal', ({ status }) => status?.candidate?.reason === 'SIGNATURE_INVALID');
      await tenant.patch(configMapPath('app'), { data: { k: 'by hand' } });
      await tenant.reconcileNow();
      await tenant.until(
        'another look',
        ({ status, metadata }) =>
          status?.lastHandledReconcileAt === metadata.annotations?.['reconcile.sealift.dev/requestedAt'],
      );
      assert.equal(await dataOf(tenant, 'app'), '{"k":"by hand"}');
      await tenant.patch(policyPath, withKey(tenant.keys.ciPem));
      await waitUntil(async () => (await dataOf(tenant, 'app')) === '{"k":"v"}', {
        what: 'the repair',
        timeoutMs,
      });
    });
    await t.test('an API server that restarts', async () => {
      await site.plane.restartApiServer();
      await corrected();
    });
    await t.test('a registry that is gone', async () => {
      await site.registry.close();
      await tenant.reconcileNow();
      const delivery = await tenant.until(
        'the outage',
        (found) => conditionOf(found, 'SourceVerified')?.status === 'Unknown',
      );
      assert.match(conditionOf(delivery, 'SourceVerified')?.message ?? '', /^REGISTRY_NETWORK: /u);
      assert.equal(conditionOf(delivery, 'Ready')?.status, 'True');
      await corrected();
    });
  });
});
