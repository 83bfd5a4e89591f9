// What the puller refuses, each with its code in the conditions, and the running state untouched. The attacker may
// write anything to the registry.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { packArtifact } from '../../src/artifact/pack.ts';
import { pushArtifact } from '../../src/artifact/artifact.ts';
import { describe } from '../../src/oci/descriptor.ts';
import { digestHex, type Digest } from '../../src/oci/digest.ts';
import { formatManifest, parseManifest, type Content } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { fetchBytes } from '../../src/oci/content-store.ts';
import { attachBundle } from '../../src/signing/attach.ts';
import { signStatement } from '../../src/signing/sign-statement.ts';
import { formatStatement, signaturePredicateType } from '../../src/signing/statement.ts';
import { promotionPredicateType } from '../../src/trust/promotion-statement.ts';
import { waitUntil } from '../control-plane/wait.ts';
import {
  conditionOf,
  configMap,
  configMapPath,
  makeKeys,
  tenantNamespace,
  withTenant,
  type Tenant,
} from './tenant.ts';

const created = '2026-01-01T00:00:00Z';

/** Pushes an artifact without a signature. */
async function pushUnsigned({ store }: Tenant, yaml: string): Promise<Content> {
  const packed = packArtifact([{ path: 'app.yaml', bytes: Buffer.from(yaml) }], {});
  await pushArtifact(store, packed);
  return packed.manifest;
}

/** Attaches a statement of any content by any key. */
async function attach(
  { store }: Tenant,
  manifest: Content,
  {
    signer,
    predicateType,
    predicate,
    subject = manifest.descriptor.digest,
  }: {
    readonly signer: Parameters<typeof signStatement>[0];
    readonly predicateType: string;
    readonly predicate: object;
    readonly subject?: Digest;
  },
): Promise<void> {
  const bytes = await signStatement(signer, formatStatement(subject, predicateType, predicate));
  await attachBundle(store, manifest.descriptor, { bytes, predicateType, created });
}

function promotionOf(overrides: object): object {
  return {
    repository: 'config/app',
    channel: 'production',
    epoch: 1,
    sequence: 50,
    action: 'promote',
    issuedAt: created,
    ...overrides,
  };
}

