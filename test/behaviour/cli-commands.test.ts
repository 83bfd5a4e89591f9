// The command line as people and scripts meet it: streams, JSON, exit codes, secrets.
import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { findFreePorts } from '../control-plane/ports.ts';
import { lastLine, sealift, startSealift, type Finished } from '../helpers/cli.ts';
import { makePrivatePem } from '../helpers/signers.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { makeRegistry } from '../unit/server/client.ts';

type Setting = {
  readonly host: string;
  readonly cwd: string;
  run(...args: readonly string[]): Promise<Finished>;
};

const password = 'pass-Wr0d-in-no-stream';

/** A registry, two key pairs and a folder of manifests. */
async function makeSetting(t: TestContext): Promise<Setting> {
  const { registry } = await makeRegistry(t);
  const cwd = await makeTempDir(t);
  const env = { COSIGN_PASSWORD: password };
  const run: Setting['run'] = (...args) => sealift(args, { cwd, env });
  for (const name of ['release', 'promoter']) {
    assert.equal((await run('keygen', '--output-key-prefix', name)).code, 0);
  }
  await mkdir(join(cwd, 'manifests', 'sub'), { recursive: true });
  const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: "on"}\n';
  await writeFile(join(cwd, 'manifests', 'config.yaml'), config);
  await writeFile(join(cwd, 'manifests', 'sub', 'README.md'), 'words');
  return { host: registry.host, cwd, run };
}

const digestLine = /^sha256:[a-f0-9]{64}\n$/u;

test('keygen, push, verify and promote belong together', async (t) => {
  const { host, cwd, run } = await makeSetting(t);
  const reference = `oci://${host}/config/app`;
  assert.equal((await stat(join(cwd, 'release.key'))).mode & 0o777, 0o600);

  const pushed = await run(
    'push',
    `${reference}:1.0`,
    '-f',
    'manifests',
    '--key',
    'release.key',
    '--revision',
    'v1',
  );
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.match(pushed.stdout, digestLine);
  assert.match(pushed.stderr, /left out sub\/README\.md/u);
  const digest = pushed.stdout.trim();

  const again = await run(
    'push',
    `${reference}:1.0`,
    '-f',
    'manifests',
    '--key',
    'release.key',
    '--revision',
    'v1',
    '-o',
    'json',
  );
  const { signatureDigest, size, signed, ...data } = JSON.parse(again.stdout);
  assert.deepEqual(data, {
    digest,
    repository: `${host}/config/app`,
    reference: `${host}/config/app@${digest}`,
    tag: '1.0',
    changed: false,
    resources: 1,
  });
  assert.match(signatureDigest, /^sha256:/u);
  assert.deepEqual(
    signed.map(({ format, added }: { format: string; added: boolean }) => [format, added]),
    [
      ['bundle', false],
      ['legacy', false],
    ],
  );
  assert.ok(size > 0);

  const verified = await run(
    'verify',
    `${reference}:1.0`,
    '--verify-key',
    'promoter.pub',
    '--verify-key',
    'release.pub',
    '-o',
    'json',
  );
  assert.deepEqual(JSON.parse(verified.stdout), {
    verified: true,
    digest,
    matched: ['release.pub'],
    formats: ['bundle', 'legacy'],
  });
  assert.equal(
    lastLine((await run('verify', `${host}/config/app@${digest}`, '--verify-key', 'release.pub')).stdout),
    digest,
  );

  const promote = [
    'promote',
    `${reference}:1.0`,
    'prod',
    '--verify-key',
    'release.pub',
    '--key',
    'promoter.key',
  ];
  const promoted = await run(...promote, '--output=json', '--reason', 'first');
  const { statementDigest, ...result } = JSON.parse(promoted.stdout);
  assert.deepEqual(result, {
    digest,
    channel: 'prod',
    sequence: 1,
    action: 'promote',
    previousDigest: null,
    expiresAt: null,
    missingSigners: 0,
    changed: true,
  });
  assert.match(statementDigest, /^sha256:/u);
  assert.match((await run(...promote)).stdout, digestLine);

  const key = await readFile(join(cwd, 'release.key'), 'utf8');
  for (const { stdout, stderr } of [pushed, again, verified, promoted]) {
    assert.ok(!`${stdout}${stderr}`.includes(password));
    assert.ok(!`${stdout}${stderr}`.includes(key.split('\n')[3] ?? assert.fail()));
  }
});

