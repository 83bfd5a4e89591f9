// Verified artifacts on the puller's volume: with the registry gone, a killed puller goes on with what it verified, goes
// back where it is asked to, and trusts what lies on its disk no more than a registry.
import assert from 'node:assert/strict';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Digest } from '../../src/oci/digest.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { waitUntil } from '../control-plane/wait.ts';
import {
  conditionOf,
  configMap,
  configMapPath,
  deliveryObject,
  deliveryPath,
  withTenant,
  type Tenant,
} from './tenant.ts';

const timeoutMs = 20_000;
const policyPath = '/apis/sealift.dev/v1alpha1/trustpolicies/tenant';
const unread = 'what was applied can not be read again';

function documents(version: string): string {
  return [configMap('settings', { version }), configMap('other', { version })].join('\n---\n');
}

async function versionOf(tenant: Tenant, name: string): Promise<unknown> {
  const { data } = (await tenant.get(configMapPath(name))).body;
  return typeof data === 'object' && data !== null && 'version' in data ? data.version : undefined;
}

async function untilVersion(tenant: Tenant, name: string, version: string): Promise<void> {
  await waitUntil(async () => (await versionOf(tenant, name)) === version, {
    what: `${name} to be ${version}`,
    timeoutMs,
  });
}

async function untilLogged(tenant: Tenant, ...texts: readonly string[]): Promise<void> {
  await waitUntil(
    async () => {
      const lines = (await tenant.puller().readLog()).split('\n');
      return lines.some((line) => texts.every((text) => line.includes(text)));
    },
    { what: `the log line ${texts.join(' … ')}`, timeoutMs },
  );
}

async function untilStored(tenant: Tenant, digests: readonly Digest[]): Promise<void> {
  await tenant.reconcileNow();
  await tenant.until('the artifacts to be kept', ({ status }) =>
    digests.every((digest) => status?.history?.some((one) => one.digest === digest && one.isStored === true)),
  );
}

test('with the registry gone, what was verified is kept, restored and gone back to', async (t) => {
  let folder = '';
  await withTenant(
    async (tenant) => {
      const { site } = tenant;
      const layoutOf = (digest: Digest): string => join(folder, 'artifacts', digest.slice('sha256:'.length));
      const one = await tenant.publish('1.0.0', documents('one'));
      await tenant.promote('1.0.0');
      await tenant.untilApplied('1.0.0', one);
      const two = await tenant.publish('2.0.0', documents('two'));
      await tenant.promote('2.0.0');
      await tenant.untilApplied('2.0.0', two);
      await untilStored(tenant, [one, two]);
      const vandalise = async (): Promise<void> => {
        await tenant.patch(configMapPath('settings'), { data: { version: 'evil' } });
        await tenant.remove(configMapPath('other'));
      };
      await site.registry.close();

      await t.test('nobody else reads what lies there', async () => {
        assert.equal((await stat(join(folder, 'artifacts'))).mode & 0o777, 0o700);
        assert.equal((await readdir(join(folder, 'artifacts'))).length, 2);
      });
      await t.test('drift is corrected and a deleted object made anew after a kill', async () => {
        await tenant.restartPuller('SIGKILL', { meanwhile: vandalise });
        await untilVersion(tenant, 'settings', 'two');
        await untilVersion(tenant, 'other', 'two');
      });
      await t.test('rollbackTo brings the one before back, and its end the newer one', async () => {
        const channels = [{ tag: 'production', authorities: ['release'] }];
        await tenant.patch(policyPath, { spec: { promotion: { channels, localRollback: 'Previous' } } });
        await tenant.patch(deliveryPath(), { spec: { rollbackTo: { digest: one } } });
        await untilVersion(tenant, 'settings', 'one');
        await tenant.until(
          'the alarm',
          (found) => conditionOf(found, 'RolledBackLocally')?.status === 'True',
        );
        await tenant.restartPuller('SIGKILL', { meanwhile: vandalise });
        await untilVersion(tenant, 'settings', 'one');
        await untilVersion(tenant, 'other', 'one');
        await tenant.patch(deliveryPath(), { spec: { rollbackTo: null } });
        await untilVersion(tenant, 'settings', 'two');
        await tenant.until('its end', (found) => conditionOf(found, 'RolledBackLocally') === undefined);
      });
      await t.test('another Delivery gets nothing of it, the same channel as it follows', async () => {
        await site.apply([
          deliveryObject('twin', site.registry.host, 'config/app', { rollbackTo: { digest: two } }),
        ]);
        await tenant.until(
          'the outage',
          (found) => conditionOf(found, 'Ready')?.message.startsWith('REGISTRY_') === true,
          'twin',
        );
        const { status } = await tenant.delivery('twin');
        assert.deepEqual(
          [status?.artifact, status?.resources, status?.history],
          [undefined, undefined, undefined],
        );
        await tenant.remove(deliveryPath('twin'));
      });
      await t.test('a policy that denies it meanwhile wins', async () => {
        await tenant.restartPuller('SIGTERM', {
          meanwhile: async () => {
            await vandalise();
            await tenant.patch(policyPath, { spec: { deniedDigests: [two] } });
          },
        });
        await untilLogged(tenant, unread, 'is denied by TrustPolicy');
        assert.equal(await versionOf(tenant, 'settings'), 'evil');
        await tenant.patch(policyPath, { spec: { deniedDigests: null } });
        await untilVersion(tenant, 'settings', 'two');
        await untilVersion(tenant, 'other', 'two');
      });
      await t.test('what is damaged there is not used, and kept anew once the registry is back', async () => {
        await tenant.restartPuller('SIGTERM', {
          meanwhile: async () => {
            await vandalise();
            const blobs = join(layoutOf(two), 'blobs', 'sha256');
            for (const name of await readdir(blobs)) {
              const bytes = await readFile(join(blobs, name));
              // The layer alone is compressed; its size stays.
              if (bytes[0] !== 0x1f) continue;
              bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
              await writeFile(join(blobs, name), bytes);
            }
          },
        });
        await untilLogged(tenant, 'artifact on the volume is damaged', two);
        await untilLogged(tenant, unread);
        assert.equal(await versionOf(tenant, 'settings'), 'evil');
        const again = await startRegistry({ directory: site.registryDirectory, port: site.registry.port });
        try {
          await tenant.untilApplied('2.0.0', two);
          await untilVersion(tenant, 'settings', 'two');
          await untilStored(tenant, [one, two]);
        } finally {
          await again.close();
        }
      });
      await t.test('what no history needs is removed', async () => {
        await tenant.remove(deliveryPath());
        await waitUntil(async () => (await readdir(join(folder, 'artifacts'))).length === 0, {
          what: 'an empty folder',
          timeoutMs,
        });
      });
    },
    {
      flags: (directory) => {
        folder = join(directory, 'state');
        return ['--state-dir', folder];
      },
    },
  );
});
