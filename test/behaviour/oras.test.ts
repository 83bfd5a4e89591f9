// Other people's clients against our registry: oras and crane push, pull, attach, copy and delete, plain and behind TLS
// with a log-in; what each of them attaches the others see.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { openLayout } from '../../src/layout/layout.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { connectRegistries } from '../../src/registry/connect.ts';
import type { ContentStore } from '../../src/oci/content-store.ts';
import { requireComponents } from '../components/locate.ts';
import { account, writeAccounts } from '../helpers/accounts.ts';
import { startCommand, type Finished } from '../helpers/cli.ts';
import { pushManifest } from '../helpers/content-store-contract.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { makeCertificate } from '../helpers/tls-files.ts';
import { makeRegistry } from '../unit/server/client.ts';

const programs = await requireComponents(['oras', 'crane']);

type Field = {
  readonly cwd: string;
  /** `HOST:PORT` */
  readonly host: string;
  /** Runs a program to its end; it has to succeed. */
  run(program: keyof typeof programs, ...args: readonly string[]): Promise<string>;
  /** Runs it, however it ends. */
  attempt(program: keyof typeof programs, ...args: readonly string[]): Promise<Finished>;
};

type Protection = 'none' | 'log-in' | 'log-in for pushes';

async function makeField(t: TestContext, protection: Protection): Promise<Field> {
  const cwd = await makeTempDir(t);
  const isOpen = protection === 'none';
  const tls = await makeCertificate(cwd);
  const accounts = {
    htpasswd: await writeAccounts(cwd),
    anonymousPull: protection === 'log-in for pushes',
  };
  const { registry } = await makeRegistry(t, isOpen ? {} : { tls, accounts });
  const attempt = (program: keyof typeof programs, ...args: readonly string[]): Promise<Finished> =>
    startCommand(programs[program], args, { cwd, env: { SSL_CERT_FILE: tls.ca } }).finished;
  return {
    cwd,
    host: registry.host,
    attempt,
    async run(...command) {
      const { code, stdout, stderr } = await attempt(...command);
      assert.equal(code, 0, `${command.join(' ')}: ${stdout}${stderr}`);
      return stdout;
    },
  };
}

/** With what oras is told how a registry is reached. */
function scheme(protection: Protection, option = 'plain-http'): string {
  return `--${option}=${protection === 'none'}`;
}

async function logIn({ run, host }: Field, protection: Protection): Promise<void> {
  if (protection === 'none') return;
  const who = ['-u', account.name, '-p', account.password];
  await run('oras', 'login', scheme(protection), ...who, host);
  await run('crane', 'auth', 'login', ...who, host);
}

type Referrer = {
  readonly digest: string;
  readonly artifactType: string;
  readonly referrers?: readonly Referrer[];
};

/** What oras finds attached, and what is attached to that. */
async function discover({ run }: Field, protection: Protection, name: string): Promise<readonly Referrer[]> {
  const text = await run('oras', 'discover', scheme(protection), '--format', 'json', name);
  // The form that `oras discover` prints.
  return (JSON.parse(text) as { readonly referrers?: readonly Referrer[] }).referrers ?? [];
}

for (const protection of ['none', 'log-in', 'log-in for pushes'] as const) {
  suite(`oras, protection: ${protection}`, () => {
    test('pushes, attaches, discovers, copies with referrers and deletes', async (t) => {
      const field = await makeField(t, protection);
      const { cwd, host, run } = field;
      const flag = scheme(protection);
      await logIn(field, protection);
      await writeFile(join(cwd, 'config.yaml'), 'a: b\n');
      await writeFile(join(cwd, 'sbom.json'), '{}');
      const name = `${host}/config/shop`;
      await run('oras', 'push', flag, `${name}:1.0.0`, 'config.yaml:application/yaml');
      await run(
        'oras',
        'attach',
        flag,
        '--artifact-type',
        'application/x.sbom',
        `${name}:1.0.0`,
        'sbom.json:application/json',
      );
      const [sbom, ...others] = await discover(field, protection, `${name}:1.0.0`);
      assert.deepEqual([sbom?.artifactType, others.length], ['application/x.sbom', 0]);
      await run(
        'oras',
        'attach',
        flag,
        '--artifact-type',
        'application/x.signature',
        `${name}@${sbom?.digest}`,
        'sbom.json:application/json',
      );

      await run(
        'oras',
        'cp',
        '-r',
        scheme(protection, 'from-plain-http'),
        '--to-oci-layout',
        `${name}:1.0.0`,
        'layout:1.0.0',
      );
      await run(
        'oras',
        'cp',
        '-r',
        '--from-oci-layout',
        scheme(protection, 'to-plain-http'),
        'layout:1.0.0',
        `${host}/other/shop:copied`,
      );
      const copied = await discover(field, protection, `${host}/other/shop:copied`);
      assert.deepEqual(
        copied.map(({ artifactType, referrers }) => [artifactType, referrers?.[0]?.artifactType]),
        [['application/x.sbom', 'application/x.signature']],
      );
      await run('oras', 'pull', flag, '-o', 'pulled', `${host}/other/shop:copied`);
      assert.equal(await readFile(join(cwd, 'pulled', 'config.yaml'), 'utf8'), 'a: b\n');

      assert.equal(await run('oras', 'repo', 'tags', flag, name), '1.0.0\n');
      assert.equal(await run('oras', 'repo', 'ls', flag, host), 'config/shop\nother/shop\n');
      await run('oras', 'manifest', 'delete', flag, '-f', `${host}/other/shop:copied`);
      assert.equal(await run('oras', 'repo', 'tags', flag, `${host}/other/shop`), '');
    });
  });

  suite(`crane, protection: ${protection}`, () => {
    test('pushes, validates, mounts, pulls and deletes', async (t) => {
      const field = await makeField(t, protection);
      const { cwd, host, run } = field;
      await logIn(field, protection);
      // An empty tar: two blocks of zeroes.
      await writeFile(join(cwd, 'layer.tar'), Buffer.alloc(1024));
      await run('crane', 'append', '-f', 'layer.tar', '-t', `${host}/images/a:v1`);
      await run('crane', 'validate', '--remote', `${host}/images/a:v1`);
      await run('crane', 'copy', `${host}/images/a:v1`, `${host}/images/b:v2`);
      const digest = await run('crane', 'digest', `${host}/images/b:v2`);
      assert.equal(await run('crane', 'digest', `${host}/images/a:v1`), digest);
      await run('crane', 'pull', '--format', 'oci', `${host}/images/b:v2`, 'image');
      const layout = await openLayout(join(cwd, 'image'));
      assert.equal((await layout.resolve(digest.trim())).descriptor.digest, digest.trim());
      await run('crane', 'push', 'image', `${host}/images/c:v3`);
      assert.equal(await run('crane', 'digest', `${host}/images/c:v3`), digest);
      assert.equal(await run('crane', 'ls', `${host}/images/c`), 'v3\n');
      assert.equal(await run('crane', 'catalog', host), 'images/a\nimages/b\nimages/c\n');
      await run('crane', 'delete', `${host}/images/c:v3`);
      assert.equal(await run('crane', 'ls', `${host}/images/c`), '');
    });
  });
}

