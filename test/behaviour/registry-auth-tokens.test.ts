// Log-in by tokens, against docker-registry and a token server whose tokens it verifies.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, suite, test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { RegistryError } from '../../src/errors.ts';
import { describe } from '../../src/oci/descriptor.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { connectRegistries, type Connections, type ConnectOptions } from '../../src/registry/connect.ts';
import {
  passwordCredential,
  tokenCredential,
  type Credential,
} from '../../src/registry/credentials/credential.ts';
import { createKeychain, givenCredential, type Keychain } from '../../src/registry/credentials/keychain.ts';
import type { RepositoryStore } from '../../src/registry/repository.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';
import { startTokenServer } from '../servers/token-server.ts';

const alice = passwordCredential('alice', 'won:der land é');
const bob = passwordCredential('bob', 'looks-only');
const robot = tokenCredential('identity token', 'refresh-me-4711');
const directory = await mkdtemp(join(tmpdir(), 'sealift-auth-'));
const tokens = await startTokenServer({
  alice: { password: 'won:der land é', actions: ['pull', 'push', 'delete'] },
  bob: { password: 'looks-only', actions: ['pull'] },
  carol: { password: 'own-only', actions: ['pull', 'push'], repositories: /^own\// },
  robot: { password: 'unused', identityToken: 'refresh-me-4711', actions: ['pull', 'push'] },
});
const certificateFile = join(directory, 'tokens.pem');
await writeFile(certificateFile, tokens.certificate);
const registry = await startDockerRegistry(directory, { auth: tokens.configuration(certificateFile) });
after(async () => {
  await registry.stop();
  await tokens.close();
  await rm(directory, { recursive: true, force: true });
});

/** How many requests the token server had before a test. */
let before = 0;
beforeEach(() => {
  before = tokens.requests.length;
  tokens.expiresInSeconds = 300;
  tokens.spoiledTokens = 0;
  tokens.member = 'token';
});

function asked(): readonly string[] {
  return tokens.requests
    .slice(before)
    .map(({ method, parameters }) => [method, ...parameters.getAll('scope')].join(' '));
}

let repositories = 0;
function nextName(prefix = 'test'): string {
  repositories += 1;
  return `${prefix}/auth-${String(repositories).padStart(3, '0')}`;
}

function keychainOf(...credentials: readonly Credential[]): Keychain {
  return createKeychain(credentials.map((credential) => givenCredential('the test', credential)));
}

function connect(t: TestContext, options: Partial<ConnectOptions> = {}): Connections {
  const connections = connectRegistries({ random: () => 0.5, now: () => 0, ...options });
  t.after(() => connections.close());
  return connections;
}

function openAs(
  t: TestContext,
  credential: Credential | undefined,
  repository: string,
  options: Partial<ConnectOptions> = {},
): RepositoryStore {
  const keychain = credential === undefined ? keychainOf() : keychainOf(credential);
  return connect(t, { keychain, ...options }).open({ registry: registry.host, repository });
}

const empty: Content = (() => {
  const bytes = Buffer.from('{}');
  return { descriptor: describe('application/vnd.oci.empty.v1+json', bytes), bytes };
})();

function manifestOf(text: string): Content {
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: empty.descriptor,
      layers: [],
      annotations: { text },
    }),
  );
  return { descriptor: describe('application/vnd.oci.image.manifest.v1+json', bytes), bytes };
}

async function publish(store: RepositoryStore, tag = 'v1'): Promise<Content> {
  const manifest = manifestOf(tag);
  await store.push(empty);
  await store.push(manifest);
  await store.tag(manifest, tag);
  return manifest;
}