test('what is not signed and promoted for this place is refused, and what runs stays', async (t) => {
  await withTenant(async (tenant) => {
    const { keys, store } = tenant;
    const good = await tenant.publish('1.0.0', configMap('app', { version: 'one' }));
    await tenant.promote('1.0.0');
    await tenant.untilApplied('1.0.0', good);
    const second = await tenant.publish('2.0.0', configMap('app', { version: 'two' }));

    /** Points production at a manifest, sees the refusal, and that what runs is kept. */
    const refused = async (manifest: Content, code: string): Promise<void> => {
      await store.tag(manifest, 'production');
      const delivery = await tenant.untilRefused(code, manifest.descriptor.digest);
      for (const type of ['Ready', 'SourceVerified']) {
        const condition = conditionOf(delivery, type);
        assert.equal(condition?.status, 'False');
        assert.match(condition?.message ?? '', new RegExp(`^${code}: `, 'u'));
      }
      assert.equal(delivery.status?.lastAppliedRevision, `production@${good}`);
      assert.deepEqual((await tenant.get(configMapPath('app'))).body['data'], { version: 'one' });
    };
    const evil = (name: string): Promise<Content> =>
      pushUnsigned(tenant, configMap('app', { version: 'evil', name }));
    const signed = async (name: string): Promise<Content> => {
      const manifest = await evil(name);
      await attach(tenant, manifest, {
        signer: keys.ci,
        predicateType: signaturePredicateType,
        predicate: {},
      });
      return manifest;
    };
    const promoted = async (name: string, predicate: object, signer = keys.release): Promise<Content> => {
      const manifest = await signed(name);
      await attach(tenant, manifest, { signer, predicateType: promotionPredicateType, predicate });
      return manifest;
    };

    await t.test('unsigned', async () => refused(await evil('unsigned'), 'SIGNATURE_MISSING'));
    await t.test('signed by a stranger', async () => {
      const manifest = await evil('stranger');
      const stranger = await makeKeys();
      await attach(tenant, manifest, {
        signer: stranger.ci,
        predicateType: signaturePredicateType,
        predicate: {},
      });
      await refused(manifest, 'SIGNATURE_INVALID');
    });
    await t.test("another artifact's signature", async () => {
      const manifest = await evil('borrowed');
      await attach(tenant, manifest, {
        signer: keys.ci,
        predicateType: signaturePredicateType,
        predicate: {},
        subject: good,
      });
      await refused(manifest, 'SIGNATURE_INVALID');
    });
    await t.test('another statement of the release key passed off as a signature', async () => {
      const manifest = await evil('provenance');
      await attach(tenant, manifest, {
        signer: keys.ci,
        predicateType: 'https://slsa.dev/provenance/v1',
        predicate: {},
      });
      await refused(manifest, 'PREDICATE_UNEXPECTED');
    });
    await t.test('a bare retag to a signed artifact', async () =>
      refused(await store.resolve(second), 'STATEMENT_MISSING'),
    );
    await t.test('promoted by the release key', async () =>
      refused(await promoted('ci-promotes', promotionOf({}), keys.ci), 'STATEMENT_MISSING'),
    );
    await t.test('promoted for another repository', async () =>
      refused(
        await promoted('other-repository', promotionOf({ repository: 'config/db' })),
        'WRONG_REPOSITORY',
      ),
    );
    await t.test('promoted for another channel', async () =>
      refused(await promoted('other-channel', promotionOf({ channel: 'staging' })), 'WRONG_CHANNEL'),
    );
    await t.test('promoted in another epoch', async () =>
      refused(await promoted('other-epoch', promotionOf({ epoch: 2 })), 'WRONG_EPOCH'),
    );
    await t.test('an expired statement', async () =>
      refused(
        await promoted('expired', promotionOf({ expiresAt: '2026-01-02T00:00:00Z' })),
        'STATEMENT_EXPIRED',
      ),
    );
    await t.test('a statement of the same sequence for another artifact', async () =>
      refused(await promoted('equivocation', promotionOf({ sequence: 1 })), 'EQUIVOCATION'),
    );
    await t.test('a referrer that is no bundle hides nothing', async () => {
      const manifest = await promoted('junk', promotionOf({ channel: 'staging' }));
      const junk = {
        descriptor: describe(mediaTypes.sigstoreBundle, Buffer.from('{}')),
        bytes: Buffer.from('{}'),
      };
      await store.push(junk);
      await store.push(
        formatManifest({ config: junk.descriptor, layers: [junk.descriptor], subject: manifest.descriptor }),
      );
      await refused(manifest, 'WRONG_CHANNEL');
    });

    await t.test('what runs is kept while its successor is refused', async () => {
      await tenant.patch(configMapPath('app'), { data: { version: 'evil' } });
      await waitUntil(
        async () =>
          JSON.stringify((await tenant.get(configMapPath('app'))).body['data']) === '{"version":"one"}',
        { what: 'drift correction of what runs', timeoutMs: 10_000 },
      );
    });

    await t.test('a replayed statement after the next promotion', async () => {
      await store.tag(await store.resolve(good), 'production');
      await tenant.untilApplied('1.0.0', good);
      await tenant.promote('2.0.0');
      await tenant.untilApplied('2.0.0', second);
      await store.tag(await store.resolve(good), 'production');
      const delivery = await tenant.untilRefused('SEQUENCE_REPLAYED');
      assert.equal(delivery.status?.lastAppliedRevision, `production@${second}`);
      assert.deepEqual((await tenant.get(configMapPath('app'))).body['data'], { version: 'two' });
    });
    await t.test('the promotion of another repository with the same artifact', async () => {
      const other = tenant.storeOf('config/other');
      const digest = await tenant.publish('3.0.0', configMap('app', { version: 'three' }), keys.ci, other);
      await tenant.promote('3.0.0', { store: other }, 'config/other');
      // Copied with everything that refers to it, as a mirror or an attacker would.
      await copyGraph(other, tenant, digest);
      await refusedNow(tenant, await store.resolve(digest), 'WRONG_REPOSITORY', second);
    });
    await t.test('a layer that was changed on the registry', async () => {
      const digest = await tenant.publish('4.0.0', configMap('app', { version: 'four' }));
      await tenant.promote('4.0.0').catch(() => undefined);
      const manifest = await store.resolve(digest);
      const layer = parseManifest(manifest.bytes).layers[0];
      assert.ok(layer !== undefined);
      const blob = join(
        tenant.site.registryDirectory,
        'config',
        'app',
        'blobs',
        'sha256',
        digestHex(layer.digest),
      );
      const bytes = await readFile(blob);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      await rm(blob);
      await writeFile(blob, bytes);
      await store.tag(manifest, 'production');
      await tenant.reconcileNow();
      const delivery = await tenant.until(
        'the refusal',
        ({ status }) =>
          status?.conditions?.some(
            ({ type, status: state }) => type === 'SourceVerified' && state !== 'True',
          ) === true,
      );
      assert.equal(delivery.status?.lastAppliedRevision, `production@${second}`);
      assert.deepEqual((await tenant.get(configMapPath('app'))).body['data'], { version: 'two' });
    });
  });
});

