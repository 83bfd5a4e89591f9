// The main way, against the real API server: promote → applied; drift of every sort → back; new version → pruned;
// Delivery deleted → everything gone. And nothing is asked of the API server while nothing changes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../control-plane/wait.ts';
import { configMap, configMapPath, deliveryPath, tenantNamespace, withTenant } from './tenant.ts';

const timeoutMs = 10_000;

test('a promoted artifact is applied, kept and pruned', async (t) => {
  await withTenant(async (tenant) => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: tenantNamespace },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: 'web:1' }] },
        },
      },
    };
    const documents = (version: string): string =>
      [
        JSON.stringify(deployment),
        configMap('settings', { version, mode: 'safe' }),
        configMap(`only-${version}`, {}),
      ].join('\n---\n');
    const web = `/apis/apps/v1/namespaces/${tenantNamespace}/deployments/web`;
    const data = async (name: string): Promise<unknown> =>
      (await tenant.get(configMapPath(name))).body['data'];
    const replicas = async (): Promise<unknown> =>
      JSON.stringify((await tenant.get(web)).body['spec']).includes('"replicas":0');

    const one = await tenant.publish('1.0.0', documents('one'));
    await tenant.promote('1.0.0');
    const delivery = await tenant.untilApplied('1.0.0', one);
    assert.equal(delivery.status?.promotion?.sequence, 1);
    assert.deepEqual(delivery.status?.verification?.matched, ['tenant/ci']);
    assert.equal(delivery.status?.resources, 3);

    await t.test('an edited field, an added value and a removed key', async () => {
      await tenant.patch(configMapPath('settings'), { data: { version: 'evil', mode: null } });
      await waitUntil(
        async () =>
          JSON.stringify(await data('settings')) === JSON.stringify({ mode: 'safe', version: 'one' }),
        { what: 'the repair', timeoutMs },
      );
    });
    await t.test('a scaled Deployment', async () => {
      await tenant.patch(`${web}/scale`, { spec: { replicas: 3 } });
      await waitUntil(async () => (await replicas()) === true, { what: 'the former scale', timeoutMs });
    });
    await t.test('a deleted object', async () => {
      await tenant.remove(configMapPath('settings'));
      await waitUntil(async () => (await data('settings')) !== undefined, {
        what: 'the object again',
        timeoutMs,
      });
    });
    await t.test('a stripped owner label', async () => {
      await tenant.patch(configMapPath('settings'), { metadata: { labels: { 'sealift.dev/owner': null } } });
      await waitUntil(
        async () =>
          JSON.stringify((await tenant.get(configMapPath('settings'))).body['metadata']).includes(
            '"sealift.dev/owner"',
          ),
        { what: 'the label again', timeoutMs },
      );
    });
    await t.test("somebody else's own field is no drift", async () => {
      await tenant.patch(configMapPath('settings'), { data: { extra: 'theirs' } });
      // A drift that is repaired after it shows that the extra was seen, too.
      await tenant.patch(configMapPath('settings'), { data: { mode: 'unsafe' } });
      await waitUntil(async () => JSON.stringify(await data('settings')).includes('"mode":"safe"'), {
        what: 'the repair',
        timeoutMs,
      });
      assert.deepEqual(await data('settings'), { extra: 'theirs', mode: 'safe', version: 'one' });
    });
    await t.test('a new version is applied and what left it is pruned', async () => {
      const two = await tenant.publish('2.0.0', documents('two'));
      await tenant.promote('2.0.0');
      await tenant.untilApplied('2.0.0', two);
      assert.equal((await tenant.get(configMapPath('only-one'))).status, 404);
      assert.equal((await tenant.get(configMapPath('only-two'))).status, 200);
    });
    await t.test('a rollback is a new statement for the older artifact', async () => {
      await tenant.promote('1.0.0');
      const { status } = await tenant.untilApplied('1.0.0', one);
      assert.equal(status?.promotion?.sequence, 3);
      const { body } = await tenant.get('/apis/sealift.dev/v1alpha1/promotionrecords');
      assert.match(JSON.stringify(body), /"sequence":3/u);
    });
    await t.test('Events tell of it', async () => {
      const reasons = async (): Promise<string> =>
        JSON.stringify(
          (await tenant.get(`/apis/events.k8s.io/v1/namespaces/${tenantNamespace}/events`)).body,
        );
      await waitUntil(
        async () =>
          /"reason":"Applied"/u.test(await reasons()) && /"reason":"DriftCorrected"/u.test(await reasons()),
        { what: 'Events', timeoutMs },
      );
    });
    await t.test('a deleted Delivery takes its objects along', async () => {
      await tenant.remove(deliveryPath());
      await waitUntil(async () => (await tenant.get(deliveryPath())).status === 404, {
        what: 'the end of the Delivery',
        timeoutMs,
      });
      assert.equal((await tenant.get(configMapPath('settings'))).status, 404);
      assert.equal((await tenant.get(web)).status, 404);
      const { body } = await tenant.get('/apis/sealift.dev/v1alpha1/promotionrecords');
      assert.match(JSON.stringify(body), /"sequence":3/u, 'the record outlives the Delivery');
    });
  });
});

