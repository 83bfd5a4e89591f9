// A registry that lies, breaks off or refuses: what the client makes of it.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { ContentError, RegistryError, type RegistryCode } from '../../src/errors.ts';
import { fetchBytes, type ContentStore } from '../../src/oci/content-store.ts';
import { computeDigest, digestHex } from '../../src/oci/digest.ts';
import { formatIndex } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { httpLimits } from '../../src/limits.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { findFreePorts } from '../control-plane/ports.ts';
import { makeBlob, makeManifest, pushManifest } from '../helpers/content-store-contract.ts';
import { openStore } from '../helpers/registry-store.ts';
import { makeRegistry } from '../unit/server/client.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** A store whose registry is this listener, and the requests that it got. */
async function fakeRegistry(
  t: TestContext,
  listener: Listener,
): Promise<{ store: ReturnType<typeof openStore>; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    request.resume();
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { store: openStore(t, `127.0.0.1:${address.port}/app`), seen };
}

suite('content that is not what its descriptor says', () => {
  const changes: readonly (readonly [string, string, 'DIGEST_MISMATCH' | 'SIZE_MISMATCH'])[] = [
    ['of the same length', 'xxxxxxx', 'DIGEST_MISMATCH'],
    ['longer', 'contents', 'SIZE_MISMATCH'],
    ['shorter', 'conten', 'SIZE_MISMATCH'],
    ['empty', '', 'SIZE_MISMATCH'],
  ];
  for (const [name, text, code] of changes) {
    test(`${name} is refused`, async (t) => {
      const { store } = await fakeRegistry(t, (_, response) => void response.end(text));
      await assertRejectsWithCode(
        fetchBytes(store, makeBlob('content').descriptor, 1000),
        ContentError,
        code,
      );
    });

    test(`${name}, by a change of the file on our own registry’s disk, is not given out`, async (t) => {
      const { registry, directory } = await makeRegistry(t);
      const store = openStore(t, `${registry.host}/app`);
      const blob = makeBlob('content');
      await store.push(blob);
      await writeFile(join(directory, 'app', 'blobs', 'sha256', digestHex(blob.descriptor.digest)), text);
      await assert.rejects(fetchBytes(store, blob.descriptor, 1000));
    });
  }
});

suite('answers that lie', () => {
  const { manifest } = makeManifest('x');

  test('another manifest than the digest asked for', async (t) => {
    const { store } = await fakeRegistry(t, (_, response) => {
      response.setHeader('docker-content-digest', computeDigest('x'));
      response.setHeader('content-type', mediaTypes.manifest).end(manifest.bytes);
    });
    await assertRejectsWithCode(store.resolve(computeDigest('x')), ContentError, 'DIGEST_MISMATCH');
    // For a tag the bytes count, whatever the header says.
    assert.equal((await store.resolve('latest')).descriptor.digest, manifest.descriptor.digest);
  });

  test('a web page in place of a manifest', async (t) => {
    const { store } = await fakeRegistry(
      t,
      (_, response) => void response.setHeader('content-type', 'text/html').end('<html>'),
    );
    await assertRejectsWithCode(store.resolve('latest'), RegistryError, 'REGISTRY_PROTOCOL');
    assert.deepEqual(
      await store.tags().catch((error: unknown) => (error instanceof RegistryError ? error.code : error)),
      'REGISTRY_PROTOCOL',
    );
  });

  test('an encoding that nobody asked for', async (t) => {
    const { store } = await fakeRegistry(
      t,
      (_, response) => void response.setHeader('content-encoding', 'gzip').end('x'),
    );
    await assertRejectsWithCode(store.resolve('latest'), RegistryError, 'REGISTRY_PROTOCOL');
  });

  test('a body that breaks off', async (t) => {
    const { store } = await fakeRegistry(t, (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('x', () => response.destroy());
    });
    await assertRejectsWithCode(
      fetchBytes(store, makeBlob('content').descriptor, 1000),
      RegistryError,
      'REGISTRY_NETWORK',
    );
  });

  test('a body without end is cut at the descriptor’s size', async (t) => {
    const { store } = await fakeRegistry(t, (_, response) => {
      const send = (): void => {
        while (response.write('x'.repeat(65_536)));
        response.once('drain', send);
      };
      send();
    });
    await assertRejectsWithCode(
      fetchBytes(store, makeBlob('content').descriptor, 1000),
      ContentError,
      'SIZE_MISMATCH',
    );
    await assert.rejects(store.resolve('latest'), { code: 'SIZE_LIMIT' });
  });

  test('a redirect is not followed', async (t) => {
    const { store, seen } = await fakeRegistry(
      t,
      (_, response) => void response.writeHead(307, { location: '/elsewhere' }).end(),
    );
    await assertRejectsWithCode(store.resolve('latest'), RegistryError, 'REGISTRY_PROTOCOL');
    assert.equal(seen.length, 1);
  });

  test('an upload that is sent to another host', async (t) => {
    const { store } = await fakeRegistry(t, ({ method }, response) => {
      if (method === 'HEAD') response.writeHead(404).end();
      else response.writeHead(202, { location: 'http://evil.site/upload?state=secret' }).end();
    });
    const { message } = await assertRejectsWithCode(
      store.push(makeBlob('x')),
      RegistryError,
      'REGISTRY_PROTOCOL',
    );
    assert.doesNotMatch(message, /secret/u);
  });

  test('a next page on another host', async (t) => {
    const { store } = await fakeRegistry(t, (_, response) => {
      response.setHeader('link', '<http://evil.site/v2/app/tags/list>; rel="next"').end('{"tags":["a"]}');
    });
    await assertRejectsWithCode(store.tags(), RegistryError, 'REGISTRY_PROTOCOL');
  });
});

