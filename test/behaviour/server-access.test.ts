// Who is let in: log-ins by Basic authentication, pulls that are open to all, TLS, and what is refused at the start.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { InputError } from '../../src/errors.ts';
import { serverLimits } from '../../src/limits.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { account, basic, writeAccounts } from '../helpers/accounts.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { makeCertificate } from '../helpers/tls-files.ts';
import { makeRegistry, pushImage, type Send } from '../unit/server/client.ts';

const login = { Authorization: basic(account.name, account.password) };

function loggedIn(send: Send): Send {
  return (method, path, options = {}) =>
    send(method, path, { ...options, headers: { ...login, ...options.headers } });
}

const requests = [
  ['GET', '/v2/'],
  ['GET', '/v2/_catalog'],
  ['GET', '/v2/a/manifests/v1'],
  ['HEAD', '/v2/a/manifests/v1'],
  ['GET', '/v2/a/tags/list'],
  ['POST', '/v2/a/blobs/uploads/'],
  ['PUT', '/v2/a/manifests/v2'],
  ['DELETE', '/v2/a/manifests/v1'],
  ['GET', '/elsewhere'],
] as const;

suite('with accounts', () => {
  const wrong: readonly (readonly [name: string, header: string | undefined])[] = [
    ['no log-in', undefined],
    ['a wrong password', basic(account.name, 'Secret')],
    ['an unknown name', basic('root', account.password)],
    ['an empty name and password', basic('', '')],
    ['the hash for a password', basic(account.name, account.hash)],
    ['a log-in of another kind', 'Bearer c2VjcmV0'],
    ['what is no base64', 'Basic !!!!'],
    ['what has no separator', `Basic ${Buffer.from('ci').toString('base64')}`],
    ['nothing behind the kind', 'Basic'],
    ['a huge password', basic(account.name, 'x'.repeat(20_000))],
  ];
  for (const [name, header] of wrong) {
    test(`${name} is told to log in, and nothing else`, async (t) => {
      const htpasswd = await writeAccounts(await makeTempDir(t));
      const { send } = await makeRegistry(t, { accounts: { htpasswd } });
      await pushImage(loggedIn(send), 'a', { text: 'x', tag: 'v1' });
      for (const [method, path] of requests) {
        const reply = await send(
          method,
          path,
          header === undefined ? {} : { headers: { Authorization: header } },
        );
        assert.deepEqual(
          [reply.status, reply.headers['www-authenticate']],
          [401, 'Basic realm="sealift", charset="UTF-8"'],
        );
        if (method !== 'HEAD') assert.equal(reply.code, 'UNAUTHORIZED');
      }
    });
  }

  test('an account may do everything', async (t) => {
    const htpasswd = await writeAccounts(await makeTempDir(t));
    const { send } = await makeRegistry(t, { accounts: { htpasswd } });
    const own = loggedIn(send);
    assert.equal((await own('GET', '/v2/')).status, 200);
    assert.equal((await pushImage(own, 'a', { text: 'x', tag: 'v1' })).reply.status, 201);
    assert.equal((await own('DELETE', '/v2/a/manifests/v1')).status, 202);
    const lower = await send('GET', '/v2/', {
      headers: { authorization: login.Authorization.replace('Basic', 'bAsIc ') },
    });
    assert.equal(lower.status, 200);
  });

  test('open pulls need no log-in, but /v2/ and all else do, and a wrong one is never let in', async (t) => {
    const htpasswd = await writeAccounts(await makeTempDir(t));
    const { send } = await makeRegistry(t, { accounts: { htpasswd, anonymousPull: true } });
    const { manifest, layer } = await pushImage(loggedIn(send), 'a', { text: 'x', tag: 'v1' });
    for (const path of [
      '/v2/a/manifests/v1',
      '/v2/a/tags/list',
      `/v2/a/blobs/${layer.descriptor.digest}`,
      `/v2/a/referrers/${manifest.descriptor.digest}`,
    ]) {
      for (const method of ['GET', 'HEAD']) assert.equal((await send(method, path)).status, 200, path);
      const headers = { Authorization: basic(account.name, 'wrong') };
      assert.equal((await send('GET', path, { headers })).status, 401, path);
    }
    for (const [method, path] of [
      ['GET', '/v2/'],
      ['GET', '/v2'],
      ['GET', '/v2/?a=b'],
      ['POST', '/v2/a/blobs/uploads/'],
      ['PUT', '/v2/a/manifests/v2'],
      ['PATCH', '/v2/a/blobs/uploads/x'],
      ['DELETE', '/v2/a/manifests/v1'],
    ] as const) {
      assert.equal((await send(method, path)).status, 401, `${method} ${path}`);
    }
  });

  test('changed ones count without a restart', async (t) => {
    const htpasswd = await writeAccounts(await makeTempDir(t));
    const rests: (() => void)[] = [];
    const startTimer = (callback: () => void, afterMs: number): (() => void) => {
      if (afterMs === serverLimits.fileRestMs) rests.push(callback);
      return () => undefined;
    };
    const { send } = await makeRegistry(t, { accounts: { htpasswd }, startTimer });
    assert.equal((await send('GET', '/v2/', { headers: login })).status, 200);
    await writeFile(htpasswd, `other:${account.hash}\n`);
    for (const end of rests) end();
    assert.equal((await send('GET', '/v2/', { headers: login })).status, 401);
    const other = { Authorization: basic('other', account.password) };
    assert.equal((await send('GET', '/v2/', { headers: other })).status, 200);
  });
});

