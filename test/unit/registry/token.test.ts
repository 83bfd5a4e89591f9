// Tokens: when they are asked for, kept and given up, and what hostile token servers may do.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { RegistryError } from '../../../src/errors.ts';
import { authLimits } from '../../../src/limits.ts';
import { createAuth } from '../../../src/registry/auth.ts';
import { passwordCredential } from '../../../src/registry/credentials/credential.ts';
import type { HttpRequest } from '../../../src/registry/http.ts';
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
  wantsBearer,
} from '../../helpers/scripted-login.ts';

suite('a token', () => {
  test('that was revoked is asked for again, once', async (t) => {
    const tokens = await serve(t, (_asked, count) => ({ status: 200, body: { token: `t${count}` } }));
    let right = 'Bearer t1';
    const registry = await serve(t, (asked) =>
      takes(right)(
        asked,
        wantsBearer(tokens, asked.authorization === undefined ? '' : ',error="invalid_token"'),
      ),
    );
    const send = logIn(t, registry);
    assert.equal(await statusOf(send(get(registry))), 200);
    right = 'Bearer t2';
    assert.deepEqual(
      await Promise.all([statusOf(send(get(registry))), statusOf(send(get(registry)))]),
      [200, 200],
    );
    assert.equal(tokens.asked.length, 2);
    right = 'Bearer none';
    await assertRejectsWithCode(send(get(registry)), RegistryError, 'REGISTRY_UNAUTHORIZED');
    assert.equal(tokens.asked.length, 3);
  });

  test('is asked for with the credential that is there now', async (t) => {
    const renewed = passwordCredential('alice', 'pass-4712');
    let right = basicOfAlice;
    const tokens = await serve(t, ({ authorization }) =>
      authorization === right ? { status: 200, body: { token: 't', expires_in: 100 } } : { status: 401 },
    );
    let nowMs = 0;
    const registry = await serve(t, (asked) => takes('Bearer t')(asked, wantsBearer(tokens)));
    const keychain = keychainOf(alice, renewed);
    const send = logIn(t, registry, { keychain, now: () => nowMs });
    assert.equal(await statusOf(send(get(registry))), 200);
    right = `Basic ${Buffer.from('alice:pass-4712').toString('base64')}`;
    nowMs = 99_000;
    assert.equal(await statusOf(send(get(registry))), 200);
    assert.equal(keychain.looks, 2);
  });

  test('for more is asked for before the registry says so, and at its word where that fails', async (t) => {
    const tokens = await serve(t, ({ line }) =>
      line.includes('push') ? { status: 403 } : { status: 200, body: { token: 'reads' } },
    );
    const registry = await serve(t, (asked) => takes('Bearer reads')(asked, wantsBearer(tokens)));
    const send = logIn(t, registry);
    assert.equal(await statusOf(send(get(registry))), 200);
    const upload: HttpRequest = { method: 'POST', url: new URL('/v2/a/blobs/uploads/', registry.url) };
    await assertRejectsWithCode(send(upload), RegistryError, 'REGISTRY_DENIED');
    assert.equal(await statusOf(send(get(registry))), 200);
  });

  test('that has ended is renewed, and may still not be enough', async (t) => {
    const tokens = await serve(t, ({ line }) => ({
      status: 200,
      body: { token: line.includes('delete') ? 'deletes' : 'reads', expires_in: 60 },
    }));
    const registry = await serve(t, (asked) =>
      asked.line.startsWith('DELETE')
        ? takes('Bearer deletes')(asked, {
            status: 401,
            headers: {
              'www-authenticate': `Bearer realm="${tokens.url}/token",scope="repository:a:delete",error="insufficient_scope"`,
            },
          })
        : takes('Bearer reads', 'Bearer deletes')(asked, wantsBearer(tokens)),
    );
    let nowMs = 0;
    const send = logIn(t, registry, { now: () => nowMs });
    assert.equal(await statusOf(send(get(registry))), 200);
    nowMs = 70_000;
    const remove: HttpRequest = { method: 'DELETE', url: new URL('/v2/a/manifests/x', registry.url) };
    assert.equal(await statusOf(send(remove)), 200);
    assert.equal(tokens.asked.length, 3);
  });

  test('for more that is refused at once leaves it to the registry to ask', async (t) => {
    const tokens = await serve(t, ({ line }) =>
      line.includes('push') ? { status: 403 } : { status: 200, body: { token: 'all' } },
    );
    const registry = await serve(t, (asked) =>
      // It never looks whether a scope is for writing.
      asked.line.startsWith('POST') && asked.authorization === undefined
        ? { status: 202 }
        : takes('Bearer all')(asked, wantsBearer(tokens)),
    );
    const send = logIn(t, registry);
    assert.equal(await statusOf(send(get(registry))), 200);
    const upload: HttpRequest = { method: 'POST', url: new URL('/v2/a/blobs/uploads/', registry.url) };
    assert.equal(await statusOf(send(upload)), 202);
  });

  test('is for one registry and one credential', async (t) => {
    const tokens = await serve(t, (_asked, count) => ({ status: 200, body: { token: `t${count}` } }));
    const registries = await Promise.all(
      [1, 2].map(() =>
        serve(t, (asked) => (asked.authorization === undefined ? wantsBearer(tokens) : { status: 200 })),
      ),
    );
    const transport = createTransport();
    t.after(() => transport.close());
    const authenticate = createAuth({ send: transport.send, now: () => 0 });
    const bob = passwordCredential('bob', 'pass-4713');
    for (const registry of registries) {
      for (const credential of [alice, bob, undefined]) {
        const url = new URL(registry.url);
        const target = { url, registry: url.host, repository: 'a', keychain: keychainOf(credential) };
        assert.equal(await statusOf(authenticate(transport.send, target)(get(registry))), 200);
      }
    }
    const sent = registries.map(({ asked }) => asked.flatMap(({ authorization }) => authorization ?? []));
    assert.deepEqual(sent, [
      ['Bearer t1', 'Bearer t2', 'Bearer t3'],
      ['Bearer t4', 'Bearer t5', 'Bearer t6'],
    ]);
  });

  test('comes with a body that is sent again from its beginning', async (t) => {
    const tokens = await serve(t, () => ({ status: 200, body: { token: 't' } }));
    const registry = await serve(t, (asked) => takes('Bearer t')(asked, wantsBearer(tokens)));
    let opened = 0;
    const body = {
      byteLength: 6,
      open: async function* () {
        opened += 1;
        yield Buffer.from('abc');
        yield Buffer.from('def');
      },
    };
    const request: HttpRequest = { method: 'PUT', url: new URL('/v2/a/blobs/uploads/1', registry.url), body };
    assert.equal(await statusOf(logIn(t, registry)(request)), 200);
    assert.deepEqual([registry.asked.at(-1)?.body, opened], ['abcdef', 2]);
  });

  test('is tried again where its server is busy', async (t) => {
    const tokens = await serve(t, (_asked, count) =>
      count < 3 ? { status: 503 } : { status: 200, body: { token: 't' } },
    );
    const registry = await serve(t, (asked) => takes('Bearer t')(asked, wantsBearer(tokens)));
    assert.equal(await statusOf(logIn(t, registry)(get(registry))), 200);
  });

  test('is waited for by those who still want it', async (t) => {
    let release = (): void => undefined;
    const isAsked = Promise.withResolvers<void>();
    const tokens = await serve(t, () => (response) => {
      release = () => void response.end('{"token":"t"}');
      isAsked.resolve();
    });
    const registry = await serve(t, (asked) => takes('Bearer t')(asked, wantsBearer(tokens)));
    const send = logIn(t, registry);
    const leaving = new AbortController();
    const gone = send(get(registry, '/v2/a/tags/list', { signal: leaving.signal }));
    await isAsked.promise;
    const staying = statusOf(send(get(registry)));
    leaving.abort(new Error('gone'));
    await assert.rejects(gone, /gone/u);
    release();
    assert.equal(await staying, 200);
    assert.equal(tokens.asked.length, 1);
  });
});

