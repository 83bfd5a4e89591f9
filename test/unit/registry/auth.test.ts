// The log-in layer against registries that are told what to answer.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { RegistryError } from '../../../src/errors.ts';
import { authLimits } from '../../../src/limits.ts';
import { createAuth } from '../../../src/registry/auth.ts';
import { passwordCredential, tokenCredential } from '../../../src/registry/credentials/credential.ts';
import type { Send } from '../../../src/registry/http.ts';
import { createTransport } from '../../../src/registry/transport.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import {
  alice,
  basicOfAlice,
  get,
  keychainOf,
  logIn,
  serve,
  statusOf,
  takes,
  wantsBasic,
  wantsBearer,
} from '../../helpers/scripted-login.ts';

suite('Basic', () => {
  test('is sent when it is asked for, and from there on at once', async (t) => {
    const registry = await serve(t, (asked) => takes(basicOfAlice)(asked, wantsBasic));
    const keychain = keychainOf(alice);
    const send = logIn(t, registry, { keychain });
    for (let count = 0; count < 3; count += 1) assert.equal(await statusOf(send(get(registry))), 200);
    assert.deepEqual(
      registry.asked.map(({ authorization }) => authorization),
      [undefined, basicOfAlice, basicOfAlice, basicOfAlice],
    );
    assert.equal(keychain.looks, 1);
  });

  test('is not sent where nobody asks', async (t) => {
    const registry = await serve(t, () => ({ status: 200 }));
    const keychain = keychainOf(alice);
    assert.equal(await statusOf(logIn(t, registry, { keychain })(get(registry))), 200);
    assert.equal(registry.asked[0]?.authorization, undefined);
    assert.equal(keychain.looks, 0);
  });

  test('that is refused is not sent again, lest an account be locked', async (t) => {
    const registry = await serve(t, () => wantsBasic);
    const send = logIn(t, registry);
    const error = await assertRejectsWithCode(send(get(registry)), RegistryError, 'REGISTRY_UNAUTHORIZED');
    assert.match(error.message, /password of alice from the test/u);
    assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /4711|YWxpY2U/u);
    assert.equal(registry.asked.length, 2);
  });

  test('follows a password that was changed meanwhile', async (t) => {
    const renewed = passwordCredential('alice', 'pass-4712');
    let right = basicOfAlice;
    const registry = await serve(t, (asked) => takes(right)(asked, wantsBasic));
    const send = logIn(t, registry, { keychain: keychainOf(alice, renewed) });
    assert.equal(await statusOf(send(get(registry))), 200);
    right = `Basic ${Buffer.from('alice:pass-4712').toString('base64')}`;
    assert.equal(await statusOf(send(get(registry))), 200);
    assert.equal(registry.asked.length, 4);
  });

  test('is looked up again after a while', async (t) => {
    const registry = await serve(t, (asked) => takes(basicOfAlice)(asked, wantsBasic));
    const keychain = keychainOf(alice);
    let nowMs = 0;
    const send = logIn(t, registry, { keychain, now: () => nowMs });
    for (const atMs of [0, authLimits.credentialLifetimeMs - 1, authLimits.credentialLifetimeMs]) {
      nowMs = atMs;
      assert.equal(await statusOf(send(get(registry))), 200);
    }
    assert.equal(keychain.looks, 2);
  });

  test('is looked up once for all who wait for it', async (t) => {
    const registry = await serve(t, (asked) => takes(basicOfAlice)(asked, wantsBasic));
    const keychain = keychainOf(alice);
    const send = logIn(t, registry, { keychain });
    const statuses = await Promise.all(Array.from({ length: 8 }, () => statusOf(send(get(registry)))));
    assert.deepEqual(new Set(statuses), new Set([200]));
    assert.equal(keychain.looks, 1);
  });

  test('takes no tokens, and none means to log in', async (t) => {
    const registry = await serve(t, () => wantsBasic);
    for (const kind of ['identity token', 'registry token'] as const) {
      const send = logIn(t, registry, { keychain: keychainOf(tokenCredential(kind, 'token-4711')) });
      const error = await assertRejectsWithCode(send(get(registry)), RegistryError, 'REGISTRY_UNAUTHORIZED');
      assert.doesNotMatch(inspect(error), /4711/u);
    }
    const send = logIn(t, registry, { keychain: keychainOf(undefined) });
    await assertRejectsWithCode(send(get(registry)), RegistryError, 'CREDENTIALS_MISSING');
  });
});

