import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { RegistryError } from '../../../src/errors.ts';
import { authLimits } from '../../../src/limits.ts';
import { spawnHelper } from '../../../src/registry/credentials/run-helper.ts';
import { userKeychain } from '../../../src/registry/credentials/sources.ts';
import { createCredentialWorld, type CredentialWorld } from '../../../src/registry/credentials/world.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeTempDir } from '../../helpers/temp.ts';

const place = { registry: 'registry.test', repository: 'a/b' };

function fileOf(user: string): object {
  return { auths: { 'registry.test': { auth: Buffer.from(`${user}:secret-4711`).toString('base64') } } };
}

async function write(path: string, content: unknown): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function userOf(world: CredentialWorld): Promise<string | undefined> {
  const found = await userKeychain(world).find(place);
  return found?.credential.kind === 'password' ? found.credential.user : found?.credential.kind;
}

/** A home in which every place has a file. */
async function makeHome(t: TestContext): Promise<{ home: string; env: Record<string, string> }> {
  const home = await makeTempDir(t);
  const at = (...parts: readonly string[]): string => join(home, ...parts);
  await write(at('named.json'), fileOf('named'));
  await write(at('run', 'containers', 'auth.json'), fileOf('run'));
  await write(at('.config', 'containers', 'auth.json'), fileOf('config'));
  await write(at('xdg', 'containers', 'auth.json'), fileOf('xdg'));
  await write(at('docker', 'config.json'), fileOf('docker'));
  await write(at('.docker', 'config.json'), fileOf('home'));
  const env = {
    HOME: home,
    REGISTRY_AUTH_FILE: at('named.json'),
    XDG_RUNTIME_DIR: at('run'),
    XDG_CONFIG_HOME: at('xdg'),
    DOCKER_AUTH_CONFIG: JSON.stringify(fileOf('environment')),
    DOCKER_CONFIG: at('docker'),
  };
  return { home, env };
}

suite('the sources of a user', () => {
  test('are asked in their order', async (t) => {
    const { env } = await makeHome(t);
    const left: Record<string, string> = { ...env };
    const users: (string | undefined)[] = [];
    for (const name of ['', 'REGISTRY_AUTH_FILE', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME']) {
      delete left[name];
      users.push(await userOf(createCredentialWorld(left)));
    }
    assert.deepEqual(users, ['named', 'run', 'xdg', 'config']);
    const docker = { DOCKER_AUTH_CONFIG: env['DOCKER_AUTH_CONFIG'], DOCKER_CONFIG: env['DOCKER_CONFIG'] };
    assert.equal(await userOf(createCredentialWorld(docker)), 'environment');
    assert.equal(await userOf(createCredentialWorld({ DOCKER_CONFIG: docker.DOCKER_CONFIG })), 'docker');
    assert.equal(await userOf(createCredentialWorld({})), undefined);
  });

  test('are passed over where they have nothing', async (t) => {
    const { home, env } = await makeHome(t);
    await write(env['REGISTRY_AUTH_FILE'] ?? '', { auths: { 'other.test': { auth: 'eDp5' } } });
    await write(join(home, 'run', 'containers', 'auth.json'), '');
    const missing = { ...env, XDG_CONFIG_HOME: join(home, 'nowhere'), DOCKER_AUTH_CONFIG: '{}' };
    const looks = await userKeychain(createCredentialWorld(missing)).trace(place);
    assert.deepEqual(
      looks.map(({ source, words }) => [source.replace(home, '~'), words]),
      [
        ['REGISTRY_AUTH_FILE (~/named.json)', 'nothing for this registry'],
        ['containers auth.json (~/run/containers/auth.json)', 'nothing for this registry'],
        ['containers auth.json (~/nowhere/containers/auth.json)', 'no such file'],
        ['environment variable DOCKER_AUTH_CONFIG', 'nothing for this registry'],
        ['docker config.json (~/docker/config.json)', 'password of docker'],
      ],
    );
  });

  for (const [name, content] of [
    ['no JSON', '{"auths": {"registry.test": {"auth": "secret-4711"'],
    ['another form', '{"auths": {"registry.test": "secret-4711"}}'],
    ['a list', '["secret-4711"]'],
    ['an entry that is none', { auths: { 'registry.test': { auth: 'secret-4711' } } }],
    ['more than fits', ' '.repeat(authLimits.credentialFileBytes + 1)],
    ['a helper that is a path', { credHelpers: { 'registry.test': '../../evil' } }],
    ['a helper that is an option', { credHelpers: { 'registry.test': '-x' } }],
    ['a helper with a space', { credsStore: 'a b' }],
    ['a helper with a long name', { credsStore: 'a'.repeat(65) }],
  ] as const) {
    test(`fail with the file’s name for ${name}`, async (t) => {
      const home = await makeTempDir(t);
      const path = await write(join(home, '.docker', 'config.json'), content);
      const world = createCredentialWorld({ HOME: home });
      const error = await assertRejectsWithCode(userOf(world), RegistryError, 'CREDENTIALS_INVALID');
      assert.ok(error.message.includes(path), error.message);
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /4711/u);
    });
  }

  test('that may not be read fail where they are named, and are passed over elsewhere', async (t) => {
    const home = await makeTempDir(t);
    const real = createCredentialWorld({ HOME: home });
    // Root may read everything, so that no mode of a file shows it.
    const world: CredentialWorld = { ...real, readFile: async () => 'not allowed' };
    assert.equal(await userOf(world), undefined);
    const named = { ...world, env: { REGISTRY_AUTH_FILE: '/named.json' } };
    await assertRejectsWithCode(userOf(named), RegistryError, 'CREDENTIALS_INVALID');
  });

  test('that are no plain files fail', async (t) => {
    const home = await makeTempDir(t);
    await mkdir(join(home, '.docker', 'config.json'), { recursive: true });
    await assertRejectsWithCode(
      userOf(createCredentialWorld({ HOME: home })),
      RegistryError,
      'CREDENTIALS_INVALID',
    );
    const endless = createCredentialWorld({ REGISTRY_AUTH_FILE: '/dev/zero' });
    await assertRejectsWithCode(userOf(endless), RegistryError, 'CREDENTIALS_INVALID');
  });
});