suite('refused at the start', () => {
  test('not log-ins on loopback, by IPv6 either', async (t) => {
    const folder = await makeTempDir(t);
    const accounts = { htpasswd: await writeAccounts(folder) };
    const options = { directory: join(folder, 'registry'), accounts, host: '::1' };
    const registry = await startRegistry(options).catch((error: unknown) => {
      // Where there is no IPv6 at all.
      if (error instanceof InputError) throw error;
    });
    await registry?.close();
  });

  test('log-ins that a network could see, unless that is allowed', async (t) => {
    const folder = await makeTempDir(t);
    const accounts = { htpasswd: await writeAccounts(folder) };
    const directory = join(folder, 'registry');
    const options = { directory, accounts, host: '0.0.0.0' };
    await assertRejectsWithCode(startRegistry(options), InputError, 'INPUT_CONFLICT');
    await assertRejectsWithCode(startRegistry({ ...options, host: '::' }), InputError, 'INPUT_CONFLICT');
    for (const allowed of [{ allowPlainLogin: true }, { tls: await makeCertificate(folder) }]) {
      await (await startRegistry({ ...options, ...allowed })).close();
    }
  });

  test('a certificate and a key that do not fit, and files that are none', async (t) => {
    const folder = await makeTempDir(t);
    const directory = join(folder, 'registry');
    const { cert, key } = await makeCertificate(folder);
    const other = join(folder, 'other.key');
    await writeFile(other, await readFile(key));
    await makeCertificate(folder);
    const text = join(folder, 'text');
    await writeFile(text, 'no certificate');
    for (const [tls, code] of [
      [{ cert, key: other }, 'INPUT_INVALID'],
      [{ cert: text, key }, 'INPUT_INVALID'],
      [{ cert, key: text }, 'INPUT_INVALID'],
      [{ cert, key: join(folder, 'none') }, 'FILE_UNREADABLE'],
    ] as const) {
      await assertRejectsWithCode(startRegistry({ directory, tls }), InputError, code);
    }
    // Each of them let the lock go.
    await (await startRegistry({ directory, tls: { cert, key } })).close();
  });

  test('a second writer; readers may come and go', async (t) => {
    const { directory, registry } = await makeRegistry(t);
    await assertRejectsWithCode(startRegistry({ directory }), InputError, 'INPUT_CONFLICT');
    await (await startRegistry({ directory, readOnly: true })).close();
    for (const other of [join(directory, 'config'), dirname(directory)])
      await assertRejectsWithCode(startRegistry({ directory: other }), InputError, 'INPUT_CONFLICT');
    await registry.close();
    await (await startRegistry({ directory })).close();
  });
});

/** The common name of the certificate that a server shows; fails where the handshake does. */
function readPeer(port: number, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, ...options }, () => {
      const { CN = '' } = socket.getPeerCertificate().subject;
      socket.destroy();
      resolve(String(CN));
    });
    socket.once('error', reject);
  });
}

suite('TLS', () => {
  test('is served by the certificate, from version 1.2 on, and nothing without it', async (t) => {
    const folder = await makeTempDir(t);
    const tls = await makeCertificate(folder);
    const { registry, send } = await makeRegistry(t, { tls });
    assert.equal(registry.url, `https://127.0.0.1:${registry.port}`);
    const ca = await readFile(tls.ca);
    const status = await new Promise((resolve, reject) => {
      httpsRequest(`${registry.url}/v2/`, { ca, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    assert.equal(status, 200);
    assert.equal(await readPeer(registry.port, { ca, maxVersion: 'TLSv1.2' }), 'registry.test');
    await assert.rejects(
      readPeer(registry.port, { ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' }),
    );
    await assert.rejects(readPeer(registry.port, {}), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    await assert.rejects(send('GET', '/v2/'));
  });

  test('a certificate that is replaced is used for later connections', async (t) => {
    const folder = await makeTempDir(t);
    const tls = await makeCertificate(folder);
    const problems: unknown[] = [];
    let rests: (() => void)[] = [];
    const { registry } = await makeRegistry(t, {
      tls,
      startTimer: (callback, afterMs) => {
        if (afterMs === serverLimits.fileRestMs) rests.push(callback);
        return () => undefined;
      },
      onProblem: (problem) => problems.push(problem),
    });
    const show = (): Promise<string> => readPeer(registry.port, { rejectUnauthorized: false });
    const endRests = (): void => {
      for (const end of rests) end();
      rests = [];
    };
    const key = await readFile(tls.key);
    await makeCertificate(folder, 'next.test');
    const nextKey = await readFile(tls.key);
    // Files that are written one after the other do not fit for a while.
    await writeFile(tls.key, key);
    endRests();
    await waitUntil(async () => (await show()) === 'registry.test' && problems.length === 1, {
      what: 'a problem',
      timeoutMs: 5000,
    });
    await writeFile(tls.key, nextKey);
    endRests();
    await waitUntil(async () => (await show()) === 'next.test', {
      what: 'the next certificate',
      timeoutMs: 5000,
    });
    await rm(tls.cert);
    endRests();
    await waitUntil(async () => (await show()) === 'next.test' && problems.length === 2, {
      what: 'a problem',
      timeoutMs: 5000,
    });
  });

  // Without the limit, what it is about would only be slow.
  test('who never ends the handshake keeps nobody waiting', { timeout: 5000 }, async (t) => {
    const tls = await makeCertificate(await makeTempDir(t));
    const { registry } = await makeRegistry(t, { tls });
    const silent = connectTcp(registry.port, '127.0.0.1');
    t.after(() => silent.destroy());
    const end = once(silent, 'close');
    assert.equal(await readPeer(registry.port, { rejectUnauthorized: false }), 'registry.test');
    // Nor does the end wait for it.
    await registry.close();
    await end;
  });
});
