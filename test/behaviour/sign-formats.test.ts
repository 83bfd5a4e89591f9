// Signatures by key in both formats, after the fact and by a command as an HSM's: what sealift stores, cosign 2 and 3
// accept, and what cosign stored before is still there.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { startRegistry } from '../../src/server/registry.ts';
import { requireComponents } from '../components/locate.ts';
import { sealift, startCommand, type Finished } from '../helpers/cli.ts';
import { startCraneRegistry } from '../helpers/crane-registry.ts';

const { cosign, cosign2 } = await requireComponents(['cosign', 'cosign2', 'crane']);
const cwd = await mkdtemp(join(tmpdir(), 'sealift-formats-'));
const [ours, theirs] = await Promise.all([
  startRegistry({ directory: join(cwd, 'registry') }),
  startCraneRegistry(cwd),
]);
after(async () => {
  await Promise.all([ours.close(), theirs.stop()]);
  await rm(cwd, { recursive: true, force: true });
});

const env = { COSIGN_PASSWORD: 'opensesame' };

const run = (path: string, ...args: readonly string[]): Promise<Finished> =>
  startCommand(path, args, { cwd, env }).finished;

async function ok(work: Promise<Finished>): Promise<string> {
  const { code, stdout, stderr } = await work;
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

const cli = (...args: readonly string[]): Promise<Finished> => sealift(args, { cwd, env });

await writeFile(join(cwd, 'a.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
await writeFile(
  join(cwd, 'root.json'),
  '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}',
);
await ok(cli('keygen', '--output-key-prefix', 'ours'));
await ok(run(cosign, 'generate-key-pair', '--output-key-prefix', 'theirs'));
for (const [name, algorithm, option] of [
  ['ec', 'EC', 'ec_paramgen_curve:P-256'],
  ['rsa', 'RSA', 'rsa_keygen_bits:3072'],
] as const) {
  await ok(run('openssl', 'genpkey', '-algorithm', algorithm, '-pkeyopt', option, '-out', `${name}.key`));
  await ok(run('openssl', 'pkey', '-in', `${name}.key`, '-pubout', '-out', `${name}.pub`));
}

const verify3 = (reference: string, key: string): Promise<Finished> =>
  run(cosign, 'verify', '--insecure-ignore-tlog', '--key', key, reference);
const verify2 = (reference: string, key: string, ...flags: readonly string[]): Promise<Finished> =>
  run(cosign2, 'verify', '--insecure-ignore-tlog', ...flags, '--key', key, reference);
// Where there is a bundle, cosign 2.6 wants a trusted root, if only an empty one.
const verify2Rooted = (reference: string, key: string): Promise<Finished> =>
  verify2(reference, key, '--trusted-root=root.json');

for (const [name, registry] of [
  ['our registry', ours],
  ['crane registry serve', theirs],
] as const) {
  suite(name, () => {
    test('each format is what cosign reads as that format', async () => {
      for (const [format, accepting] of [
        ['bundle', [verify3, verify2Rooted]],
        ['legacy', [verify3, verify2, verify2Rooted]],
        ['both', [verify3, verify2Rooted]],
      ] as const) {
        const reference = `${registry.host}/${format}:1.0`;
        await ok(
          cli(
            'push',
            `oci://${reference}`,
            '-f',
            'a.yaml',
            '--key',
            'ours.key',
            '--signature-format',
            format,
          ),
        );
        for (const verify of accepting) {
          await ok(verify(reference, 'ours.pub'));
          assert.notEqual((await verify(reference, 'theirs.pub')).code, 0);
        }
        await ok(cli('verify', `oci://${reference}`, '--verify-key', 'ours.pub'));
      }
    });

    test('signing after the fact keeps the signatures of others in the same tag', async () => {
      const reference = `${registry.host}/beside:1.0`;
      await ok(
        cli('push', `oci://${reference}`, '-f', 'a.yaml', '--key', 'ec.key', '--signature-format', 'legacy'),
      );
      const digest = (
        await ok(cli('sign', `oci://${reference}`, '--key', 'ec.key', '--signature-format', 'legacy'))
      ).trim();
      await ok(
        run(cosign2, 'sign', '--key', 'theirs.key', '--tlog-upload=false', '--yes', `${reference}@${digest}`),
      );
      const sign = [
        'sign',
        `oci://${reference}`,
        '--key',
        'ours.key',
        '--signature-format',
        'legacy',
        '-o',
        'json',
      ];
      assert.equal(JSON.parse(await ok(cli(...sign))).changed, true);
      assert.equal(JSON.parse(await ok(cli(...sign))).changed, false);
      for (const key of ['ec.pub', 'theirs.pub', 'ours.pub']) {
        await ok(verify2(reference, key));
        await ok(cli('verify', `oci://${reference}`, '--verify-key', key));
      }
    });
  });
}

suite('a command signs', () => {
  const commands: readonly (readonly [string, string])[] = [
    ['ec', 'openssl pkeyutl -sign -inkey ec.key'],
    ['rsa', 'openssl pkeyutl -sign -inkey rsa.key -pkeyopt digest:sha256'],
  ];
  for (const [key, command] of commands) {
    test(key, async () => {
      const reference = `${ours.host}/command-${key}:1.0`;
      const signer = ['--signer', `exec:${command}`, '--signer-key', `${key}.pub`];
      await ok(cli('push', `oci://${reference}`, '-f', 'a.yaml', ...signer));
      for (const verify of [verify3, verify2Rooted]) await ok(verify(reference, `${key}.pub`));
      await ok(cli('verify', `oci://${reference}`, '--verify-key', `${key}.pub`));
    });
  }

  test('not with another key than its public one, and nothing is tagged', async () => {
    const reference = `oci://${ours.host}/command-wrong:1.0`;
    const signer = ['--signer', 'exec:openssl pkeyutl -sign -inkey ec.key', '--signer-key', 'ours.pub'];
    const { code, stderr } = await cli('push', reference, '-f', 'a.yaml', ...signer);
    assert.equal(code, 7, stderr);
    assert.match(stderr, /^error: SIGNER_FAILED: /mu);
    assert.equal((await cli('verify', reference, '--verify-key', 'ours.pub')).code, 11);
  });
});

test('a key comes through stdin', async () => {
  const reference = `${ours.host}/stdin:1.0`;
  const push = `${process.execPath} ${join(import.meta.dirname, '../../src/cli/main.ts')} push oci://${reference} -f a.yaml --key -`;
  await ok(run('sh', '-c', `${push} < ec.key`));
  await ok(verify3(reference, 'ec.pub'));
});
