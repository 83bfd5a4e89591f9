// What must not be possible: reaching other files, writing where it is forbidden, learning about the machine.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { serverLimits } from '../../src/limits.ts';
import { openLayout } from '../../src/layout/layout.ts';
import { createListener } from '../../src/server/listener.ts';
import type { RegistryLogEntry } from '../../src/server/registry.ts';
import { writeAccounts } from '../helpers/accounts.ts';
import { makeBlob, pushManifest } from '../helpers/content-store-contract.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { makeRegistry, pushBlob, pushImage } from '../unit/server/client.ts';

suite('names', () => {
  const names = [
    '..',
    '%2e%2e',
    '%2E%2E%2Fx',
    'a/..',
    'a/../b',
    'a/%2e%2e/b',
    '.',
    'a//b',
    '/a',
    'A',
    'a%00',
    'a%5c..%5cb',
    '.uploads',
    'a/.uploads',
    'blobs',
    'a/blobs',
    'a/blobs/sha256',
    'a/index.json',
    'oci-layout',
    'a'.repeat(256),
    'ä',
  ];
  test('that could reach another place are refused (path traversal)', async (t) => {
    const { send, directory } = await makeRegistry(t);
    for (const name of names) {
      for (const [method, path] of [
        ['GET', `/v2/${name}/tags/list`],
        ['PUT', `/v2/${name}/manifests/v1`],
        ['POST', `/v2/${name}/blobs/uploads/`],
      ] as const) {
        const reply = await send(method, encodeURI(path).replaceAll('%25', '%'));
        assert.deepEqual([reply.status, reply.code], [400, 'NAME_INVALID'], `${method} ${path}`);
      }
    }
    const left = await readdir(directory);
    assert.deepEqual(
      left.filter((entry) => !entry.startsWith('.sealift-writer-')),
      [],
    );
  });

  test('that end like endpoints are names', async (t) => {
    const { send } = await makeRegistry(t);
    for (const name of ['tags/list', 'a/manifests', 'referrers', 'uploads']) {
      assert.equal((await pushImage(send, name, { text: 'x', tag: 'v1' })).reply.status, 201, name);
      assert.equal((await send('GET', `/v2/${name}/manifests/v1`)).status, 200, name);
    }
  });
});

suite('paths', () => {
  const paths = [
    '/',
    '/v1/',
    '/v2',
    '/v2/a',
    '/v2/a/b',
    '/v2/a/tags/other',
    '/v2/%zz/tags/list',
    '/v2//',
    '/v2/../v2/',
    '/v2/a/uploads/x',
    '*',
  ];
  test('that are no endpoint are 404', async (t) => {
    const { send } = await makeRegistry(t);
    for (const path of paths.filter((path) => path !== '/v2')) {
      assert.equal((await send('GET', path)).status, 404, path);
    }
    for (const path of ['/v2/', '/v2']) assert.equal((await send('GET', path)).status, 200, path);
  });

  test('take only their methods', async (t) => {
    const { send } = await makeRegistry(t);
    for (const [method, path, allow] of [
      ['POST', '/v2/', 'GET, HEAD'],
      ['PUT', '/v2/a/tags/list', 'GET, HEAD'],
      ['PATCH', '/v2/a/manifests/v1', 'GET, HEAD, PUT, DELETE'],
      ['GET', '/v2/a/blobs/uploads/', 'POST'],
      ['OPTIONS', '/v2/', 'GET, HEAD'],
    ] as const) {
      const reply = await send(method, path);
      assert.deepEqual([reply.status, reply.code, reply.headers.allow], [405, 'UNSUPPORTED', allow], path);
    }
  });
});

suite('links', () => {
  test('to other directories are not followed (symlink escape)', async (t) => {
    const { send, directory } = await makeRegistry(t);
    const outside = await makeTempDir(t);
    const manifest = await pushManifest(await openLayout(outside, { create: true }), 'secret');
    await symlink(outside, join(directory, 'link'));
    await mkdir(join(directory, 'real'));
    await symlink(outside, join(directory, 'real', 'link'));
    for (const name of ['link', 'real/link']) {
      for (const [method, path] of [
        ['GET', `/v2/${name}/manifests/${manifest.descriptor.digest}`],
        ['GET', `/v2/${name}/tags/list`],
        ['POST', `/v2/${name}/blobs/uploads/`],
        ['POST', `/v2/${name}/below/blobs/uploads/`],
      ] as const) {
        const reply = await send(method, path);
        assert.deepEqual([reply.status, reply.code], [500, 'UNKNOWN'], path);
        assert.doesNotMatch(reply.bytes.toString(), /tmp|link|directory/u);
      }
    }
    assert.equal((await send('GET', '/v2/_catalog')).bytes.toString(), '{"repositories":[]}');
  });

  test('a layout that is not valid tells the client nothing, and the log everything', async (t) => {
    const failed = Promise.withResolvers<RegistryLogEntry>();
    const { send, directory } = await makeRegistry(t, { log: failed.resolve });
    await mkdir(join(directory, 'broken'));
    await writeFile(join(directory, 'broken', 'oci-layout'), '{');
    const reply = await send('GET', '/v2/broken/tags/list');
    assert.equal(reply.status, 500);
    assert.doesNotMatch(reply.bytes.toString(), /broken|layout/u);
    assert.match(String((await failed.promise).error), /broken/u);
    // Repaired, it is served without a restart.
    await rm(join(directory, 'broken', 'oci-layout'));
    await openLayout(join(directory, 'broken'), { create: true });
    assert.equal((await send('GET', '/v2/broken/tags/list')).status, 200);
  });
});

