// The compatibility matrix of key signatures: sealift, cosign 3.1.1 and cosign 2.6.5 each sign as bundle and as legacy
// signature, with a plain and an encrypted key, on a registry with the referrers API and one without; each accepts the
// others', and nobody accepts what was tampered with. cosign-matrix-keyless.test.ts has the other half.
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { runCell } from '../helpers/cosign-cells.ts';
import {
  cosignRefuses,
  cosignSign,
  cosignVerifyArgs,
  cosignVersions,
  passwords,
  runCosign,
  sealiftSignArgs,
  sealiftVerifyArgs,
  succeeds,
  writeCosignFiles,
  type Way,
} from '../helpers/cosign.ts';
import { openField } from '../helpers/field.ts';
import { pushValue } from '../helpers/forging.ts';
import { openStore } from '../helpers/registry-store.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

const field = await openField();
const [withApi, withoutApi] = await Promise.all([
  startReferrersRegistry(field.cwd),
  startDockerRegistry(field.cwd),
]);
after(async () => {
  await Promise.all([withApi.stop(), withoutApi.stop()]);
  await field.close();
});

// Both make keys that the other one signs with.
await Promise.all([
  writeCosignFiles(field),
  succeeds(
    field.run(['keygen', '--output-key-prefix', 'plain'], { COSIGN_PASSWORD: passwords['plain'] ?? '' }),
  ),
  succeeds(
    runCosign(field, 'cosign 3', ['generate-key-pair', '--output-key-prefix', 'encrypted'], {
      COSIGN_PASSWORD: passwords['encrypted'] ?? '',
    }),
  ),
  succeeds(
    runCosign(field, 'cosign 2', ['generate-key-pair', '--output-key-prefix', 'another'], {
      COSIGN_PASSWORD: '',
    }),
  ),
]);

const registries = [
  ['with the referrers API', withApi.host],
  ['without the referrers API', withoutApi.host],
] as const;

const ways: readonly Way[] = (['bundle', 'legacy'] as const).flatMap((format) =>
  ['plain', 'encrypted'].map((key) => ({ name: `${format}, ${key} key`, format, proof: 'key', key })),
);

for (const [registry, host] of registries) {
  suite(`registry ${registry}`, { concurrency: 4 }, () => {
    for (const way of ways) {
      for (const signer of ['sealift', ...cosignVersions] as const) {
        test(`${way.name}, signed by ${signer}: accepted by all, tampered by none`, (t) =>
          runCell(t, { field, host, way, signer }));
      }
    }

    test('sealift push signs in both formats, and each cosign accepts each', async (t) => {
      const way: Way = { name: 'both', format: 'bundle', proof: 'key', key: 'plain' };
      const reference = `${host}/both:1.0`;
      await field.write('both.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: both}\n');
      // A key signs in both formats where nothing else is asked for.
      await succeeds(field.run(['push', `oci://${reference}`, '-f', 'both.yaml', '--key', 'plain.key']));
      for (const version of cosignVersions) {
        await succeeds(runCosign(field, version, [...cosignVerifyArgs(version, way, way), reference]));
      }
      // What cosign takes as legacy is there too, for a reader that knows no bundles.
      const store = openStore(t, `${host}/both`);
      const { descriptor } = await store.resolve('1.0');
      assert.ok((await store.tags()).includes(`sha256-${descriptor.digest.slice(7)}.sig`));
      const verified = await field.json(['verify', reference, ...sealiftVerifyArgs(way, way)]);
      assert.deepEqual(verified['formats'], ['bundle', 'legacy']);
    });

    for (const version of cosignVersions) {
      test(`a legacy signature that ${version} attached as referrer is accepted by sealift`, async (t) => {
        const repository = `oci-1-1-${version.replace(' ', '-')}`;
        const { descriptor } = await pushValue(openStore(t, `${host}/${repository}`), 'a');
        const reference = `${host}/${repository}@${descriptor.digest}`;
        const flags = [
          '--registry-referrers-mode=oci-1-1',
          '--key',
          'plain.key',
          '--tlog-upload=false',
          '--yes',
        ];
        const legacy =
          version === 'cosign 3' ? ['--new-bundle-format=false', '--use-signing-config=false'] : [];
        const env = { COSIGN_PASSWORD: '', COSIGN_EXPERIMENTAL: '1' };
        await succeeds(runCosign(field, version, ['sign', ...flags, ...legacy, reference], env));
        const { formats } = await field.json(['verify', reference, '--verify-key', 'plain.pub']);
        assert.deepEqual(formats, ['legacy']);
        await field.refused('SIGNATURE_INVALID', ['verify', reference, '--verify-key', 'another.pub']);
      });
    }

    test('two signers in the same format stand beside each other', async (t) => {
      const way: Way = { name: 'legacy', format: 'legacy', proof: 'key', key: 'plain' };
      const { descriptor } = await pushValue(openStore(t, `${host}/beside`), 'a');
      const reference = `${host}/beside@${descriptor.digest}`;
      await cosignSign(field, 'cosign 3', way, { reference });
      await succeeds(
        field.run(['sign', reference, ...sealiftSignArgs({ ...way, key: 'encrypted' })], {
          COSIGN_PASSWORD: passwords['encrypted'] ?? '',
        }),
      );
      await cosignSign(field, 'cosign 2', { ...way, key: 'another' }, { reference });
      for (const key of ['plain', 'encrypted', 'another']) {
        await succeeds(field.run(['verify', reference, '--verify-key', `${key}.pub`]));
        for (const version of cosignVersions) {
          await succeeds(runCosign(field, version, [...cosignVerifyArgs(version, way, { key }), reference]));
        }
      }
    });

    // The trap that sealift's own default of both formats is for: cosign reads no legacy signature beside a bundle.
    test('a foreign bundle hides a good legacy signature from cosign, and not from sealift', async (t) => {
      const way: Way = { name: 'legacy', format: 'legacy', proof: 'key', key: 'plain' };
      const { descriptor } = await pushValue(openStore(t, `${host}/hidden`), 'a');
      const reference = `${host}/hidden@${descriptor.digest}`;
      await cosignSign(field, 'cosign 3', way, { reference });
      await cosignSign(field, 'cosign 3', { ...way, format: 'bundle', key: 'another' }, { reference });
      await cosignRefuses(
        runCosign(field, 'cosign 3', [...cosignVerifyArgs('cosign 3', way, way), reference]),
      );
      await succeeds(field.run(['verify', reference, ...sealiftVerifyArgs(way, way)]));
    });
  });
}