/** A credential helper as a program in a folder of its own, which becomes PATH. */
async function writeHelper(folder: string, name: string, script: string): Promise<void> {
  const path = await write(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

suite('a credential helper', () => {
  type Setup = { readonly script?: string; readonly config: object; readonly env?: Record<string, string> };
  const open = async (t: TestContext, { script, config, env = {} }: Setup): Promise<CredentialWorld> => {
    const home = await makeTempDir(t);
    await write(join(home, '.docker', 'config.json'), config);
    if (script !== undefined) await writeHelper(join(home, 'bin'), 'test', script);
    return createCredentialWorld({ HOME: home, PATH: `${join(home, 'bin')}:/usr/bin:/bin`, ...env });
  };
  const answer = `printf '{"ServerURL":"x","Username":"%s","Secret":"secret-4711"}' "$(cat)/$1/$#"`;

  test('gets the registry on its input, and nothing as an argument', async (t) => {
    for (const config of [
      { credsStore: 'test' },
      { credHelpers: { 'registry.test': 'test' }, credsStore: 'none' },
      { ...fileOf('file'), credsStore: 'test' },
    ]) {
      const world = await open(t, { script: answer, config });
      assert.equal(await userOf(world), 'registry.test/get/1');
    }
  });

  test('is asked for Docker Hub by the address that docker has for it', async (t) => {
    const script = `printf '{"Username":"%s","Secret":"s"}' "$(tr : ' ')"`;
    for (const registry of ['docker.io', 'registry-1.docker.io']) {
      const world = await open(t, {
        script,
        config: { credHelpers: { 'https://index.docker.io/v1/': 'test' } },
      });
      const found = await userKeychain(world).find({ registry });
      assert.equal(
        found?.credential.kind === 'password' && found.credential.user,
        'https //index.docker.io/v1/',
      );
    }
  });

  test('is ended when it takes too long, and when nobody waits for it', async (t) => {
    const world = await open(t, { script: 'sleep 60', config: {} });
    const call = { helper: 'test', action: 'get', input: 'registry.test' } as const;
    await assertRejectsWithCode(
      spawnHelper(call, { env: world.env, timeoutMs: 50 }),
      RegistryError,
      'CREDENTIAL_HELPER_FAILED',
    );
    const leaving = new AbortController();
    const running = spawnHelper({ ...call, signal: leaving.signal }, { env: world.env });
    leaving.abort(new Error('gone'));
    await assert.rejects(running, /gone/u);
  });

  test('is not asked for registries of others, nor where its name is empty', async (t) => {
    const world = await open(t, {
      script: answer,
      config: {
        ...fileOf('file'),
        credHelpers: { 'other.test': 'test', 'registry.test': '' },
        credsStore: 'test',
      },
    });
    assert.equal(await userOf(world), 'file');
  });

  test('for all is docker’s alone', async (t) => {
    const home = await makeTempDir(t);
    const path = await write(join(home, 'auth.json'), { ...fileOf('file'), credsStore: 'test' });
    assert.equal(await userOf(createCredentialWorld({ REGISTRY_AUTH_FILE: path })), 'file');
  });

  test('that gives an identity token says so by its user', async (t) => {
    const script = `printf '{"Username":"<token>","Secret":"secret-4711"}'`;
    assert.equal(await userOf(await open(t, { script, config: { credsStore: 'test' } })), 'identity token');
  });

  for (const [name, script] of [
    ['that has nothing', "echo 'credentials not found in native keychain'; exit 1"],
    ['that has nothing and says so by nothing', `printf '{"Username":"","Secret":""}'`],
  ] as const) {
    test(`${name} ends the look there`, async (t) => {
      const world = await open(t, { script, config: { ...fileOf('file'), credsStore: 'test' } });
      assert.equal(await userOf(world), undefined);
    });
  }

  for (const [name, script] of [
    ['that fails', 'echo secret-4711; echo "password=secret-4711 of $0" >&2; exit 3'],
    ['that is killed', 'echo secret-4711; kill -9 $$'],
    ['without JSON', 'echo secret-4711'],
    ['with half of it', `echo '{"Username":"secret-4711"}'`],
    ['with too much', `head -c 100000 /dev/zero | tr '\\0' x`],
    ['whose user can not be sent', `printf '{"Username":"a:b","Secret":"secret-4711"}'`],
    ['that is missing', undefined],
  ] as const) {
    test(`${name} fails without its words`, async (t) => {
      const world = await open(t, {
        config: { credsStore: 'test' },
        ...(script === undefined ? {} : { script }),
      });
      const error = await assertRejectsWithCode(userOf(world), RegistryError, 'CREDENTIAL_HELPER_FAILED');
      assert.match(error.message, /docker-credential-test/u);
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /4711/u);
    });
  }
});