suite('refusals', () => {
  const table: readonly (readonly [number, RegistryCode])[] = [
    [401, 'REGISTRY_UNAUTHORIZED'],
    [403, 'REGISTRY_DENIED'],
    [418, 'REGISTRY_PROTOCOL'],
    [429, 'REGISTRY_RATE_LIMITED'],
    [500, 'REGISTRY_UNAVAILABLE'],
    [503, 'REGISTRY_UNAVAILABLE'],
  ];
  for (const [status, code] of table) {
    test(`${status} is ${code} for every call, never an absence`, async (t) => {
      const { store, seen } = await fakeRegistry(t, (_, response) => {
        response.writeHead(status).end('{"errors":[{"code":"SOME_CODE","message":"words"}]}');
      });
      const blob = makeBlob('x');
      const calls: readonly (() => Promise<unknown>)[] = [
        () => store.resolve('latest'),
        () => store.peek('latest'),
        () => store.exists(blob.descriptor),
        () => store.tags(),
        () => store.referrers(blob.descriptor),
        () => store.push(blob),
        () => fetchBytes(store, blob.descriptor, 1000),
      ];
      for (const call of calls) await assertRejectsWithCode(call, RegistryError, code);
      const isRetried = status === 429 || status >= 500;
      assert.equal(seen.length, calls.length * (isRetried ? httpLimits.tries : 1));
    });
  }

  test('404 is an absence of content', async (t) => {
    const { store } = await fakeRegistry(t, (_, response) => void response.writeHead(404).end());
    const blob = makeBlob('x');
    await assertRejectsWithCode(store.resolve('latest'), ContentError, 'CONTENT_MISSING');
    await assertRejectsWithCode(fetchBytes(store, blob.descriptor, 1000), ContentError, 'CONTENT_MISSING');
    assert.deepEqual(
      [
        await store.exists(blob.descriptor),
        await store.peek('latest'),
        await store.tags(),
        await store.referrers(blob.descriptor),
      ],
      [false, undefined, [], []],
    );
  });

  test('a failed upload does not give away the query of its address', async (t) => {
    const { store } = await fakeRegistry(t, ({ method }, response) => {
      if (method === 'HEAD') response.writeHead(404).end();
      else if (method === 'POST') response.writeHead(202, { location: '/up/1?_state=token123' }).end();
      else response.writeHead(403).end();
    });
    const error = await assertRejectsWithCode(store.push(makeBlob('x')), RegistryError, 'REGISTRY_DENIED');
    assert.doesNotMatch(JSON.stringify([error.message, error.details, error.hint]), /token123/u);
    assert.match(error.message, /\/up\/1\?…/u);
  });

  test('nobody listens', async (t) => {
    const [port] = await findFreePorts(1);
    const store = openStore(t, `127.0.0.1:${port}/app`);
    const { retryable } = await assertRejectsWithCode(
      store.resolve('latest'),
      RegistryError,
      'REGISTRY_NETWORK',
    );
    assert.equal(retryable, true);
  });
});

suite('the referrers tag', () => {
  async function withoutApi(t: TestContext): Promise<ContentStore> {
    const { registry } = await makeRegistry(t);
    return openStore(t, `${registry.host}/app`);
  }

  test('that is no index is an error, not an absence', async (t) => {
    const store = await withoutApi(t);
    const subject = await pushManifest(store, 'subject');
    await store.tag(subject, subject.descriptor.digest.replace(':', '-'));
    await assertRejectsWithCode(store.referrers(subject.descriptor), ContentError, 'MEDIA_TYPE_UNEXPECTED');
  });

  test('is read where the API lists nothing', async (t) => {
    const store = await withoutApi(t);
    const subject = await pushManifest(store, 'subject');
    const other = await pushManifest(store, 'other');
    const index = formatIndex([other.descriptor]);
    await store.push(index);
    await store.tag(index, subject.descriptor.digest.replace(':', '-'));
    assert.deepEqual(
      (await store.referrers(subject.descriptor)).map(({ digest }) => digest),
      [other.descriptor.digest],
    );
  });

  for (const status of [303, 400, 404, 405]) {
    test(`is read where the API answers ${status}`, async (t) => {
      const { manifest } = makeManifest('x');
      const index = formatIndex([manifest.descriptor]);
      const { store } = await fakeRegistry(t, ({ url = '' }, response) => {
        if (url.includes('/referrers/')) response.writeHead(status).end();
        else response.setHeader('content-type', mediaTypes.index).end(index.bytes);
      });
      assert.deepEqual(await store.referrers(manifest.descriptor), [manifest.descriptor]);
    });
  }
});
