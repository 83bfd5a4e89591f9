import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { RegistryError } from '../../../src/errors.ts';
import {
  passwordCredential,
  tokenCredential,
  type Credential,
} from '../../../src/registry/credentials/credential.ts';
import { userKeychain } from '../../../src/registry/credentials/sources.ts';
import { eraseCredential, storeCredential } from '../../../src/registry/credentials/store.ts';
import { createCredentialWorld, type CredentialWorld } from '../../../src/registry/credentials/world.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeTempDir } from '../../helpers/temp.ts';

const alice = passwordCredential('alice', 'se:cret-4711 é');
const token = tokenCredential('identity token', 'token-4711');

/** A helper that keeps what it gets in files beside it. */
const keepingHelper = `#!/bin/sh
kept="$(dirname "$0")/kept"
case "$1" in
  store) cat > "$kept" ;;
  get) cat > /dev/null; [ -f "$kept" ] && cat "$kept" || { echo 'credentials not found in native keychain'; exit 1; } ;;
  erase) cat > /dev/null; [ -f "$kept" ] && rm "$kept" || { echo 'credentials not found in native keychain'; exit 1; } ;;
esac
`;

type Home = { readonly home: string; readonly path: string; readonly world: CredentialWorld };

async function makeHome(t: TestContext, config?: object, helper = keepingHelper): Promise<Home> {
  const home = await makeTempDir(t);
  const path = join(home, '.docker', 'config.json');
  if (config !== undefined) await write(path, JSON.stringify(config));
  const program = join(home, 'bin', 'docker-credential-keep');
  await write(program, helper);
  await chmod(program, 0o755);
  const world = createCredentialWorld({ HOME: home, PATH: `${dirname(program)}:/usr/bin:/bin` });
  return { home, path, world };
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}