suite('tokens', () => {
  test('for a first push are two: to look, and to write', async (t) => {
    const name = nextName();
    const store = openAs(t, alice, name);
    const manifest = await publish(store);
    assert.deepEqual((await store.resolve('v1')).bytes, manifest.bytes);
    assert.deepEqual(asked(), [`GET repository:${name}:pull`, `GET repository:${name}:pull,push`]);
  });

  test('are asked for once by all who need one at the same time', async (t) => {
    const name = nextName();
    const { descriptor } = await publish(openAs(t, alice, name));
    before = tokens.requests.length;
    const store = openAs(t, bob, name);
    const found = await Promise.all(Array.from({ length: 12 }, () => store.exists(descriptor)));
    assert.ok(found.every(Boolean));
    assert.deepEqual(asked(), [`GET repository:${name}:pull`]);
  });

  test('for identity tokens go by POST, as "access_token" too', async (t) => {
    const name = nextName();
    tokens.member = 'access_token';
    await publish(openAs(t, robot, name));
    const request = tokens.requests.at(-1);
    assert.equal(request?.method, 'POST');
    assert.equal(request.authorization, undefined);
    assert.deepEqual(Object.fromEntries(request.parameters), {
      grant_type: 'refresh_token',
      client_id: 'sealift',
      service: 'Sealift test registry',
      scope: `repository:${name}:pull,push`,
      refresh_token: 'refresh-me-4711',
    });
  });

  for (const { says, reusedAtMs, endedAtMs } of [
    { says: 300, reusedAtMs: 289_000, endedAtMs: 291_000 },
    // Nothing said means 60 s; of a short life the last quarter is not used.
    { says: undefined, reusedAtMs: 49_000, endedAtMs: 51_000 },
    { says: 4, reusedAtMs: 2900, endedAtMs: 3100 },
    { says: 1e9, reusedAtMs: 3_500_000, endedAtMs: 3_600_000 },
  ]) {
    test(`that live for ${says ?? 'unsaid'} s are used until shortly before`, async (t) => {
      const name = nextName();
      const { descriptor } = await publish(openAs(t, alice, name));
      tokens.expiresInSeconds = says;
      let nowMs = 0;
      const store = openAs(t, bob, name, { now: () => nowMs });
      const count = async (atMs: number): Promise<number> => {
        nowMs = atMs;
        before = tokens.requests.length;
        assert.ok(await store.exists(descriptor));
        return asked().length;
      };
      assert.deepEqual([await count(0), await count(reusedAtMs), await count(endedAtMs)], [1, 0, 1]);
    });
  }

  test('that the registry does not take end the request', async (t) => {
    tokens.spoiledTokens = 5;
    const store = openAs(t, alice, nextName());
    const error = await assertRejectsWithCode(
      store.exists(empty.descriptor),
      RegistryError,
      'REGISTRY_UNAUTHORIZED',
    );
    assert.match(error.message, /password of alice from the test/u);
    assert.equal(asked().length, 1);
  });

  test('for a mount are for both repositories, and one', async (t) => {
    const [from, to] = [nextName(), nextName()];
    const connections = connect(t, { keychain: keychainOf(alice) });
    const source = connections.open({ registry: registry.host, repository: from });
    await publish(source);
    before = tokens.requests.length;
    const target = connections.open({ registry: registry.host, repository: to });
    assert.equal(await target.takeOver(source, empty.descriptor), true);
    assert.equal(await target.exists(empty.descriptor), true);
    assert.deepEqual(asked(), [`GET repository:${from}:pull repository:${to}:pull,push`]);
  });

  test('for a mount from where we may not read leave it to an upload', async (t) => {
    const [from, to] = [nextName(), nextName('own')];
    const connections = connect(t);
    const place = (repository: string) => ({ registry: registry.host, repository });
    const source = connections.open(place(from), false, keychainOf(alice));
    await publish(source);
    const carol = keychainOf(passwordCredential('carol', 'own-only'));
    const target = connections.open(place(to), false, carol);
    assert.equal(await target.takeOver(source, empty.descriptor), false);
    await target.push(empty);
    assert.equal(await target.exists(empty.descriptor), true);
  });

  test('to delete are asked for when the registry says so', async (t) => {
    const store = openAs(t, alice, nextName());
    const { descriptor } = await publish(store);
    assert.equal(await store.deleteManifest(descriptor.digest), true);
    assert.equal(await store.exists(descriptor), false);
    assert.match(asked().at(-1) ?? '', /:delete,pull,push$/u);
  });
});

