// Registries behind a proxy: docker-registry, with TLS and without, reached through a real forward proxy that alone knows
// what `registry.test` is.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { RegistryError } from '../../src/errors.ts';
import { describe } from '../../src/oci/descriptor.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { connectRegistries, type Connections, type ConnectOptions } from '../../src/registry/connect.ts';
import { environmentProxies, givenProxy } from '../../src/registry/proxy.ts';
import { createTransport } from '../../src/registry/transport.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';
import { startForwardProxy, type ForwardProxy, type ForwardProxyOptions } from '../servers/forward-proxy.ts';
import { createTestAuthority, lookupLoopback } from '../servers/test-authority.ts';

const authority = createTestAuthority();
const directory = await mkdtemp(join(tmpdir(), 'sealift-proxy-'));
const [plainFolder, secureFolder] = [join(directory, 'plain'), join(directory, 'secure')];
const issued = authority.issue(['registry.test']);
const tls = { certificate: join(directory, 'server.crt'), key: join(directory, 'server.key') };
await Promise.all([
  writeFile(tls.certificate, issued.certificate),
  writeFile(tls.key, issued.key),
  ...[plainFolder, secureFolder].map(async (folder) => mkdtemp(folder)),
]);
const [plain, secure] = await Promise.all([
  startDockerRegistry(await mkdtemp(plainFolder)),
  startDockerRegistry(await mkdtemp(secureFolder), { tls }),
]);
after(async () => {
  await Promise.all([plain.stop(), secure.stop()]);
  await rm(directory, { recursive: true, force: true });
});
const [plainName, secureName] = [nameOf(plain.host), nameOf(secure.host)];

/** As the proxy knows it; nothing else here does. */
function nameOf(host: string): string {
  return `registry.test:${new URL(`http://${host}`).port}`;
}

const bytes = Buffer.alloc(200_000, 'x');
const blob: Content = { descriptor: describe('application/octet-stream', bytes), bytes };

function connect(t: TestContext, options: Partial<ConnectOptions>): Connections {
  const connections = connectRegistries({ random: () => 0, now: () => 0, ca: authority.pem, ...options });
  t.after(() => connections.close());
  return connections;
}

/** One request, without the tries of more. */
async function ask(
  t: TestContext,
  registry: string,
  options: Parameters<typeof createTransport>[0],
): Promise<number> {
  const transport = createTransport({ ca: authority.pem, ...options });
  t.after(() => transport.close());
  const scheme = registry === plainName ? 'http' : 'https';
  const answer = await transport.send({ method: 'GET', url: new URL(`${scheme}://${registry}/v2/`) });
  answer.discard();
  return answer.status;
}

async function start(
  t: TestContext,
  options: ForwardProxyOptions = {},
): Promise<ForwardProxy & { readonly choose: ReturnType<typeof givenProxy> }> {
  const proxy = await startForwardProxy(t, options);
  const user = options.user === undefined ? '' : `${options.user}@`;
  return { ...proxy, choose: givenProxy(`http://${user}${proxy.host}`, '--proxy') };
}