async function found(
  world: CredentialWorld,
  registry: string,
): Promise<{ source: string; secret: string } | undefined> {
  const it = await userKeychain(world).find({ registry });
  if (it === undefined) return undefined;
  const secret = it.credential.kind === 'password' ? it.credential.password : it.credential.token;
  return { source: it.source, secret: secret.reveal() };
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

suite('a credential is stored', () => {
  test('in a new file that is its owner’s alone', async (t) => {
    const { path, world } = await makeHome(t);
    const source = await storeCredential('registry.test', alice, { world });
    assert.deepEqual(await found(world, 'registry.test'), { source, secret: 'se:cret-4711 é' });
    assert.equal(await modeOf(path), '600');
    assert.equal(await modeOf(dirname(path)), '700');
    assert.deepEqual(await readdir(dirname(path)), ['config.json']);
  });

  test('beside all that is there', async (t) => {
    const before = {
      auths: { 'other.test': { auth: 'eDp5', email: 'x@example.com' } },
      proxies: { default: { noProxy: 'a' } },
      credHelpers: { 'third.test': 'keep' },
      currentContext: 'c',
    };
    const { path, world } = await makeHome(t, before);
    await chmod(path, 0o644);
    await storeCredential('registry.test', token, { world });
    const auth = Buffer.from('<token>:').toString('base64');
    const entry = { auth, identitytoken: 'token-4711' };
    assert.deepEqual(await readJson(path), { ...before, auths: { ...before.auths, 'registry.test': entry } });
    assert.equal(await modeOf(path), '600');
    assert.equal((await found(world, 'registry.test'))?.secret, 'token-4711');
  });

  test('in place of the one before, for Docker Hub too', async (t) => {
    const { path, world } = await makeHome(t);
    for (const credential of [token, alice]) await storeCredential('docker.io', credential, { world });
    const auth = Buffer.from('alice:se:cret-4711 é').toString('base64');
    assert.deepEqual(await readJson(path), { auths: { 'https://index.docker.io/v1/': { auth } } });
  });

  test('where REGISTRY_AUTH_FILE and DOCKER_CONFIG say', async (t) => {
    const { home, world } = await makeHome(t);
    for (const [name, path] of [
      ['DOCKER_CONFIG', join(home, 'd', 'config.json')],
      ['REGISTRY_AUTH_FILE', join(home, 'r', 'auth.json')],
    ] as const) {
      const env = { [name]: name === 'DOCKER_CONFIG' ? dirname(path) : path };
      const source = await storeCredential('registry.test', alice, { world: { ...world, env } });
      assert.ok(source.includes(path));
      assert.ok(await readJson(path));
    }
  });

  test('behind a link that stays one', async (t) => {
    const { home, path, world } = await makeHome(t);
    await write(join(home, 'dotfiles', 'docker.json'), '{}');
    await mkdir(dirname(path));
    await symlink(join(home, 'dotfiles', 'docker.json'), path);
    await storeCredential('registry.test', alice, { world });
    assert.ok((await lstat(path)).isSymbolicLink());
    assert.ok(await found(world, 'registry.test'));
  });

  for (const config of [
    { credsStore: 'keep', auths: { 'registry.test': { auth: 'b2xkOjQ3MTE=' } } },
    { credHelpers: { 'registry.test': 'keep' } },
  ]) {
    for (const [credential, user] of [
      [alice, 'alice'],
      [token, '<token>'],
    ] as const) {
      test(`with the helper of ${JSON.stringify(Object.keys(config))}: the ${credential.kind}`, async (t) => {
        const { home, path, world } = await makeHome(t, config);
        const source = await storeCredential('registry.test', credential, { world });
        const secret = credential.kind === 'password' ? credential.password : credential.token;
        assert.deepEqual(await readJson(join(home, 'bin', 'kept')), {
          ServerURL: 'registry.test',
          Username: user,
          Secret: secret.reveal(),
        });
        assert.deepEqual(await readJson(path), { ...config, auths: { 'registry.test': {} } });
        assert.deepEqual(await found(world, 'registry.test'), { source, secret: secret.reveal() });
      });
    }
  }

  for (const [name, config, helper, code] of [
    ['a file that is broken', 'secret', undefined, 'CREDENTIALS_INVALID'],
    ['a helper with a bad name', { credsStore: '../x' }, undefined, 'CREDENTIALS_INVALID'],
    [
      'a helper that fails',
      { credsStore: 'keep' },
      '#!/bin/sh\ncat >&2; exit 1\n',
      'CREDENTIAL_HELPER_FAILED',
    ],
  ] as const) {
    test(`not at all with ${name}, which stays as it is`, async (t) => {
      const { path, world } = await makeHome(t, {}, helper);
      const text = typeof config === 'string' ? config : JSON.stringify(config);
      await write(path, text);
      const error = await assertRejectsWithCode(
        storeCredential('registry.test', alice, { world }),
        RegistryError,
        code,
      );
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /4711/u);
      assert.equal(await readFile(path, 'utf8'), text);
    });
  }

  test('not at all where it can not be written, without a home, and if it ends soon', async (t) => {
    const { home, world } = await makeHome(t);
    await write(join(home, 'file'), '');
    const nowhere = { ...world, env: { DOCKER_CONFIG: join(home, 'file', 'below') } };
    const cases: readonly (readonly [Credential, CredentialWorld])[] = [
      [alice, nowhere],
      [alice, { ...world, env: {}, home: undefined }],
      [tokenCredential('registry token', 'token-4711'), world],
    ];
    for (const [credential, there] of cases) {
      await assertRejectsWithCode(
        storeCredential('registry.test', credential, { world: there }),
        RegistryError,
        'CREDENTIALS_INVALID',
      );
    }
  });
});

suite('a credential is erased', () => {
  test('under every key that stands for the registry, and no other', async (t) => {
    const other = { 'registry.test:5000': { auth: 'eDp5' }, 'registry.test/team': { auth: 'eDp5' } };
    const mine = { 'registry.test': { auth: 'eDp5' }, 'https://registry.test/v1/': { auth: 'eDp5' } };
    const { path, world } = await makeHome(t, { auths: { ...other, ...mine }, detachKeys: 'x' });
    assert.equal(await eraseCredential('registry.test', { world }), true);
    assert.deepEqual(await readJson(path), { auths: other, detachKeys: 'x' });
    assert.equal(await eraseCredential('registry.test', { world }), false);
  });

  test('from the helper', async (t) => {
    const { world } = await makeHome(t, { credsStore: 'keep' });
    await storeCredential('registry.test', alice, { world });
    assert.equal(await eraseCredential('registry.test', { world }), true);
    assert.equal(await found(world, 'registry.test'), undefined);
    assert.equal(await eraseCredential('registry.test', { world }), false);
  });

  test('where there is no file without making one', async (t) => {
    const { path, world } = await makeHome(t);
    assert.equal(await eraseCredential('registry.test', { world }), false);
    await assert.rejects(readFile(path), { code: 'ENOENT' });
  });
});