suite('who may not', () => {
  test('write reads on, and is told so', async (t) => {
    const name = nextName();
    await publish(openAs(t, alice, name));
    const store = openAs(t, bob, name);
    const manifest = manifestOf('of bob');
    await assertRejectsWithCode(store.push(manifest), RegistryError, 'REGISTRY_DENIED');
    assert.ok(await store.resolve('v1'));
    await assertRejectsWithCode(store.tag(manifest, 'v1'), RegistryError, 'REGISTRY_DENIED');
    assert.ok(await store.resolve('v1'));
  });

  test('log in is told whose credential it was, and from where', async (t) => {
    const wrong = passwordCredential('alice', 'guessed-4712');
    const store = openAs(t, wrong, nextName());
    const error = await assertRejectsWithCode(store.resolve('v1'), RegistryError, 'REGISTRY_UNAUTHORIZED');
    assert.match(error.message, /password of alice from the test/u);
    assert.doesNotMatch(inspectAll(error), /guessed-4712/u);
    const robotError = await assertRejectsWithCode(
      openAs(t, tokenCredential('identity token', 'revoked-4713'), nextName()).resolve('v1'),
      RegistryError,
      'REGISTRY_UNAUTHORIZED',
    );
    assert.match(robotError.message, /identity token from the test/u);
    assert.doesNotMatch(inspectAll(robotError), /revoked-4713/u);
  });

  test('be known reads what is public, and is told to log in for the rest', async (t) => {
    const name = nextName('public');
    await publish(openAs(t, alice, name));
    const store = openAs(t, undefined, name);
    assert.ok(await store.resolve('v1'));
    const failures = [
      () => store.push(manifestOf('x')),
      () => openAs(t, undefined, nextName()).resolve('v1'),
    ];
    for (const fail of failures) {
      const error = await assertRejectsWithCode(fail(), RegistryError, 'CREDENTIALS_MISSING');
      assert.match(error.hint ?? '', new RegExp(`sealift login ${registry.host}`, 'u'));
    }
  });

  test('profits from what another keychain of the same connections could do', async (t) => {
    const name = nextName();
    const connections = connect(t);
    const place = { registry: registry.host, repository: name };
    const { descriptor } = await publish(connections.open(place, false, keychainOf(alice)));
    const stranger = connections.open(place, false, keychainOf());
    await assertRejectsWithCode(stranger.exists(descriptor), RegistryError, 'CREDENTIALS_MISSING');
  });
});

suite('a log-in is tried', () => {
  for (const [credential, outcome] of [
    [alice, 'accepted'],
    [robot, 'accepted'],
  ] as const) {
    test(`with the ${credential.kind} that is right`, async (t) => {
      const target = { registry: registry.host };
      assert.equal(await connect(t).checkLogin(target, { credential, source: 'prompt' }), outcome);
      assert.deepEqual(tokens.requests.at(-1)?.parameters.getAll('scope').join(''), '');
    });
  }

  test('and one that is wrong is refused', async (t) => {
    const credential = passwordCredential('alice', 'guessed-4712');
    await assertRejectsWithCode(
      connect(t).checkLogin({ registry: registry.host }, { credential, source: 'prompt' }),
      RegistryError,
      'REGISTRY_UNAUTHORIZED',
    );
  });
});

test('what is observed tells all but secrets', async (t) => {
  const heard: unknown[] = [];
  const observe = {
    onChallenge: (event: unknown) => void heard.push(event),
    onToken: (event: unknown) => void heard.push(event),
  };
  const name = nextName();
  const store = openAs(t, robot, name, { observe });
  assert.equal(await store.exists(empty.descriptor), false);
  const service = 'Sealift test registry';
  const scope = `repository:${name}:pull`;
  assert.deepEqual(heard, [
    { registry: registry.host, schemes: ['bearer'], realm: tokens.url, service, scope },
    { realm: tokens.url, service, scopes: [scope], source: 'the test', lifetimeMs: 300_000 },
  ]);
});

/** All that any print of an error could show. */
function inspectAll(error: Error): string {
  return `${inspect(error, { depth: 20, showHidden: true })} ${JSON.stringify(error)} ${error.stack ?? ''}`;
}