suite('without a log-in', () => {
  test('nobody pulls where all need one; where pulls are open, they pull and do not push', async (t) => {
    const mine = await makeField(t, 'log-in');
    const open = await makeField(t, 'log-in for pushes');
    for (const { host, run, attempt, cwd } of [mine, open]) {
      await writeFile(join(cwd, 'config.yaml'), 'a: b\n');
      const push = ['push', '--plain-http=false', `${host}/a:v1`, 'config.yaml:application/yaml'];
      assert.notEqual((await attempt('oras', ...push)).code, 0);
      await run('oras', ...push, '-u', account.name, '-p', account.password);
      const wrong = await attempt('oras', ...push, '-u', account.name, '-p', 'wrong');
      assert.notEqual(wrong.code, 0);
    }
    for (const [{ host, attempt }, isOpen] of [
      [mine, false],
      [open, true],
    ] as const) {
      const pulled = await attempt('oras', 'pull', '--plain-http=false', '-o', 'pulled', `${host}/a:v1`);
      assert.equal(pulled.code === 0, isOpen, pulled.stderr);
      const seen = await attempt('crane', 'manifest', `${host}/a:v1`);
      assert.equal(seen.code === 0, isOpen, seen.stderr);
    }
  });
});

suite('referrers', () => {
  async function openOurs(t: TestContext, host: string): Promise<ContentStore> {
    const { open, close } = connectRegistries({ random: Math.random, now: Date.now });
    t.after(close);
    return open(parseReference(`${host}/a`), true);
  }

  test('that we attach are seen by oras, and those of oras by us', async (t) => {
    const field = await makeField(t, 'none');
    const { cwd, host, run } = field;
    const ours = await openOurs(t, host);
    const artifact = await pushManifest(ours, 'artifact');
    await ours.tag(artifact, 'v1');
    const own = await pushManifest(ours, 'ours', {
      subject: artifact.descriptor,
      artifactType: 'application/x.ours',
    });
    await writeFile(join(cwd, 'sbom.json'), '{}');
    await run(
      'oras',
      'attach',
      '--plain-http',
      '--artifact-type',
      'application/x.oras',
      `${host}/a:v1`,
      'sbom.json:application/json',
    );
    const theirs = await discover(field, 'none', `${host}/a:v1`);
    const seen = await ours.referrers(artifact.descriptor);
    assert.deepEqual(theirs.map(({ digest }) => digest).sort(), seen.map(({ digest }) => digest).sort());
    assert.deepEqual(seen.map(({ artifactType = '' }) => artifactType).sort(), [
      'application/x.oras',
      'application/x.ours',
    ]);
    assert.ok(seen.some(({ digest }) => digest === own.descriptor.digest));
  });

  test('in a layout that oras made are served, with its tag', async (t) => {
    const field = await makeField(t, 'none');
    const { cwd, host, run } = field;
    await writeFile(join(cwd, 'config.yaml'), 'a: b\n');
    await mkdir(join(cwd, 'stick'));
    await run('oras', 'push', '--oci-layout', 'stick/shop:v1', 'config.yaml:application/yaml');
    await run(
      'oras',
      'attach',
      '--oci-layout',
      '--artifact-type',
      'application/x.sbom',
      'stick/shop:v1',
      'config.yaml:application/yaml',
    );
    const { registry } = await makeRegistry(t, { directory: join(cwd, 'stick'), readOnly: true });
    const [referrer] = await discover(field, 'none', `${registry.host}/shop:v1`);
    assert.equal(referrer?.artifactType, 'application/x.sbom');
    await run(
      'oras',
      'cp',
      '-r',
      '--from-plain-http',
      '--to-plain-http',
      `${registry.host}/shop:v1`,
      `${host}/shop:v1`,
    );
    assert.equal((await discover(field, 'none', `${host}/shop:v1`)).length, 1);
  });
});