suite('a hostile token server', () => {
  const long = 'x'.repeat(authLimits.tokenLength + 1);
  for (const [name, say, code] of [
    ['that redirects', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }, 'TOKEN_REALM_REFUSED'],
    ['without JSON', { status: 200, body: '<html>token</html>' }, 'REGISTRY_PROTOCOL'],
    ['without a token', { status: 200, body: { access: 'x' } }, 'REGISTRY_PROTOCOL'],
    ['with an empty token', { status: 200, body: { token: '' } }, 'REGISTRY_PROTOCOL'],
    ['with a number for a token', { status: 200, body: { token: 7 } }, 'REGISTRY_PROTOCOL'],
    ['with a token that splits headers', { status: 200, body: { token: 'a\r\nx: y' } }, 'REGISTRY_PROTOCOL'],
    ['with a long token', { status: 200, body: { token: long } }, 'REGISTRY_PROTOCOL'],
    ['with a long answer', { status: 200, body: `${' '.repeat(70_000)}{"token":"t"}` }, 'REGISTRY_PROTOCOL'],
    ['that is down', { status: 500 }, 'REGISTRY_UNAVAILABLE'],
    ['that is busy', { status: 429 }, 'REGISTRY_RATE_LIMITED'],
    ['that is not found', { status: 404 }, 'REGISTRY_NOT_FOUND'],
  ] as const) {
    test(`${name} ends with ${code}`, async (t) => {
      const tokens = await serve(t, () => say);
      const registry = await serve(t, () => wantsBearer(tokens));
      const error = await assertRejectsWithCode(logIn(t, registry)(get(registry)), RegistryError, code);
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /4711|YWxpY2U/u);
      assert.equal(registry.asked.length, 1);
    });
  }

  test('that never ends its answer ends with REGISTRY_TIMEOUT', async (t) => {
    const tokens = await serve(t, () => (response) => {
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(drip));
    });
    const registry = await serve(t, () => wantsBearer(tokens));
    const send = logIn(t, registry, { timeoutMs: 200 });
    await assertRejectsWithCode(send(get(registry)), RegistryError, 'REGISTRY_TIMEOUT');
  });

  test('that gives more and more is not heard to its end', async (t) => {
    const isClosed = Promise.withResolvers<void>();
    const tokens = await serve(t, () => (response) => {
      const flood = setInterval(() => response.write(' '.repeat(10_000)), 1);
      response.on('close', () => {
        clearInterval(flood);
        isClosed.resolve();
      });
    });
    const registry = await serve(t, () => wantsBearer(tokens));
    await assertRejectsWithCode(logIn(t, registry)(get(registry)), RegistryError, 'REGISTRY_PROTOCOL');
    await isClosed.promise;
  });

  for (const expires of [0, -5, 1e300, '60', null]) {
    test(`that lets tokens live for ${JSON.stringify(expires)} is lived with`, async (t) => {
      const tokens = await serve(t, () => ({ status: 200, body: { token: 't', expires_in: expires } }));
      const registry = await serve(t, (asked) => takes('Bearer t')(asked, wantsBearer(tokens)));
      const send = logIn(t, registry);
      assert.equal(await statusOf(send(get(registry))), 200);
      assert.equal(await statusOf(send(get(registry))), 200);
    });
  }
});
