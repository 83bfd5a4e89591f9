// What pruning leaves over outlives the puller: what its guard holds, and what finalizers hold.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../control-plane/wait.ts';
import { storedRecordsIn } from '../helpers/stored-records.ts';
import { conditionOf, configMap, configMapPath, deliveryPath, withTenant, type Tenant } from './tenant.ts';

const timeoutMs = 15_000;

async function isThere(tenant: Tenant, name: string): Promise<boolean> {
  return (await tenant.get(configMapPath(name))).status === 200;
}

/** Records that a restart would find. */
async function recordsOf(tenant: Tenant): Promise<readonly object[]> {
  const path = '/api/v1/namespaces/sealift-system/secrets?labelSelector=sealift.dev%2Frecord-of';
  const { items } = (await tenant.get(path)).body as { items: Parameters<typeof storedRecordsIn>[0] }; // the API server's answer
  return [...storedRecordsIn(items).values()];
}

async function untilGone(tenant: Tenant, name: string): Promise<void> {
  await waitUntil(async () => !(await isThere(tenant, name)), { what: `the end of ${name}`, timeoutMs });
}

test('prune-guard-survives-restart, and so does the name of what finalizers hold', async (t) => {
  await withTenant(async (tenant) => {
    const yaml = (names: readonly string[]): string =>
      names.map((name) => configMap(name, {})).join('\n---\n');
    await tenant.patch(deliveryPath(), { spec: { pruneGuard: { maxObjects: 1 } } });
    const one = await tenant.publish('1.0.0', yaml(['a', 'b', 'c', 'd']));
    await tenant.promote('1.0.0');
    await tenant.untilApplied('1.0.0', one);

    await t.test('a guard that holds, through a kill', async () => {
      const two = await tenant.publish('2.0.0', yaml(['a', 'b']));
      await tenant.promote('2.0.0');
      await tenant.reconcileNow();
      await tenant.until('the hold', (found) => conditionOf(found, 'PruneHeld')?.status === 'True');
      await tenant.restartPuller('SIGKILL');
      await tenant.reconcileNow();
      await tenant.until(
        'the look',
        ({ status, metadata }) =>
          status?.lastHandledReconcileAt === metadata.annotations?.['reconcile.sealift.dev/requestedAt'],
      );
      const delivery = await tenant.delivery();
      assert.equal(conditionOf(delivery, 'PruneHeld')?.status, 'True');
      assert.equal(conditionOf(delivery, 'Ready')?.status, 'True');
      assert.ok((await isThere(tenant, 'c')) && (await isThere(tenant, 'd')));

      await tenant.patch(deliveryPath(), { metadata: { annotations: { 'sealift.dev/approve-prune': two } } });
      await untilGone(tenant, 'c');
      await untilGone(tenant, 'd');
      await tenant.until('no hold', (found) => conditionOf(found, 'PruneHeld') === undefined);
    });
    await t.test('an object that a finalizer holds, through a kill', async () => {
      await tenant.patch(configMapPath('b'), { metadata: { finalizers: ['example.org/slow'] } });
      await tenant.publish('3.0.0', yaml(['a']));
      await tenant.promote('3.0.0');
      await tenant.reconcileNow();
      const isNamed = (found: Awaited<ReturnType<Tenant['delivery']>>): boolean =>
        conditionOf(found, 'Ready')?.message.includes('tenant/b (finalizers example.org/slow)') === true;
      await tenant.until('its name', isNamed);
      await tenant.restartPuller('SIGKILL');
      await tenant.reconcileNow();
      const delivery = await tenant.until(
        'the look',
        ({ status, metadata }) =>
          status?.lastHandledReconcileAt === metadata.annotations?.['reconcile.sealift.dev/requestedAt'],
      );
      assert.ok(isNamed(delivery));
      await tenant.patch(configMapPath('b'), { metadata: { finalizers: null } });
      await tenant.until('no name', (found) => !isNamed(found));
    });
    await t.test('no record of a Delivery that went without its finalizer meanwhile', async () => {
      assert.equal((await recordsOf(tenant)).length, 1);
      await tenant.restartPuller('SIGTERM', {
        meanwhile: async () => {
          assert.equal((await recordsOf(tenant)).length, 1, 'an end of the puller removes none');
          await tenant.patch(deliveryPath(), { metadata: { finalizers: null } });
          await tenant.remove(deliveryPath());
        },
      });
      await waitUntil(async () => (await recordsOf(tenant)).length === 0, {
        what: 'the end of the record',
        timeoutMs,
      });
      assert.ok(await isThere(tenant, 'a'), 'its objects stay');
    });
  });
});
