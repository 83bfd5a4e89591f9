// A Delivery whose registry wants a log-in: its pull Secret is read as the Delivery's own account, a rotated password is
// taken up, and what runs stays while there is none that the registry takes.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { passwordCredential } from '../../src/registry/credentials/credential.ts';
import { connectRegistries } from '../../src/registry/connect.ts';
import { createKeychain, givenCredential } from '../../src/registry/credentials/keychain.ts';
import { resourceSchema, type Resource } from '../../src/resources/resource.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';
import {
  conditionOf,
  configMap,
  configMapPath,
  deliveryObject,
  deliveryPath,
  isReady,
  tenantNamespace,
  withTenant,
  type Tenant,
} from './tenant.ts';

// bcrypt with four rounds.
const password = 'won:der land é';
const line = 'alice:$2a$04$TQQwNdER3ev6e86vSlp9luw7CDHf8Hohqdtj.wSBRok2XkGHS9hGW';
const bindingPath = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/deployer';

function pullSecret(host: string, text: string): Resource {
  const auth = Buffer.from(`alice:${text}`).toString('base64');
  return resourceSchema.parse({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'pull', namespace: tenantNamespace },
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': JSON.stringify({ auths: { [host]: { auth } } }) },
  });
}

function policyFor(host: string, { keys }: Tenant): Resource {
  return resourceSchema.parse({
    apiVersion: 'sealift.dev/v1alpha1',
    kind: 'TrustPolicy',
    metadata: { name: 'private' },
    spec: {
      match: [{ url: `oci://${host}/private/*`, namespaces: [tenantNamespace] }],
      repository: 'private/{1}',
      authorities: [
        { name: 'ci', key: { data: keys.ciPem } },
        { name: 'release', key: { data: keys.releasePem } },
      ],
      signatures: { authorities: ['ci'] },
      promotion: { channels: [{ tag: 'production', authorities: ['release'] }] },
    },
  });
}

/** What the source's condition says, code and message. */
async function untilOutage(tenant: Tenant, words: RegExp): Promise<void> {
  await tenant.reconcileNow('private');
  await tenant.until(
    `outage ${words.source}`,
    (delivery) =>
      ['SourceVerified', 'Ready'].some((type) => words.test(conditionOf(delivery, type)?.message ?? '')),
    'private',
  );
}

suite('a registry that wants a log-in', () => {
  test('is read with the Delivery’s pull Secret, as its own account, through a rotation', async () => {
    await withTenant(async (tenant) => {
      const { site } = tenant;
      const folder = join(site.plane.directory, 'private');
      await mkdir(folder);
      const passwords = join(folder, 'htpasswd');
      await writeFile(passwords, `${line}\n`);
      const registry = await startDockerRegistry(folder, {
        auth: { htpasswd: { realm: 'private', path: passwords } },
      });
      const keychain = createKeychain([givenCredential('the test', passwordCredential('alice', password))]);
      const connections = connectRegistries({ random: Math.random, now: () => performance.now(), keychain });
      try {
        const store = connections.open({ registry: registry.host, repository: 'private/app' });
        const digest = await tenant.publish('1.0.0', configMap('settings', { v: '1' }), undefined, store);
        await tenant.promote('1.0.0', { store }, 'private/app');
        await site.apply([
          policyFor(registry.host, tenant),
          deliveryObject('private', registry.host, 'private/app'),
        ]);
        await untilOutage(tenant, /CREDENTIALS_MISSING|wants credentials|no credentials/u);

        const withSecret = { spec: { source: { secretRef: { name: 'pull' } } } };
        await tenant.patch(deliveryPath('private'), withSecret);
        await untilOutage(tenant, /secrets "pull" not found/u);

        // The account's rights count, not the puller's.
        const { body: binding } = await tenant.get(bindingPath);
        await tenant.remove(bindingPath);
        await site.apply([pullSecret(registry.host, password)]);
        await untilOutage(tenant, /cannot get resource "secrets"/u);
        const { metadata: _metadata, ...rest } = binding;
        await site.apply([resourceSchema.parse({ ...rest, metadata: { name: 'deployer' } })]);

        await tenant.reconcileNow('private');
        await tenant.until('applied', ({ status }) => isReady(status), 'private');
        const { body } = await tenant.get(configMapPath('settings'));
        assert.deepEqual(body['data'], { v: '1' });

        // A password that the registry takes no longer: an outage, and nothing is torn down.
        await site.apply([pullSecret(registry.host, 'guessed-4711')]);
        await tenant.reconcileNow('private');
        await untilOutage(tenant, /Secret tenant\/pull/u);
        assert.equal((await tenant.get(configMapPath('settings'))).status, 200);
        const log = await tenant.puller().readLog();
        const status = JSON.stringify((await tenant.delivery('private')).status);
        for (const secret of [
          password,
          'guessed-4711',
          Buffer.from(`alice:${password}`).toString('base64'),
        ]) {
          assert.ok(!log.includes(secret) && !status.includes(secret), 'a secret is told');
        }

        await site.apply([pullSecret(registry.host, password)]);
        const next = await tenant.publish('1.1.0', configMap('settings', { v: '2' }), undefined, store);
        await tenant.promote('1.1.0', { store }, 'private/app');
        assert.notEqual(next, digest);
        await tenant.reconcileNow('private');
        await tenant.until(
          'the next one applied',
          ({ status }) => status?.artifact?.digest === next && isReady(status),
          'private',
        );

        // The account's pull Secrets in place of one of the Delivery's own; one that is not there is passed over.
        const ofAccount = { spec: { source: { secretRef: null, serviceAccountName: 'deployer' } } };
        await tenant.patch(deliveryPath('private'), ofAccount);
        await untilOutage(tenant, /CREDENTIALS_MISSING|wants credentials|no credentials/u);
        const names = [{ name: 'absent' }, { name: 'pull' }];
        await tenant.patch(`/api/v1/namespaces/${tenantNamespace}/serviceaccounts/deployer`, {
          imagePullSecrets: names,
        });
        const last = await tenant.publish('1.2.0', configMap('settings', { v: '3' }), undefined, store);
        await tenant.promote('1.2.0', { store }, 'private/app');
        await tenant.reconcileNow('private');
        await tenant.until(
          'what the account may pull',
          ({ status }) => status?.artifact?.digest === last && isReady(status),
          'private',
        );
      } finally {
        connections.close();
        await registry.stop();
      }
    });
  });
});