suite('a challenge', () => {
  test('for Bearer is taken before one for Basic, whatever the order and the lines', async (t) => {
    const tokens = await serve(t, () => ({ status: 200, body: { token: 't1' } }));
    const challenges = ['Negotiate', `Basic realm="r", Bearer realm="${tokens.url}/token"`];
    const registry = await serve(t, (asked) =>
      takes('Bearer t1')(asked, { status: 401, headers: { 'www-authenticate': challenges } }),
    );
    assert.equal(await statusOf(logIn(t, registry)(get(registry))), 200);
    assert.deepEqual(tokens.asked, [
      { line: 'GET /token?scope=repository%3Aa%3Apull', authorization: basicOfAlice, body: '' },
    ]);
  });

  for (const [name, challenge] of [
    ['of another scheme', 'Negotiate abc=='],
    ['without a realm', 'Bearer service="s"'],
  ] as const) {
    test(`${name} is a breach of the protocol`, async (t) => {
      const registry = await serve(t, () => ({ status: 401, headers: { 'www-authenticate': challenge } }));
      await assertRejectsWithCode(logIn(t, registry)(get(registry)), RegistryError, 'REGISTRY_PROTOCOL');
      assert.equal(registry.asked.length, 1);
    });
  }

  test('that is missing leaves the answer as it is', async (t) => {
    const registry = await serve(t, () => ({ status: 401 }));
    assert.equal(await statusOf(logIn(t, registry)(get(registry))), 401);
  });

  test('without a realm takes a token that is given', async (t) => {
    const registry = await serve(t, (asked) =>
      takes('Bearer given')(asked, { status: 401, headers: { 'www-authenticate': 'Bearer' } }),
    );
    const keychain = keychainOf(tokenCredential('registry token', 'given'));
    assert.equal(await statusOf(logIn(t, registry, { keychain })(get(registry))), 200);
  });

  test('that goes on and on ends after two answers', async (t) => {
    const tokens = await serve(t, (_asked, count) => ({ status: 200, body: { token: `t${count}` } }));
    const registry = await serve(t, () => wantsBearer(tokens, ',error="invalid_token"'));
    await assertRejectsWithCode(logIn(t, registry)(get(registry)), RegistryError, 'REGISTRY_UNAUTHORIZED');
    assert.equal(registry.asked.length, 2);
    assert.equal(tokens.asked.length, 1);
  });

  test('for a scope that is not granted means that it is not allowed', async (t) => {
    const tokens = await serve(t, () => ({ status: 200, body: { token: 't' } }));
    const registry = await serve(t, () => wantsBearer(tokens, ',error="insufficient_scope"'));
    await assertRejectsWithCode(logIn(t, registry)(get(registry)), RegistryError, 'REGISTRY_DENIED');
  });
});

suite('credentials', () => {
  test('go to no realm that is refused: SSRF through the realm', async (t) => {
    const keychain = keychainOf(alice);
    const registry = await serve(t, () => ({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="http://169.254.169.254/token",service="s"' },
    }));
    const send = logIn(t, registry, { keychain });
    await assertRejectsWithCode(send(get(registry)), RegistryError, 'TOKEN_REALM_REFUSED');
    assert.equal(keychain.looks, 0);
  });

  test('go to no other origin, even one that asks for them', async (t) => {
    const elsewhere = await serve(t, () => wantsBasic);
    const registry = await serve(t, ({ authorization, line }) => {
      if (authorization !== basicOfAlice) return wantsBasic;
      return line.includes('/blobs/')
        ? { status: 307, headers: { location: `${elsewhere.url}/blob` } }
        : { status: 200 };
    });
    const send = logIn(t, registry);
    assert.equal(await statusOf(send(get(registry))), 200);
    assert.equal(await statusOf(send(get(registry, '/v2/a/blobs/x'))), 401);
    assert.equal(await statusOf(send(get(elsewhere, '/upload/1'))), 401);
    assert.deepEqual(
      elsewhere.asked.map(({ authorization }) => authorization),
      [undefined, undefined],
    );
  });

  test('of one repository are not sent to another', async (t) => {
    const registry = await serve(t, (asked) => takes(basicOfAlice)(asked, wantsBasic));
    const keychain = keychainOf(alice, undefined);
    const transport = createTransport();
    t.after(() => transport.close());
    const authenticate = createAuth({ send: transport.send, now: () => 0 });
    const url = new URL(registry.url);
    const sendTo = (repository: string): Send =>
      authenticate(transport.send, { url, registry: url.host, repository, keychain });
    assert.equal(await statusOf(sendTo('a')(get(registry))), 200);
    await assertRejectsWithCode(sendTo('b')(get(registry)), RegistryError, 'CREDENTIALS_MISSING');
    assert.equal(await statusOf(sendTo('a')(get(registry))), 200);
  });
});
