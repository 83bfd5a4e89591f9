// A site without a registry: Deliveries follow image layouts below folders that the admin gave names, as directories and
// as tars, under the same policies; nobody reads beyond what the admin granted.
import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLayout } from '../../src/layout/layout.ts';
import { editLayoutTar } from '../../src/layout/tar-store.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { waitUntil } from '../control-plane/wait.ts';
import {
  conditionOf,
  configMap,
  configMapPath,
  deliveryObject,
  deliveryPath,
  isReady,
  withTenant,
  type Tenant,
} from './tenant.ts';

const policyPath = '/apis/sealift.dev/v1alpha1/trustpolicies/tenant';

async function follow(tenant: Tenant, url: string): Promise<void> {
  await tenant.patch(deliveryPath(), { spec: { source: { url } } });
}

async function untilReason(tenant: Tenant, text: string, name = 'app'): Promise<void> {
  await tenant.until(text, (found) => conditionOf(found, 'Ready')?.message.includes(text) === true, name);
}

test('a Delivery follows an image layout on a stick', async (t) => {
  let folder = '';
  const stick = (): string => join(folder, 'stick');
  await withTenant(
    async (tenant) => {
      const { keys } = tenant;
      await mkdir(join(stick(), 'config'), { recursive: true });
      await mkdir(join(folder, 'secret'), { recursive: true });
      const match = ['oci-layout:usb/config/*', 'oci-layout:other/**', 'oci-layout:hidden/**'].map((url) => ({
        url,
      }));
      await tenant.patch(policyPath, { spec: { match, repository: 'config/{1}' } });
      const layout = await openLayout(join(stick(), 'config', 'app'), { create: true });
      const publish = async (tag: string, yaml: string): Promise<Digest> => {
        const digest = await tenant.publish(tag, yaml, keys.ci, layout);
        await tenant.promote(tag, { store: layout });
        return digest;
      };
      const one = await publish('1.0.0', configMap('settings', { version: 'one' }));
      await follow(tenant, 'oci-layout:usb/config/app');

      await t.test('a promoted artifact is applied', async () => {
        const { status } = await tenant.untilApplied('1.0.0', one);
        assert.equal(status?.promotion?.sequence, 1);
      });
      await t.test('a moved tag is seen, and a tag that was moved by hand refused', async () => {
        const two = await publish('2.0.0', configMap('settings', { version: 'two' }));
        await tenant.untilApplied('2.0.0', two);
        await layout.tag(await layout.resolve('1.0.0'), 'production');
        await tenant.untilRefused('SEQUENCE_REPLAYED', one);
        await layout.tag(await layout.resolve('2.0.0'), 'production');
        await tenant.untilApplied('2.0.0', two);
      });
      await t.test('a stick that is pulled is an outage, and what runs is corrected', async () => {
        await rename(stick(), `${stick()}.gone`);
        await tenant.reconcileNow();
        await tenant.until(
          'the outage',
          (found) => conditionOf(found, 'SourceVerified')?.status === 'Unknown',
        );
        assert.ok(isReady((await tenant.delivery()).status));
        await tenant.patch(configMapPath('settings'), { data: { version: 'evil' } });
        await waitUntil(
          async () =>
            JSON.stringify((await tenant.get(configMapPath('settings'))).body).includes('"version":"two"'),
          { what: 'the repair', timeoutMs: 10_000 },
        );
        await rename(`${stick()}.gone`, stick());
        await tenant.reconcileNow();
        await tenant.until('the source', (found) => conditionOf(found, 'SourceVerified')?.status === 'True');
      });
      await t.test('a layout in a tar is followed as well', async () => {
        const tar = await editLayoutTar(join(stick(), 'config', 'app.tar'));
        const digest = await tenant.publish(
          '3.0.0',
          configMap('settings', { version: 'three' }),
          keys.ci,
          tar,
        );
        const wanted = { repository: 'config/app.tar', channel: 'production', epoch: 1 };
        const quorum = { authorities: [{ name: 'release', key: keys.release.verifyKey }], threshold: 1 };
        await tenant.promote('3.0.0', { store: tar, wanted: { ...wanted, quorum } });
        await tar.close();
        await follow(tenant, 'oci-layout:usb/config/app.tar');
        await tenant.untilApplied('3.0.0', digest);
      });
      await t.test('who is not named may not read, and learns nothing', async () => {
        await openLayout(join(folder, 'secret', 'app'), { create: true });
        await follow(tenant, 'oci-layout:hidden/app');
        await untilReason(tenant, 'INPUT_INVALID: namespace tenant has no layout root hidden');
        await follow(tenant, 'oci-layout:other/app');
        await untilReason(tenant, 'INPUT_INVALID: namespace tenant has no layout root other');
      });
      await t.test('no path and no link leads out of the root', async () => {
        await symlink(join(folder, 'secret', 'app'), join(stick(), 'config', 'link'));
        await follow(tenant, 'oci-layout:usb/config/link');
        await untilReason(tenant, 'INPUT_INVALID: oci-layout:usb/config/link leads through a symbolic link');
        await follow(tenant, 'oci-layout:usb/config/../../secret/app');
        await untilReason(tenant, 'URL_NOT_CANONICAL');
        await rm(join(stick(), 'config', 'link'));
      });
      await t.test('what no policy matches is not opened', async () => {
        await tenant.site.apply([
          deliveryObject('stray', 'x', 'y', {
            source: { url: 'oci-layout:usb/stray', ref: { tag: 'production' } },
          }),
        ]);
        await untilReason(tenant, 'POLICY_MISSING', 'stray');
      });
    },
    {
      flags: (directory) => {
        folder = directory;
        return [
          '--layout-root',
          `usb=${join(directory, 'stick')},namespaces=other;tenant`,
          '--layout-root',
          `hidden=${join(directory, 'secret')}`,
        ];
      },
    },
  );
});
