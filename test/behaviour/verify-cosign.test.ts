// What we sign, cosign accepts; what cosign signs, we accept; crane reads what we publish. On two registries: ours with
// the referrers API, and crane's without it.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { startRegistry } from '../../src/server/registry.ts';
import { requireComponents } from '../components/locate.ts';
import { sealift, startCommand, type Finished } from '../helpers/cli.ts';
import { startCraneRegistry } from '../helpers/crane-registry.ts';

const { cosign, crane } = await requireComponents(['cosign', 'crane']);
const cwd = await mkdtemp(join(tmpdir(), 'sealift-cosign-'));
const ours = await startRegistry({ directory: join(cwd, 'registry') });
const theirs = await startCraneRegistry(cwd);
after(async () => {
  await Promise.all([ours.close(), theirs.stop()]);
  await rm(cwd, { recursive: true, force: true });
});

const env = { COSIGN_PASSWORD: 'opensesame' };
const offline = ['--use-signing-config=false', '--tlog-upload=false', '--yes'];

async function run(path: string, ...args: readonly string[]): Promise<Finished> {
  return startCommand(path, args, { cwd, env }).finished;
}

async function ok(work: Promise<Finished>): Promise<string> {
  const { code, stdout, stderr } = await work;
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

await ok(sealift(['keygen', '--output-key-prefix', 'ours'], { cwd, env }));
await ok(run(cosign, 'generate-key-pair', '--output-key-prefix', 'theirs'));
const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';
await writeFile(join(cwd, 'a.yaml'), yaml);

function push(reference: string, key: string): Promise<string> {
  return ok(
    sealift(['push', `oci://${reference}`, '-f', 'a.yaml', '--key', `${key}.key`, '-a', `key=${key}`], {
      cwd,
      env,
    }),
  );
}

for (const [name, registry] of [
  ['our registry', ours],
  ['crane registry serve', theirs],
] as const) {
  suite(name, () => {
    for (const key of ['ours', 'theirs']) {
      test(`cosign accepts what sealift signed with ${key === 'ours' ? 'its own' : 'cosign’s'} key`, async () => {
        const reference = `${registry.host}/app-${key}:1.0`;
        await push(reference, key);
        const verify = ['verify', '--insecure-ignore-tlog', reference, '--key'];
        await ok(run(cosign, ...verify, `${key}.pub`));
        const refused = await run(cosign, ...verify, `${key === 'ours' ? 'theirs' : 'ours'}.pub`);
        assert.notEqual(refused.code, 0);
      });
    }

    test('sealift accepts what cosign signed, and nothing else', async () => {
      const reference = `${registry.host}/signed-by-cosign`;
      const digest = await push(`${reference}:1.0`, 'ours');
      const verify = (key: string): Promise<Finished> =>
        sealift(['verify', `oci://${reference}:1.0`, '--verify-key', `${key}.pub`], { cwd, env });
      assert.equal((await verify('theirs')).code, 12);
      await ok(run(cosign, 'sign', '--key', 'theirs.key', ...offline, `${reference}@${digest}`));
      assert.equal(await ok(verify('theirs')), digest);
      assert.equal(await ok(verify('ours')), digest);
    });

    test('an attestation of cosign’s is no signature', async () => {
      const reference = `${registry.host}/attested`;
      const image = await ok(
        run(crane, 'append', '--new_layer', 'a.yaml', '--new_tag', `${reference}:1.0`, '--oci-empty-base'),
      );
      await writeFile(join(cwd, 'predicate.json'), '{}');
      const attest = [
        'attest',
        '--key',
        'theirs.key',
        '--type',
        'custom',
        '--predicate',
        'predicate.json',
        ...offline,
      ];
      await ok(run(cosign, ...attest, image));
      const { code, stderr } = await sealift(
        ['verify', `oci://${reference}:1.0`, '--verify-key', 'theirs.pub'],
        { cwd, env },
      );
      assert.equal(code, 12);
      assert.match(stderr, /PREDICATE_UNEXPECTED/u);
    });

    test('crane reads the artifact', async () => {
      const reference = `${registry.host}/read-by-crane:1.0`;
      const digest = await push(reference, 'ours');
      assert.equal(await ok(run(crane, 'digest', reference)), digest);
      const manifest = JSON.parse(await ok(run(crane, 'manifest', reference)));
      assert.equal(manifest.mediaType, 'application/vnd.oci.image.manifest.v1+json');
      assert.equal(manifest.config.mediaType, 'application/vnd.cncf.flux.config.v1+json');
      assert.deepEqual(
        manifest.layers.map(({ mediaType }: { mediaType: string }) => mediaType),
        ['application/vnd.cncf.flux.content.v1.tar+gzip'],
      );
      assert.deepEqual(manifest.annotations, { key: 'ours' });
      await ok(run(crane, 'pull', reference, join(cwd, 'pulled.tar')));
      await ok(run(crane, 'export', reference, join(cwd, 'exported.tar')));
      assert.ok((await readFile(join(cwd, 'exported.tar'))).includes(yaml));
      await ok(run(crane, 'validate', '--remote', reference));
    });
  });
}
