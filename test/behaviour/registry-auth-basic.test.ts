// Log-in by Basic, against docker-registry with a file of passwords.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test, type TestContext } from 'node:test';
import { RegistryError } from '../../src/errors.ts';
import { describe } from '../../src/oci/descriptor.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { connectRegistries, type Connections, type ConnectOptions } from '../../src/registry/connect.ts';
import { passwordCredential, tokenCredential } from '../../src/registry/credentials/credential.ts';
import { createKeychain, givenCredential } from '../../src/registry/credentials/keychain.ts';
import { userKeychain } from '../../src/registry/credentials/sources.ts';
import { createCredentialWorld } from '../../src/registry/credentials/world.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';

// A colon, a space and a letter of two bytes, as bcrypt with four rounds.
const password = 'won:der land é';
const line = 'alice:$2a$04$TQQwNdER3ev6e86vSlp9luw7CDHf8Hohqdtj.wSBRok2XkGHS9hGW';
const alice = passwordCredential('alice', password);
const directory = await mkdtemp(join(tmpdir(), 'sealift-auth-'));
const passwords = join(directory, 'htpasswd');
await writeFile(passwords, `${line}\n`);
const registry = await startDockerRegistry(directory, {
  auth: { htpasswd: { realm: 'test', path: passwords } },
});
after(async () => {
  await registry.stop();
  await rm(directory, { recursive: true, force: true });
});

function connect(t: TestContext, options: Partial<ConnectOptions> = {}): Connections {
  const connections = connectRegistries({ random: () => 0.5, now: () => 0, ...options });
  t.after(() => connections.close());
  return connections;
}

const empty: Content = (() => {
  const bytes = Buffer.from('{}');
  return { descriptor: describe('application/vnd.oci.empty.v1+json', bytes), bytes };
})();

suite('a registry with passwords', () => {
  test('is pushed to and pulled from after one challenge', async (t) => {
    let challenges = 0;
    const keychain = createKeychain([givenCredential('the test', alice)]);
    const observe = { onChallenge: () => void (challenges += 1) };
    const store = connect(t, { keychain, observe }).open({ registry: registry.host, repository: 'a/b' });
    await store.push(empty);
    const bytes = Buffer.alloc(300_000, 'x');
    const blob = describe('application/octet-stream', bytes);
    await store.pushBlob(blob, async function* () {
      yield bytes;
    });
    assert.equal(await store.exists(blob), true);
    assert.deepEqual(await store.tags(), []);
    assert.equal(challenges, 1);
  });

  test('takes what the user’s own docker config.json says', async (t) => {
    const home = await makeTempDir(t);
    const auth = Buffer.from(`alice:${password}`).toString('base64');
    await writeFile(join(home, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const keychain = userKeychain(createCredentialWorld({ DOCKER_CONFIG: home }));
    const store = connect(t, { keychain }).open({ registry: registry.host, repository: 'a/b' });
    assert.equal(await store.exists(describe('application/octet-stream', Buffer.from('none'))), false);
  });

  for (const [name, credential, code] of [
    ['a wrong password', passwordCredential('alice', 'guessed-4711'), 'REGISTRY_UNAUTHORIZED'],
    ['an identity token', tokenCredential('identity token', 'token-4711'), 'REGISTRY_UNAUTHORIZED'],
    ['nothing', undefined, 'CREDENTIALS_MISSING'],
  ] as const) {
    test(`refuses ${name}`, async (t) => {
      const sources = credential === undefined ? [] : [givenCredential('the test', credential)];
      const store = connect(t, { keychain: createKeychain(sources) }).open({
        registry: registry.host,
        repository: 'a/b',
      });
      const error = await assertRejectsWithCode(store.resolve('v1'), RegistryError, code);
      assert.doesNotMatch(`${error.message} ${error.hint} ${JSON.stringify(error)}`, /4711/u);
      assert.match(error.hint ?? '', new RegExp(`sealift login ${registry.host}`, 'u'));
    });
  }

  test('tells whether it takes a credential', async (t) => {
    const target = { registry: registry.host };
    const connections = connect(t);
    assert.equal(await connections.checkLogin(target, { credential: alice, source: 'prompt' }), 'accepted');
    await assertRejectsWithCode(
      connections.checkLogin(target, { credential: passwordCredential('alice', 'x'), source: 'prompt' }),
      RegistryError,
      'REGISTRY_UNAUTHORIZED',
    );
  });

  test('that lets everybody in says nothing of a credential', async (t) => {
    const folder = await makeTempDir(t);
    const open = await startDockerRegistry(folder);
    t.after(() => open.stop());
    const target = { registry: open.host };
    assert.equal(await connect(t).checkLogin(target, { credential: alice, source: 'prompt' }), 'not asked');
  });
});