test('refusals: exit code, and the code in text and in JSON', async (t) => {
  const { host, cwd, run } = await makeSetting(t);
  const reference = `oci://${host}/config/app`;
  const push = ['-f', 'manifests', '--key', 'release.key'];
  await run('push', `${reference}:1.0`, ...push);
  await writeFile(join(cwd, 'broken.yaml'), 'kind: A\n');
  await writeFile(join(cwd, 'Chart.yaml'), 'name: a\n');
  const [freePort] = await findFreePorts(1);
  const table: readonly Row[] = [
    [3, 'INPUT_INVALID', ['frobnicate']],
    [3, 'INPUT_INVALID', ['toString']],
    [3, 'INPUT_INVALID', ['push', `${reference}:2.0`, ...push, '--unknown']],
    [3, 'INPUT_INVALID', ['push', reference, ...push]],
    [3, 'INPUT_INVALID', ['push', `${reference}:2.0`, ...push, '-a', 'novalue']],
    [3, 'INPUT_CONFLICT', ['push', `${reference}:2.0`, ...push, '-a', 'k=1', '-a', 'k=2']],
    [3, 'INPUT_INVALID', ['push', `${reference}:2.0`, ...push, '--created', 'yesterday']],
    [3, 'INPUT_MISSING', ['push', `${reference}:2.0`, '-f', 'manifests']],
    [3, 'FILE_UNREADABLE', ['push', `${reference}:2.0`, '-f', 'nowhere', '--key', 'release.key']],
    [3, 'FILE_UNREADABLE', ['push', `${reference}:2.0`, '-f', 'manifests', '--key', 'none.key']],
    [3, 'KEY_INVALID', ['push', `${reference}:2.0`, '-f', 'manifests', '--key', 'release.pub']],
    [3, 'INPUT_MISSING', ['push', `${reference}:2.0`, '-f', 'manifests', '--key', 'env://NOT_SET']],
    [3, 'REFERENCE_INVALID', ['verify', 'https://host/app', '--verify-key', 'release.pub']],
    [3, 'TAG_INVALID', ['verify', `${reference}:-`, '--verify-key', 'release.pub']],
    [3, 'INPUT_MISSING', ['verify', `${reference}:1.0`]],
    [3, 'KEY_INVALID', ['verify', `${reference}:1.0`, '--verify-key', 'release.key']],
    [3, 'FILE_UNREADABLE', ['keygen', '--output-key-prefix', 'release']],
    [
      3,
      'INPUT_CONFLICT',
      ['promote', `${reference}:1.0`, 'prod', '--verify-key', 'release.pub', '--key', 'release.key'],
    ],
    [
      3,
      'INPUT_INVALID',
      [
        'promote',
        `${reference}:1.0`,
        'prod',
        '--verify-key',
        'release.pub',
        '--key',
        'promoter.key',
        '--epoch',
        '-1',
      ],
    ],
    [3, 'INPUT_INVALID', ['serve', 'dir', '--listen', 'nonsense']],
    [4, 'RESOURCE_INVALID', ['push', `${reference}:2.0`, '-f', 'broken.yaml', '--key', 'release.key']],
    [4, 'NOT_RENDERED', ['push', `${reference}:2.0`, '-f', 'Chart.yaml', '--key', 'release.key']],
    [5, 'REGISTRY_NETWORK', ['verify', `oci://127.0.0.1:${freePort}/app:1.0`, '--verify-key', 'release.pub']],
    [11, 'CONTENT_MISSING', ['verify', `${reference}:none`, '--verify-key', 'release.pub']],
    [12, 'SIGNATURE_INVALID', ['verify', `${reference}:1.0`, '--verify-key', 'promoter.pub']],
    [24, 'TAG_EXISTS', ['push', `${reference}:1.0`, ...push, '--revision', 'other']],
  ];
  for (let at = 0; at < table.length; at += 4) {
    await Promise.all(table.slice(at, at + 4).map((row) => assertRefused(run, row)));
  }
  const args = ['push', `${reference}:2.0`, '-f', 'broken.yaml', '--key', 'release.key', '-o', 'json'];
  const { error } = JSON.parse((await run(...args)).stdout);
  assert.deepEqual(Object.keys(error).toSorted(), ['code', 'message', 'problems']);
  assert.deepEqual(Object.keys(error.problems[0]), ['code', 'message', 'file', 'line', 'column']);
  assert.equal(error.problems[0].code, 'RESOURCE_INVALID');
});