suite('through a proxy', () => {
  for (const [name, registry, isPlain] of [
    ['a registry with TLS', secureName, false],
    ['a registry without TLS', plainName, true],
  ] as const) {
    test(`${name} is pushed to and pulled from`, async (t) => {
      const proxy = await start(t, { user: 'alice:secret' });
      const store = connect(t, { chooseProxy: proxy.choose }).open(
        { registry, repository: `a/${isPlain ? 'plain' : 'secure'}` },
        isPlain,
      );
      await store.push(blob);
      assert.equal(await store.exists(blob.descriptor), true);
      assert.deepEqual(await store.tags(), []);
      const lines = proxy.lines();
      if (isPlain) {
        assert.ok(
          lines.every((line) => line.includes(` http://${registry}/v2/`)),
          lines.join('\n'),
        );
        assert.ok(proxy.passed.every(({ headers }) => headers.host === registry));
      } else {
        // Tunnels stay open as any connection does: there are fewer than requests.
        assert.ok(
          lines.length <= 2 && lines.every((line) => line === `CONNECT ${registry}`),
          lines.join('\n'),
        );
        assert.equal(proxy.passed[0]?.headers.host, registry);
      }
    });
  }

  test("the proxy's user is told to the proxy alone, and ours to nobody in between", async (t) => {
    const proxy = await start(t, { user: 'alice:secret' });
    assert.equal(await ask(t, secureName, { chooseProxy: proxy.choose }), 200);
    const [connected] = proxy.passed;
    assert.deepEqual(Object.keys(connected?.headers ?? {}).sort(), [
      'connection',
      'host',
      'proxy-authorization',
      'user-agent',
    ]);
  });

  test('many requests at once share a few tunnels, which end with the transport', async (t) => {
    const proxy = await start(t);
    const transport = createTransport({ ca: authority.pem, chooseProxy: proxy.choose });
    const url = new URL(`https://${secureName}/v2/`);
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => transport.send({ method: 'GET', url })),
      );
      for (const answer of answers) for await (const _ of answer.body);
    }
    assert.ok(proxy.lines().length <= 8, `${proxy.lines().length} tunnels`);
    transport.close();
    await waitUntil(async () => proxy.openCount() === 0, { what: 'the end of all tunnels', timeoutMs: 5000 });
  });

  test('a proxy may speak TLS, with a certificate of the CA that is given', async (t) => {
    const proxy = await startForwardProxy(t, { tls: authority.issue(['proxy.test']), user: 'alice:secret' });
    const address = `https://alice:secret@proxy.test:${new URL(`http://${proxy.host}`).port}`;
    const options = { chooseProxy: givenProxy(address, '--proxy'), lookup: lookupLoopback };
    assert.equal(await ask(t, secureName, options), 200);
    assert.equal(await ask(t, plainName, options), 200);
    const error = await assertRejectsWithCode(
      ask(t, secureName, { ...options, ca: createTestAuthority('another').pem }),
      RegistryError,
      'REGISTRY_TLS',
    );
    assert.match(error.message, /^proxy https:\/\/proxy\.test:\d+ shows a certificate that nobody trusted/u);
  });

  test('what NO_PROXY names is reached directly', async (t) => {
    const proxy = await start(t);
    const env = { HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: '.test' };
    const options = { chooseProxy: environmentProxies(env), lookup: lookupLoopback };
    assert.equal(await ask(t, secureName, options), 200);
    assert.deepEqual(proxy.lines(), []);
  });

  test('this machine is reached directly, whatever is set', async (t) => {
    const proxy = await start(t);
    const connections = connect(t, { chooseProxy: proxy.choose });
    assert.deepEqual(await connections.open({ registry: plain.host, repository: 'no/such' }).tags(), []);
    assert.deepEqual(proxy.lines(), []);
  });

  test("the registry's certificate is checked as without a proxy", async (t) => {
    const proxy = await start(t);
    const error = await assertRejectsWithCode(
      ask(t, `elsewhere.test:${new URL(`http://${secure.host}`).port}`, { chooseProxy: proxy.choose }),
      RegistryError,
      'REGISTRY_TLS',
    );
    assert.match(error.message, /for registry\.test and not for itself/u);
  });
});