/** Every file and folder with what a write would change. */
async function listStamps(directory: string): Promise<readonly string[]> {
  const names = ['', ...(await readdir(directory, { recursive: true }))];
  const stamps = names.map(async (name) => {
    const { ino, size, mtimeMs, ctimeMs } = await lstat(join(directory, name));
    return `${name} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  });
  return (await Promise.all(stamps)).sort();
}

suite('read-only', () => {
  test('refuses all writes and changes nothing', async (t) => {
    const directory = await makeTempDir(t);
    const writer = await makeRegistry(t, { directory });
    const { manifest } = await pushImage(writer.send, 'a', { text: 'x', tag: 'v1' });
    await writer.registry.close();
    // What a killed writer left is another writer's to remove.
    await writeFile(join(directory, 'a', '.uploads', 'left'), 'half');
    const before = await listStamps(directory);
    const { send } = await makeRegistry(t, { directory, readOnly: true });
    const blob = makeBlob('new');
    for (const [method, path] of [
      ['POST', '/v2/b/blobs/uploads/'],
      ['POST', `/v2/a/blobs/uploads/?digest=${blob.descriptor.digest}`],
      ['PATCH', '/v2/a/blobs/uploads/x'],
      ['PUT', '/v2/a/manifests/v2'],
      ['DELETE', `/v2/a/manifests/${manifest.descriptor.digest}`],
    ] as const) {
      const reply = await send(method, path, { body: blob.bytes });
      assert.deepEqual([reply.status, reply.code], [403, 'DENIED'], path);
    }
    assert.equal((await send('GET', '/v2/a/manifests/v1')).status, 200);
    assert.equal((await send('GET', `/v2/a/referrers/${manifest.descriptor.digest}`)).status, 200);
    for (const path of ['/v2/a/tags/list', '/v2/_catalog'])
      assert.equal((await send('GET', path)).status, 200);
    assert.deepEqual(await listStamps(directory), before);
  });

  test('shows what another process changes, and what was there while that is not whole', async (t) => {
    const directory = await makeTempDir(t);
    const layout = await openLayout(join(directory, 'a'), { create: true });
    await layout.tag(await pushManifest(layout, 'one'), 'v1');
    const { send } = await makeRegistry(t, { directory, readOnly: true });
    assert.equal((await send('GET', '/v2/a/manifests/v1')).status, 200);
    assert.equal((await send('GET', '/v2/a/manifests/v2')).status, 404);
    await layout.tag(await pushManifest(layout, 'two'), 'v2');
    assert.equal((await send('GET', '/v2/a/manifests/v2')).status, 200);
    const index = join(directory, 'a', 'index.json');
    const whole = await readFile(index);
    await writeFile(index, whole.subarray(0, 40));
    assert.equal((await send('GET', '/v2/a/manifests/v2')).status, 200);
    await writeFile(index, whole);
    await layout.deleteTag('v1');
    assert.equal((await send('GET', '/v2/a/manifests/v1')).status, 404);
  });

  test('starts only where there is a directory', async (t) => {
    const directory = join(await makeTempDir(t), 'none');
    await assert.rejects(makeRegistry(t, { directory, readOnly: true }), { code: 'ENOENT' });
  });
});

suite('connections', () => {
  test('a huge header is refused', async (t) => {
    const { send } = await makeRegistry(t);
    assert.equal((await send('GET', '/v2/', { headers: { 'X-Huge': 'x'.repeat(40_000) } })).status, 431);
  });

  test('a refused body is taken off the connection for the next request', async (t) => {
    const { registry } = await makeRegistry(t);
    const socket = connect(registry.port, '127.0.0.1');
    t.after(() => socket.destroy());
    const head = (method: string, path: string, length: number): string =>
      `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
    socket.write(
      `${head('PUT', '/v2/a/manifests/v1', 50_000)}${'x'.repeat(50_000)}${head('GET', '/v2/', 0)}`,
    );
    let text = '';
    while (text.split('HTTP/1.1 ').length < 3) {
      const [chunk]: unknown[] = await once(socket, 'data');
      text += String(chunk);
    }
    assert.deepEqual(
      [...text.matchAll(/HTTP\/1\.1 (\d+)/gu)].map(([, status]) => status),
      ['400', '200'],
    );
  });

  for (const [name, head] of [
    ['of a size that is too large', `Content-Length: ${1024 ** 3}\r\n\r\n`],
    ['without an end', 'Transfer-Encoding: chunked\r\n\r\n80000000\r\n'],
  ] as const) {
    test(`a refused body ${name} is not taken to its end`, { timeout: 10_000 }, async (t) => {
      const htpasswd = await writeAccounts(await makeTempDir(t));
      const { registry } = await makeRegistry(t, { accounts: { htpasswd } });
      const socket = connect(registry.port, '127.0.0.1');
      t.after(() => socket.destroy());
      // It is cut while we write.
      socket.on('error', () => undefined);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      let text = '';
      socket.on('data', (chunk) => (text += String(chunk)));
      const chunk = Buffer.alloc(64 * 1024);
      const fill = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', fill);
      socket.write(`PUT /v2/a/manifests/v1 HTTP/1.1\r\nHost: x\r\n${head}`);
      await once(socket, 'data');
      fill();
      await closed;
      assert.match(text, /^HTTP\/1\.1 401 /u);
      assert.ok(socket.bytesWritten < 64 * 1024 ** 2, `${socket.bytesWritten} bytes`);
    });
  }

  test('have a time for the head of a request (slow loris)', async () => {
    const watching = {
      startTimer: () => () => undefined,
      onProblem: () => assert.fail('there is no problem'),
    };
    const { server } = await createListener(() => undefined, watching);
    assert.equal(server.headersTimeout, serverLimits.headersMs);
  });

  test('a request target with a host is not served', async (t) => {
    const { send } = await makeRegistry(t);
    assert.equal((await send('GET', 'http://other.example/v2/')).status, 404);
  });
});