test('what an artifact may not hold, and what a Delivery may not ask for', async (t) => {
  await withTenant(async (tenant) => {
    let version = 0;
    const refused = async (yaml: string, code: string): Promise<void> => {
      version += 1;
      const tag = `${version}.0.0`;
      await tenant.publish(tag, yaml);
      await tenant.promote(tag);
      await tenant.untilRefused(code);
    };
    await t.test('a TrustPolicy', async () =>
      refused(
        JSON.stringify({
          apiVersion: 'sealift.dev/v1alpha1',
          kind: 'TrustPolicy',
          metadata: { name: 'mine' },
          spec: {},
        }),
        'SELF_MODIFICATION',
      ),
    );
    await t.test("an object in the puller's namespace", async () =>
      refused(configMap('sealift-install', {}, 'sealift-system'), 'SELF_MODIFICATION'),
    );
    await t.test('the label that widens our rights', async () =>
      refused(
        JSON.stringify({
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: 'wide', labels: { 'sealift.dev/aggregate-to-puller': 'true' } },
          rules: [],
        }),
        'SELF_MODIFICATION',
      ),
    );
    await t.test('a tag that is no channel', async () => {
      await tenant.patch('/apis/sealift.dev/v1alpha1/namespaces/tenant/deliveries/app', {
        spec: { source: { ref: { tag: 'latest' } } },
      });
      await tenant.untilRefused('REF_NOT_A_CHANNEL');
    });
    await t.test('a source that no policy matches', async () => {
      const url = `oci://${tenant.site.registry.host}/elsewhere/app`;
      await tenant.patch('/apis/sealift.dev/v1alpha1/namespaces/tenant/deliveries/app', {
        spec: { source: { url } },
      });
      await tenant.untilRefused('POLICY_MISSING');
    });
    await t.test('a url that is not canonical', async () => {
      const url = `oci://${tenant.site.registry.host.replace('127.0.0.1', 'LOCALHOST')}/config/app`;
      await tenant.patch('/apis/sealift.dev/v1alpha1/namespaces/tenant/deliveries/app', {
        spec: { source: { url } },
      });
      await tenant.untilRefused('URL_NOT_CANONICAL');
    });
    await t.test('no service account outside the puller’s namespace', async () => {
      await tenant.patch('/apis/sealift.dev/v1alpha1/namespaces/tenant/deliveries/app', {
        spec: { serviceAccountName: null },
      });
      await tenant.untilRefused('INPUT_MISSING');
    });
    await t.test('nothing of all that was applied', async () => {
      const { body } = await tenant.get(
        `/api/v1/namespaces/${tenantNamespace}/configmaps?labelSelector=sealift.dev/owner`,
      );
      assert.deepEqual(body['items'], []);
    });
  });
});

async function refusedNow(tenant: Tenant, manifest: Content, code: string, kept: Digest): Promise<void> {
  await tenant.store.tag(manifest, 'production');
  const delivery = await tenant.untilRefused(code);
  assert.equal(delivery.status?.lastAppliedRevision, `production@${kept}`);
}

async function copyGraph(from: Tenant['store'], { store }: Tenant, digest: Digest): Promise<void> {
  const manifest = await from.resolve(digest);
  const copyOne = async (content: Content): Promise<void> => {
    const { config, layers } = parseManifest(content.bytes);
    for (const descriptor of [config, ...layers]) {
      await store.push({ descriptor, bytes: await fetchBytes(from, descriptor, 1 << 20) });
    }
    await store.push(content);
  };
  await copyOne(manifest);
  for (const descriptor of await from.referrers(manifest.descriptor)) {
    await copyOne({ descriptor, bytes: await fetchBytes(from, descriptor, 1 << 20) });
  }
}