// Each ends well before the usual time to connect.
suite('a proxy that does not let through', { timeout: 20_000 }, () => {
  for (const user of [undefined, 'alice:wrong']) {
    for (const registry of [plainName, secureName]) {
      const scheme = registry === plainName ? 'HTTP' : 'HTTPS';
      test(`wants another user than ${user ?? 'nobody'} for ${scheme}: an error that names it`, async (t) => {
        const proxy = await startForwardProxy(t, { user: 'alice:secret' });
        const address = `http://${user === undefined ? '' : `${user}@`}${proxy.host}`;
        const error = await assertRejectsWithCode(
          ask(t, registry, { chooseProxy: givenProxy(address, '--proxy') }),
          RegistryError,
          'REGISTRY_NETWORK',
        );
        assert.ok(error.message.startsWith(`proxy http://${proxy.host} `), error.message);
        assert.equal(error.details['status'], 407);
        assert.equal(error.retryable, false);
        assert.doesNotMatch(inspect(error, { depth: 9 }), /wrong/u);
      });
    }
  }

  for (const [status, code, isRetryable] of [
    [403, 'REGISTRY_NETWORK', false],
    [502, 'REGISTRY_UNAVAILABLE', true],
    [504, 'REGISTRY_UNAVAILABLE', true],
    [302, 'REGISTRY_NETWORK', false],
  ] as const) {
    test(`answers ${status}: ${code}`, async (t) => {
      const proxy = await start(t, {
        misdeed: (socket) => socket.end(`HTTP/1.1 ${status} Whatever\r\ncontent-length: 2\r\n\r\nno`),
      });
      const error = await assertRejectsWithCode(
        ask(t, secureName, { chooseProxy: proxy.choose }),
        RegistryError,
        code,
      );
      assert.equal(error.retryable, isRetryable);
      assert.match(error.message, /^proxy .* opens no tunnel to registry\.test/u);
    });
  }

  for (const [name, misdeed, code] of [
    ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'REGISTRY_PROTOCOL'],
    ['sends bytes of its own', 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}', 'REGISTRY_PROTOCOL'],
    ['has an endless head', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`, 'REGISTRY_PROTOCOL'],
    ['ends the connection', undefined, 'REGISTRY_NETWORK'],
  ] as const) {
    test(`${name}: ${code}`, async (t) => {
      const proxy = await start(t, {
        misdeed: (socket) => (misdeed === undefined ? socket.destroy() : socket.write(misdeed)),
      });
      const error = await assertRejectsWithCode(
        ask(t, secureName, { chooseProxy: proxy.choose }),
        RegistryError,
        code,
      );
      assert.match(error.message, /^proxy /u);
      await waitUntil(async () => proxy.openCount() === 0, {
        what: 'the end of its connection',
        timeoutMs: 5000,
      });
    });
  }

  test('accepts and says nothing: an error within the time to connect', async (t) => {
    const proxy = await start(t, { misdeed: () => undefined });
    const error = await assertRejectsWithCode(
      ask(t, secureName, { chooseProxy: proxy.choose, deadlines: { connectMs: 100 } }),
      RegistryError,
      'REGISTRY_TIMEOUT',
    );
    assert.equal(error.retryable, true);
    await waitUntil(async () => proxy.openCount() === 0, {
      what: 'the end of its connection',
      timeoutMs: 5000,
    });
  });

  test('answers in pieces without an end: an error within the bound of heads', async (t) => {
    const proxy = await start(t, {
      misdeed: (socket) => {
        const write = (): void => {
          if (!socket.destroyed) socket.write('x'.repeat(1000), () => setImmediate(write));
        };
        socket.write('HTTP/1.1 200 OK\r\nx: ', write);
      },
    });
    const sent = ask(t, secureName, { chooseProxy: proxy.choose });
    await assertRejectsWithCode(sent, RegistryError, 'REGISTRY_PROTOCOL');
  });

  test('opens a tunnel that leads to silence: an error within the same time', async (t) => {
    const proxy = await start(t, {
      misdeed: (socket) => {
        socket.on('data', () => undefined);
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
      },
    });
    await assertRejectsWithCode(
      ask(t, secureName, { chooseProxy: proxy.choose, deadlines: { connectMs: 200 } }),
      RegistryError,
      'REGISTRY_TIMEOUT',
    );
  });

  test('says nothing: an abort ends the wait at once', async (t) => {
    const controller = new AbortController();
    const proxy = await start(t, { misdeed: () => controller.abort() });
    const transport = createTransport({ ca: authority.pem, chooseProxy: proxy.choose });
    t.after(() => transport.close());
    const url = new URL(`https://${secureName}/v2/`);
    const sent = transport.send({ method: 'GET', url, signal: controller.signal });
    await assert.rejects(sent, { name: 'AbortError' });
    transport.close();
    await waitUntil(async () => proxy.openCount() === 0, {
      what: 'the end of its connection',
      timeoutMs: 5000,
    });
  });

  test('is not asked for what was aborted before', async (t) => {
    const proxy = await start(t);
    const transport = createTransport({ chooseProxy: proxy.choose });
    t.after(() => transport.close());
    const url = new URL(`https://${secureName}/v2/`);
    const sent = transport.send({ method: 'GET', url, signal: AbortSignal.abort() });
    await assert.rejects(sent, { name: 'AbortError' });
    assert.equal(proxy.openCount(), 0);
    assert.deepEqual(proxy.lines(), []);
  });

  for (const registry of [plainName, secureName]) {
    test(`is not there, for ${registry === plainName ? 'HTTP' : 'HTTPS'}: the error names it`, async (t) => {
      const server = createTcpServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      // A server that listens on TCP has an AddressInfo.
      const { port } = server.address() as AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      const error = await assertRejectsWithCode(
        ask(t, registry, { chooseProxy: givenProxy(`http://u:hidden@127.0.0.1:${port}`, '--proxy') }),
        RegistryError,
        'REGISTRY_NETWORK',
      );
      assert.match(error.message, /^proxy http:\/\/127\.0\.0\.1:\d+ can not be reached: ECONNREFUSED/u);
      assert.equal(error.retryable, true);
      assert.doesNotMatch(inspect(error, { depth: 9 }), /hidden/u);
    });
  }
});
