// `sealift explain delivery/NAME` against a real control plane: the same verdict as the puller's, check by check, with
// the command that mends what is wrong.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { sealift } from '../helpers/cli.ts';
import { configMap, withTenant, type Tenant } from './tenant.ts';

const explainedSchema = z.object({
  accepted: z.boolean(),
  digest: z.string().nullable(),
  checks: z.array(
    z.object({
      name: z.string(),
      outcome: z.string(),
      expected: z.string().min(1),
      found: z.string().min(1),
      code: z.string().optional(),
      mend: z.string().optional(),
    }),
  ),
  conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string() })),
});

type Explained = z.infer<typeof explainedSchema>;

async function explain(tenant: Tenant, ...more: readonly string[]): Promise<Explained> {
  const { adminKubeconfig, directory } = tenant.site.plane;
  const done = await sealift(
    ['explain', 'delivery/app', '-n', 'tenant', '--kubeconfig', adminKubeconfig, '-o', 'json', ...more],
    { cwd: directory },
  );
  assert.equal(done.code, 0, done.stderr);
  return explainedSchema.parse(JSON.parse(done.stdout));
}

function failed({ checks }: Explained): Explained['checks'] {
  return checks.filter(({ outcome }) => outcome === 'failed');
}

test('a Delivery is explained', async (t) => {
  await withTenant(async (tenant) => {
    const first = await tenant.publish('1.0.0', configMap('settings', { k: '1' }));
    await tenant.promote('1.0.0');
    await tenant.untilApplied('1.0.0', first);

    await t.test('that is accepted: every check passes, and the cluster says so, too', async () => {
      const explained = await explain(tenant);
      assert.equal(explained.accepted, true);
      assert.equal(explained.digest, first);
      assert.deepEqual(failed(explained), []);
      const names = explained.checks.map(({ name }) => name);
      assert.deepEqual(names, ['policy', 'source', 'source', 'digest', 'signatures', 'promotion', 'content']);
      const ready = explained.conditions.find(({ type }) => type === 'Ready');
      assert.equal(ready?.status, 'True');
    });

    await t.test(
      'that was moved by a bare retag: only the promotion fails, with the command for it',
      async () => {
        const second = await tenant.publish('2.0.0', configMap('settings', { k: '2' }));
        await tenant.store.tag(await tenant.store.resolve(second), 'production');
        await tenant.untilRefused('STATEMENT_MISSING', second);
        const explained = await explain(tenant);
        assert.equal(explained.accepted, false);
        const [check, ...others] = failed(explained);
        assert.deepEqual(others, []);
        assert.equal(check?.code, 'STATEMENT_MISSING');
        assert.match(check?.mend ?? '', new RegExp(`^sealift promote oci://\\S+@${second} production `, 'u'));
      },
    );

    await t.test('that another kubeconfig context does not know: the error says so', async () => {
      const { adminKubeconfig, directory } = tenant.site.plane;
      const done = await sealift(
        ['explain', 'delivery/other', '-n', 'tenant', '--kubeconfig', adminKubeconfig, '-o', 'json'],
        { cwd: directory },
      );
      assert.equal(done.code, 6);
      assert.match(done.stdout, /KUBE_NOT_FOUND/u);
      const missing = await sealift(
        ['explain', 'delivery/app', '--kubeconfig', join(directory, 'none'), '-o', 'json'],
        { cwd: directory },
      );
      assert.equal(missing.code, 3);
    });
  });
});
