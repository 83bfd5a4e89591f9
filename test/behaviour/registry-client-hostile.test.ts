// A registry that lies, breaks off or refuses: what the client makes of it.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { ContentError, RegistryError, type RegistryCode } from '../../src/errors.ts';
import { fetchBytes, type ContentStore } from '../../src/oci/content-store.ts';
import { computeDigest, digestHex } from '../../src/oci/digest.ts';
import { formatIndex } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { copyLimits, httpLimits, ociLimits } from '../../src/limits.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { findFreePorts } from '../control-plane/ports.ts';
import { makeBlob, makeManifest, pushManifest } from '../helpers/content-store-contract.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startFakeRegistry, type Asked, type FakeListener } from '../servers/fake-registry.ts';
import { makeRegistry } from '../unit/server/client.ts';

/** A store whose registry is this listener, and the requests that it got. */
async function fakeRegistry(
  t: TestContext,
  listener: FakeListener,
): Promise<{ store: RegistryStore; seen: readonly Asked[] }> {
  const { host, asked } = await startFakeRegistry(t, (request, response) => {
    request.resume();
    listener(request, response);
  });
  return { store: openStore(t, `${host}/app`), seen: asked };
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
});

suite('listings', () => {
  const { manifest } = makeManifest('x');
  type List = (store: RegistryStore) => Promise<unknown>;
  const listings: readonly (readonly [string, List, (entry: number) => Buffer | string])[] = [
    ['tags', (store) => store.tags(), (entry) => JSON.stringify({ tags: [`v${entry}`] })],
    [
      'referrers',
      (store) => store.referrers(manifest.descriptor),
      (entry) => Buffer.from(formatIndex([makeBlob(`${entry}`).descriptor]).bytes),
    ],
  ];
  for (const [name, list, pageOf] of listings) {
    /** Page after page, each with a link to what is given as the next one. */
    function paged(next: (page: number) => string): FakeListener {
      let pages = 0;
      return (request, response) => {
        if (request.url?.includes('/manifests/') === true) {
          response.writeHead(404).end();
          return;
        }
        pages += 1;
        response.setHeader('content-type', mediaTypes.index);
        response.setHeader('link', `<${next(pages)}>; rel="next"`).end(pageOf(pages));
      };
    }

    test(`${name}: a next page on another host`, async (t) => {
      const { store, seen } = await fakeRegistry(
        t,
        paged(() => 'http://evil.site/v2/app/tags/list'),
      );
      await assertRejectsWithCode(list(store), RegistryError, 'REGISTRY_PROTOCOL');
      assert.equal(seen.length, 1);
    });

    test(`${name}: a page that links to itself`, async (t) => {
      const { store, seen } = await fakeRegistry(
        t,
        paged(() => '?page=1'),
      );
      await assertRejectsWithCode(list(store), RegistryError, 'REGISTRY_PROTOCOL');
      assert.equal(seen.length, 2);
    });

    test(`${name}: pages in a circle`, async (t) => {
      const { store, seen } = await fakeRegistry(
        t,
        paged((page) => `?page=${page % 3}`),
      );
      await assertRejectsWithCode(list(store), RegistryError, 'REGISTRY_PROTOCOL');
      assert.equal(seen.length, 4);
    });

    test(`${name}: pages without end`, async (t) => {
      const { store, seen } = await fakeRegistry(
        t,
        paged((page) => `?page=${page}`),
      );
      await assertRejectsWithCode(list(store), ContentError, 'SIZE_LIMIT');
      assert.equal(seen.length, ociLimits.pages);
    });

    test(`${name}: an error on a later page is one, not the end`, async (t) => {
      const { store } = await fakeRegistry(t, (request, response) => {
        const isLater = request.url?.includes('page=2') === true;
        if (isLater) response.writeHead(405).end();
        else paged(() => '?page=2')(request, response);
      });
      await assertRejectsWithCode(list(store), RegistryError, 'REGISTRY_UNSUPPORTED');
    });
  }

  test('pages that are too large together', async (t) => {
    const filler = ' '.repeat(3 * 1024 * 1024);
    let pages = 0;
    const { store, seen } = await fakeRegistry(t, (_, response) => {
      pages += 1;
      response.setHeader('link', `<?page=${pages}>; rel="next"`).end(`{"tags":["v${pages}"]}${filler}`);
    });
    await assertRejectsWithCode(store.tags(), ContentError, 'SIZE_LIMIT');
    assert.ok(seen.length <= ociLimits.listingBytes / filler.length + 1);
  });

  test('more tags, and more referrers, than anybody may have', async (t) => {
    const tags = Array.from({ length: ociLimits.tags + 1 }, (_, index) => `v${index}`);
    const entries = Array.from({ length: copyLimits.referrers + 1 }, (_, index) => ({
      ...manifest.descriptor,
      digest: computeDigest(`${index}`),
    }));
    const { store } = await fakeRegistry(t, (request, response) => {
      response.setHeader('content-type', mediaTypes.index);
      if (request.url?.includes('/tags/') === true) response.end(JSON.stringify({ tags }));
      else response.end(formatIndex(entries).bytes);
    });
    await assertRejectsWithCode(store.tags(), ContentError, 'SIZE_LIMIT');
    await assertRejectsWithCode(store.referrers(manifest.descriptor), ContentError, 'SIZE_LIMIT');
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

  const statuses: readonly (readonly [number, string, RegistryCode])[] = [
    [405, '', 'REGISTRY_UNSUPPORTED'],
    [501, '', 'REGISTRY_UNSUPPORTED'],
    [409, '', 'REGISTRY_CONFLICT'],
    [400, '{"errors":[{"code":"UNSUPPORTED"}]}', 'REGISTRY_UNSUPPORTED'],
    [400, '{"errors":[{"code":"MANIFEST_INVALID"}]}', 'REGISTRY_PROTOCOL'],
  ];
  for (const [status, body, code] of statuses) {
    test(`${status} ${body} is ${code}`, async (t) => {
      const { store } = await fakeRegistry(t, (_, response) => void response.writeHead(status).end(body));
      const { manifest } = makeManifest('x');
      await assertRejectsWithCode(store.tag(manifest, 'a'), RegistryError, code);
      await assertRejectsWithCode(store.deleteManifest(manifest.descriptor.digest), RegistryError, code);
    });
  }

  test('a wait of years ends at once, and tells how long it is', async (t) => {
    const years = new Date(Date.now() + 10 * 365 * 86_400_000).toUTCString();
    for (const [status, code] of [
      [429, 'REGISTRY_RATE_LIMITED'],
      [503, 'REGISTRY_UNAVAILABLE'],
    ] as const) {
      for (const asked of ['315360000', years]) {
        const { store, seen } = await fakeRegistry(t, (_, response) => {
          response.writeHead(status, { 'retry-after': asked }).end();
        });
        const { details, retryable } = await assertRejectsWithCode(store.tags(), RegistryError, code);
        assert.ok(Number(details['retryAfterMs']) > 300_000_000_000);
        assert.equal(retryable, true);
        assert.equal(seen.length, 1);
      }
    }
  });

  test('a refusal tells what to do', async (t) => {
    for (const status of [401, 403]) {
      const { store } = await fakeRegistry(t, (_, response) => void response.writeHead(status).end());
      const code = status === 401 ? 'REGISTRY_UNAUTHORIZED' : 'REGISTRY_DENIED';
      const { hint } = await assertRejectsWithCode(store.tags(), RegistryError, code);
      assert.match(hint ?? '', /sealift login 127\.0\.0\.1:\d+\b/u);
    }
  });

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