type Row = readonly [number, string, readonly string[]];

async function assertRefused(run: Setting['run'], [code, name, args]: Row): Promise<void> {
  const [text, json] = await Promise.all([run(...args), run(...args, '-o', 'json')]);
  assert.equal(text.code, code, `${args.join(' ')}: ${text.stderr}`);
  assert.equal(text.stdout, '', args.join(' '));
  assert.ok(text.stderr.includes(name), text.stderr);
  assert.doesNotMatch(text.stderr, /^ {4}at /mu);
  assert.ok(!text.stderr.includes(password));
  assert.equal(json.code, code);
  const { error } = JSON.parse(json.stdout);
  assert.equal(error.code, name);
  assert.equal(typeof error.message, 'string');
}

test('a wrong password is told apart, and the key is not printed', async (t) => {
  const { host, cwd } = await makeSetting(t);
  const args = ['push', `oci://${host}/app:1`, '-f', 'manifests', '--key', 'release.key'];
  const { code, stdout, stderr } = await sealift(args, { cwd, env: { COSIGN_PASSWORD: 'wrong-secret' } });
  assert.deepEqual([code, stdout], [3, '']);
  assert.match(stderr, /KEY_PASSWORD_WRONG/u);
  assert.doesNotMatch(stderr, /wrong-secret/u);
});

test('a key from the environment is in no stream, good or bad', async (t) => {
  const { host, cwd } = await makeSetting(t);
  const args = ['push', `oci://${host}/app:1`, '-f', 'manifests', '--key', 'env://SIGNING_KEY', '-o', 'json'];
  const pem = makePrivatePem();
  const body = pem.split('\n')[1] ?? assert.fail();
  for (const [key, expected] of [
    [pem, 0],
    [pem.replace('-----END', '----END'), 3],
  ] as const) {
    const { code, stdout, stderr } = await sealift(args, {
      cwd,
      env: { SIGNING_KEY: key, SEALIFT_DEBUG: '1' },
    });
    assert.equal(code, expected, stderr);
    assert.ok(!`${stdout}${stderr}`.includes(body));
  }
});

test('help names every verb', async (t) => {
  const cwd = await makeTempDir(t);
  const { code, stdout, stderr } = await sealift(['help'], { cwd });
  assert.equal(code, 0);
  for (const verb of ['keygen', 'push', 'verify', 'promote', 'serve'])
    assert.match(stdout + stderr, new RegExp(`sealift ${verb}`, 'u'));
  assert.equal((await sealift([], { cwd })).code, 3);
});

suite('serve', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`prints its address first, serves, and ends with 0 on ${signal}`, async (t) => {
      const cwd = await makeTempDir(t);
      const server = startSealift(['serve', 'registry', '--listen', '127.0.0.1:0'], { cwd });
      t.after(() => server.child.kill('SIGKILL'));
      const host = await server.firstLine();
      assert.equal((await fetch(`http://${host}/v2/`)).status, 200);
      server.child.kill(signal);
      const { code, stdout } = await server.finished;
      assert.equal(code, 0);
      assert.equal(stdout, `${host}\n`);
    });
  }
});