async function assertRefused(port: number): Promise<void> {
  await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
}

suite('close', () => {
  test('waits for requests under way and ends kept connections', async (t) => {
    const { registry, send } = await makeRegistry(t);
    await pushBlob(send, 'a', makeBlob('keeps a connection'));
    const continued = Promise.withResolvers<void>();
    const { digest } = makeBlob('xx').descriptor;
    const headers = { 'Content-Length': '2', Expect: '100-continue' };
    const path = `/v2/a/blobs/uploads/?digest=${digest}`;
    const request = httpRequest(`${registry.url}${path}`, { method: 'POST', headers, agent: false });
    const answered = new Promise((resolve) => {
      request.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
    });
    request.on('continue', continued.resolve);
    request.flushHeaders();
    await continued.promise;
    const closed = registry.close();
    assert.equal(registry.close(), closed);
    request.end('xx');
    assert.equal(await answered, 201);
    await closed;
    await assertRefused(registry.port);
  });

  test('waits for nobody for ever', { timeout: 10_000 }, async (t) => {
    let cut: (() => void) | undefined;
    const { registry } = await makeRegistry(t, {
      startTimer: (callback, afterMs) => {
        if (afterMs === serverLimits.closeGraceMs) cut = callback;
        return () => undefined;
      },
    });
    const socket = connect(registry.port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.on('error', () => undefined);
    const gone = new Promise((resolve) => socket.once('close', resolve));
    const { digest } = makeBlob('never comes').descriptor;
    const path = `/v2/a/blobs/uploads/?digest=${digest}`;
    const headers = ['Host: x', 'Expect: 100-continue', 'Content-Length: 9'].join('\r\n');
    socket.write(`POST ${path} HTTP/1.1\r\n${headers}\r\n\r\n`);
    await once(socket, 'data');
    const closed = registry.close();
    cut?.();
    await closed;
    await gone;
  });

  test('an aborted signal closes, and one that is aborted already starts nothing', async (t) => {
    const controller = new AbortController();
    const { registry, send } = await makeRegistry(t, { signal: controller.signal });
    assert.equal((await send('GET', '/v2/')).status, 200);
    controller.abort();
    await registry.close();
    await assertRefused(registry.port);
    await assert.rejects(makeRegistry(t, { signal: controller.signal }), { name: 'AbortError' });
  });

  test('a port in use is an error', async (t) => {
    const { registry } = await makeRegistry(t);
    await assert.rejects(makeRegistry(t, { port: registry.port }), { code: 'EADDRINUSE' });
  });
});
