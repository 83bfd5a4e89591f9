// Pushing blobs in sessions: order, ends, breaks and mounts.
import assert from 'node:assert/strict';
import { cp, readdir, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { digestHex } from '../../src/oci/digest.ts';
import { serverLimits } from '../../src/limits.ts';
import type { RegistryLogEntry } from '../../src/server/registry.ts';
import { makeBlob } from '../helpers/content-store-contract.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { makeRegistry, pushBlob, startSession } from '../unit/server/client.ts';

async function listUploads(directory: string, repository: string): Promise<string[]> {
  return readdir(join(directory, repository, '.uploads'));
}

suite('sessions', () => {
  test('chunks in order make a blob', async (t) => {
    const { send, directory } = await makeRegistry(t);
    const blob = makeBlob('0123456789');
    const started = await send('POST', '/v2/a/b/blobs/uploads/');
    assert.equal(started.status, 202);
    const path = started.headers.location ?? '';
    assert.match(path, /^\/v2\/a\/b\/blobs\/uploads\/[\w-]+$/u);
    const first = await send('PATCH', path, { headers: { 'Content-Range': '0-3' }, body: '0123' });
    assert.deepEqual([first.status, first.headers.range, first.headers.location], [202, '0-3', path]);
    const streamed = await send('PATCH', path, { body: '4567' });
    assert.equal(streamed.headers.range, '0-7');
    const progress = await send('GET', path);
    assert.deepEqual(
      [progress.status, progress.headers.range, progress.headers.location],
      [204, '0-7', path],
    );
    const last = await send('PUT', `${path}?digest=${blob.descriptor.digest}`, {
      headers: { 'Content-Range': '8-9' },
      body: '89',
    });
    assert.equal(last.status, 201);
    assert.equal(last.headers['docker-content-digest'], blob.descriptor.digest);
    assert.equal((await send('GET', last.headers.location ?? '')).bytes.toString(), '0123456789');
    assert.equal((await send('GET', path)).code, 'BLOB_UPLOAD_UNKNOWN');
    assert.deepEqual(await listUploads(directory, 'a/b'), []);
  });

  test('a chunk out of order is refused with where to go on', async (t) => {
    const { send } = await makeRegistry(t);
    const path = await startSession(send, 'a');
    await send('PATCH', path, { headers: { 'Content-Range': '0-3' }, body: '0123' });
    for (const range of ['5-8', '0-3', '3-6']) {
      const reply = await send('PATCH', path, { headers: { 'Content-Range': range }, body: 'xxxx' });
      assert.deepEqual(
        [reply.status, reply.headers.range, reply.headers.location],
        [416, '0-3', path],
        range,
      );
    }
    for (const range of ['bytes 4-7/8', '7-4', 'x']) {
      const reply = await send('PATCH', path, { headers: { 'Content-Range': range }, body: 'xxxx' });
      assert.deepEqual([reply.status, reply.code], [400, 'BLOB_UPLOAD_INVALID'], range);
    }
    const { digest } = makeBlob('01234567').descriptor;
    const wrong = await send('PUT', `${path}?digest=${digest}`, {
      headers: { 'Content-Range': '9-9' },
      body: 'x',
    });
    assert.equal(wrong.status, 416);
    assert.equal((await send('PUT', `${path}?digest=${digest}`, { body: '4567' })).status, 201);
  });

  test('a wrong digest ends the session, a malformed one does not', async (t) => {
    const { send, directory } = await makeRegistry(t);
    const { digest } = makeBlob('right').descriptor;
    const path = await startSession(send, 'a');
    assert.equal((await send('PUT', path, { body: 'wrong' })).code, 'DIGEST_INVALID');
    assert.equal((await send('PUT', `${path}?digest=md5:1`, { body: 'wrong' })).code, 'DIGEST_INVALID');
    const reply = await send('PUT', `${path}?digest=${digest}`, { body: 'wrong' });
    assert.deepEqual([reply.status, reply.code], [400, 'DIGEST_INVALID']);
    assert.equal((await send('GET', path)).status, 404);
    const single = await send('POST', `/v2/a/blobs/uploads/?digest=${digest}`, { body: 'wrong' });
    assert.equal(single.code, 'DIGEST_INVALID');
    assert.equal((await send('HEAD', `/v2/a/blobs/${digest}`)).status, 404);
    assert.deepEqual(await listUploads(directory, 'a'), []);
  });

  test('a chunk that is not as long as it says ends the session', async (t) => {
    const { send, directory } = await makeRegistry(t);
    const path = await startSession(send, 'a');
    const reply = await send('PATCH', path, { headers: { 'Content-Range': '0-9' }, body: 'short' });
    assert.deepEqual([reply.status, reply.code], [400, 'SIZE_INVALID']);
    assert.deepEqual(await listUploads(directory, 'a'), []);
  });

  test('a cancelled session is gone, and none is another repository’s', async (t) => {
    const { send, directory } = await makeRegistry(t);
    const path = await startSession(send, 'a');
    assert.equal(
      (await send('PATCH', path.replace('/a/', '/b/'), { body: 'x' })).code,
      'BLOB_UPLOAD_UNKNOWN',
    );
    assert.equal((await send('DELETE', path)).status, 204);
    assert.equal((await send('DELETE', path)).code, 'BLOB_UPLOAD_UNKNOWN');
    assert.deepEqual(await listUploads(directory, 'a'), []);
  });

  test('a blob above the limit is refused unread', async (t) => {
    const { registry, send } = await makeRegistry(t);
    const path = await startSession(send, 'a');
    const status = await new Promise((resolve, reject) => {
      const headers = { 'Content-Length': String(9 * 1024 ** 3) };
      const request = httpRequest(
        `${registry.url}${path}`,
        { method: 'PATCH', headers, agent: false },
        (response) => {
          resolve(response.statusCode);
          request.destroy();
        },
      );
      request.on('error', reject);
      request.write('x');
    });
    assert.equal(status, 413);
  });

  test('idle ones end, and their file with them', async (t) => {
    let expire: (() => void) | undefined;
    const startTimer = (callback: () => void, afterMs: number): (() => void) => {
      if (afterMs === serverLimits.uploadIdleMs) expire = callback;
      return () => {};
    };
    const { send } = await makeRegistry(t, { startTimer });
    const path = await startSession(send, 'a');
    expire?.();
    assert.equal((await send('GET', path)).code, 'BLOB_UPLOAD_UNKNOWN');
  });

  test('there are at most so many at once', async (t) => {
    const { send } = await makeRegistry(t, { maxUploads: 8 });
    const replies = await Promise.all(Array.from({ length: 12 }, () => send('POST', '/v2/a/blobs/uploads/')));
    const refused = replies.filter(({ status }) => status === 429);
    assert.equal(refused.length, 4);
    assert.equal(refused[0]?.code, 'TOOMANYREQUESTS');
    assert.equal(refused[0].headers['retry-after'], '1');
  });
});

suite('breaks', () => {
  for (const [name, method, query] of [
    ['a chunk', 'PATCH', ''],
    ['the last chunk', 'PUT', `?digest=${makeBlob('x').descriptor.digest}`],
  ] as const) {
    test(`${name} that breaks off leaves no file and no session`, async (t) => {
      const broken = Promise.withResolvers<RegistryLogEntry>();
      const { registry, send, directory } = await makeRegistry(t, {
        log: (entry) => {
          if (entry.method === method) broken.resolve(entry);
        },
      });
      const path = await startSession(send, 'a');
      const headers = { 'Content-Length': '1000000' };
      const request = httpRequest(`${registry.url}${path}${query}`, { method, headers, agent: false });
      request.on('error', () => {});
      request.write('only this', () => request.destroy());
      assert.equal((await broken.promise).status, 0);
      assert.deepEqual(await listUploads(directory, 'a'), []);
      assert.equal((await send('GET', path)).code, 'BLOB_UPLOAD_UNKNOWN');
    });
  }

  test('the same blob pushed many times at once is there once', async (t) => {
    const { send, directory } = await makeRegistry(t);
    const blob = makeBlob('shared'.repeat(50_000));
    const replies = await Promise.all(Array.from({ length: 10 }, () => pushBlob(send, 'a', blob)));
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([201]));
    assert.deepEqual(await readdir(join(directory, 'a', 'blobs', 'sha256')), [
      digestHex(blob.descriptor.digest),
    ]);
    assert.deepEqual(await listUploads(directory, 'a'), []);
  });

  test('a session in use takes no second request', async (t) => {
    const { registry, send } = await makeRegistry(t);
    const path = await startSession(send, 'a');
    const continued = Promise.withResolvers<void>();
    const headers = { 'Content-Length': '2', Expect: '100-continue' };
    const first = httpRequest(`${registry.url}${path}`, { method: 'PATCH', headers, agent: false });
    const answered = new Promise((resolve) => {
      first.on('response', (response) => resolve(response.statusCode));
    });
    first.on('continue', continued.resolve);
    first.flushHeaders();
    await continued.promise;
    assert.equal((await send('PATCH', path, { body: 'yy' })).status, 409);
    first.end('xx');
    assert.equal(await answered, 202);
  });
});