suite('what cosign does not do, and the matrix therefore leaves out', { concurrency: 2 }, () => {
  // E2 of the notes: the cells of cosign 2 and bundles give it an empty trusted root.
  test('cosign 2 refuses a bundle without a trusted root', async (t) => {
    const way: Way = { name: 'bundle', format: 'bundle', proof: 'key', key: 'plain' };
    const { descriptor } = await pushValue(openStore(t, `${withApi.host}/e2`), 'a');
    const reference = `${withApi.host}/e2@${descriptor.digest}`;
    await cosignSign(field, 'cosign 2', way, { reference });
    const args = ['verify', '--key', 'plain.pub', '--insecure-ignore-tlog', reference];
    const { code, stderr } = await runCosign(field, 'cosign 2', args);
    assert.equal(code, 1);
    assert.match(stderr, /trusted root is required when using new bundle format/u);
  });

  // E4: whoever asks for bundles gets no legacy signature.
  test('cosign 2 asked for bundles finds no legacy signature', async (t) => {
    const way: Way = { name: 'legacy', format: 'legacy', proof: 'key', key: 'plain' };
    const { descriptor } = await pushValue(openStore(t, `${withApi.host}/e4`), 'a');
    const reference = `${withApi.host}/e4@${descriptor.digest}`;
    await cosignSign(field, 'cosign 2', way, { reference });
    const args = ['verify', '--key', 'plain.pub', '--insecure-ignore-tlog', '--new-bundle-format'];
    const root = '--trusted-root=root-empty.json';
    const { code, stderr } = await runCosign(field, 'cosign 2', [...args, root, reference]);
    assert.equal(code, 1);
    assert.match(stderr, /no valid bundles exist in registry/u);
  });

  // A plain key is for cosign an encrypted file with an empty password; sealift alone reads PKCS#8.
  test('cosign reads no PKCS#8 key, sealift does', async (t) => {
    await field.signer('pkcs8');
    const { descriptor } = await pushValue(openStore(t, `${withApi.host}/pkcs8`), 'a');
    const reference = `${withApi.host}/pkcs8@${descriptor.digest}`;
    for (const version of cosignVersions) {
      const args = ['sign', '--key', 'pkcs8.key', '--tlog-upload=false', '--yes', reference];
      const flags = version === 'cosign 3' ? ['--use-signing-config=false'] : [];
      const { code, stderr } = await runCosign(field, version, [...args, ...flags], { COSIGN_PASSWORD: '' });
      assert.equal(code, 1);
      assert.match(stderr, /unsupported pem type: PRIVATE KEY/u);
    }
    await succeeds(field.run(['sign', reference, '--key', 'pkcs8.key']));
    await succeeds(
      runCosign(field, 'cosign 3', ['verify', '--key', 'pkcs8.pub', '--insecure-ignore-tlog', reference]),
    );
  });
});