test('nothing is asked of the API server while nothing changes, and a restart writes nothing', async (t) => {
  await withTenant(async (tenant) => {
    const digest = await tenant.publish(
      '1.0.0',
      [configMap('a', { k: 'v' }), configMap('b', { k: 'v' })].join('\n---\n'),
    );
    await tenant.promote('1.0.0');
    await tenant.untilApplied('1.0.0', digest);

    const isLease = (uri: string): boolean => uri.includes('/leases');
    const countRenewals = async (): Promise<number> =>
      (await tenant.pullerRequests()).filter(
        ({ requestURI, verb }) => isLease(requestURI) && verb === 'update',
      ).length;
    const awaitRenewals = async (count: number): Promise<void> => {
      const from = await countRenewals();
      await waitUntil(async () => (await countRenewals()) >= from + count, {
        what: `${count} renewals`,
        timeoutMs: 60_000,
      });
    };
    const others = async (): Promise<readonly string[]> =>
      (await tenant.pullerRequests())
        .filter(
          ({ requestURI, verb, stage }) =>
            stage === 'ResponseComplete' && verb !== 'watch' && !isLease(requestURI),
        )
        .map(({ verb, requestURI, user }) => `${verb} ${requestURI} ${user.username}`);

    await t.test('steady state', async () => {
      await awaitRenewals(1);
      const before = await others();
      await awaitRenewals(2);
      assert.deepEqual((await others()).slice(before.length), []);
    });
    /** A look from beginning to end; it also records what repairs have changed since the last one. */
    const lookOnce = async (): Promise<void> => {
      await tenant.reconcileNow();
      await tenant.until('the look', ({ status, metadata }) => {
        const asked = metadata.annotations?.['reconcile.sealift.dev/requestedAt'];
        return status?.lastHandledReconcileAt === asked;
      });
    };
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await t.test(`restart after ${signal}`, async () => {
        await lookOnce();
        const before = (await others()).length;
        await tenant.restartPuller(signal);
        await lookOnce();
        // The status tells that the request for a look was heard; nothing else was to be written.
        const writes = (await others())
          .slice(before)
          .filter((line) => !/^(?:get|list) /u.test(line) && !line.includes('/deliveries/app/status'));
        assert.deepEqual(writes, []);
      });
    }
    await t.test('drift while the puller was down is corrected when it is back', async () => {
      await tenant.puller().stop();
      await tenant.patch(configMapPath('b'), { data: { k: 'evil' } });
      await tenant.remove(configMapPath('a'));
      await tenant.restartPuller('SIGTERM');
      await waitUntil(
        async () => JSON.stringify((await tenant.get(configMapPath('b'))).body['data']) === '{"k":"v"}',
        { what: 'the repair', timeoutMs },
      );
      await waitUntil(async () => (await tenant.get(configMapPath('a'))).status === 200, {
        what: 'the object again',
        timeoutMs,
      });
    });
  });
});

test('a puller that is told to end in the middle of its work lets its lease go', async () => {
  await withTenant(async (tenant) => {
    const names = Array.from({ length: 40 }, (_, index) => `m-${index}`);
    const digest = await tenant.publish('1.0.0', names.map((name) => configMap(name, {})).join('\n---\n'));
    await tenant.promote('1.0.0');
    await tenant.untilApplied('1.0.0', digest);
    // Corrections, and the Events that tell of them, are under way when the signal comes.
    const removed = names.map((name) => tenant.remove(configMapPath(name)));
    await Promise.all(removed.slice(0, 20));
    await tenant.puller().stop();
    await Promise.all(removed);
    const log = await tenant.puller().readLog();
    assert.match(log.trimEnd().split('\n').at(-1) ?? '', /"message":"ended"/u);
    const lease = '/apis/coordination.k8s.io/v1/namespaces/sealift-system/leases/sealift-puller';
    const { holderIdentity } = (await tenant.get(lease)).body['spec'] as { holderIdentity?: string }; // the API server's answer
    assert.equal(holderIdentity ?? '', '');
  });
});