suite('mounts', () => {
  test('link a blob of another repository', async (t) => {
    const { send, directory } = await makeRegistry(t);
    const blob = makeBlob('mounted');
    const { digest } = blob.descriptor;
    await pushBlob(send, 'a', blob);
    const mounted = await send('POST', `/v2/b/c/blobs/uploads/?mount=${digest}&from=a`);
    assert.deepEqual([mounted.status, mounted.headers.location], [201, `/v2/b/c/blobs/${digest}`]);
    assert.equal((await send('GET', `/v2/b/c/blobs/${digest}`)).bytes.toString(), 'mounted');
    assert.equal((await stat(join(directory, 'b', 'c', 'blobs', 'sha256', digestHex(digest)))).nlink, 2);
  });

  test('that are refused leave no repository behind', async (t) => {
    const { send } = await makeRegistry(t, { maxUploads: 0 });
    const { digest } = makeBlob('none').descriptor;
    const path = `/v2/b/blobs/uploads/?mount=${digest}&from=a`;
    assert.equal((await send('POST', `${path}&digest=x`)).code, 'DIGEST_INVALID');
    assert.equal((await send('POST', path)).status, 429);
    assert.equal((await send('GET', '/v2/_catalog')).bytes.toString(), '{"repositories":[]}');
  });

  test('become an upload where there is nothing to mount', async (t) => {
    const { send } = await makeRegistry(t);
    const { digest } = makeBlob('nowhere').descriptor;
    await pushBlob(send, 'a', makeBlob('other'));
    for (const query of [
      `mount=${digest}&from=a`,
      `mount=${digest}&from=none`,
      `mount=${digest}`,
      'mount=x&from=a',
      `mount=${digest}&from=../../etc`,
    ]) {
      const reply = await send('POST', `/v2/b/blobs/uploads/?${query}`);
      assert.equal(reply.status, 202, query);
      assert.match(reply.headers.location ?? '', /^\/v2\/b\/blobs\/uploads\//u);
    }
  });
});

test('what a killed registry left is removed when its repository is opened', async (t) => {
  const directory = await makeTempDir(t);
  const blob = makeBlob('kept');
  const { send } = await makeRegistry(t, { directory });
  await pushBlob(send, 'a', blob);
  const session = await startSession(send, 'a');
  await send('PATCH', session, { body: 'half' });
  // What it would leave behind if it were killed now.
  const left = await makeTempDir(t);
  await cp(join(directory, 'a'), join(left, 'a'), { recursive: true });
  assert.equal((await listUploads(left, 'a')).length, 1);
  const next = await makeRegistry(t, { directory: left });
  assert.equal((await next.send('HEAD', `/v2/a/blobs/${blob.descriptor.digest}`)).status, 200);
  assert.deepEqual(await listUploads(left, 'a'), []);
});
