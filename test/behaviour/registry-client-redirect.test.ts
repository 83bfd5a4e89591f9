// Redirects: storage behind a registry gets what it needs, and nothing that is not for it.
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { RegistryError } from '../../src/errors.ts';
import { httpLimits } from '../../src/limits.ts';
import { fetchBytes } from '../../src/oci/content-store.ts';
import { parseReference } from '../../src/oci/reference.ts';
import type { HttpAnswer, HttpRequest, Send } from '../../src/registry/http.ts';
import { withRedirects } from '../../src/registry/redirect.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { createTransport } from '../../src/registry/transport.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { makeBlob } from '../helpers/content-store-contract.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startFakeRegistry, type FakeListener, type FakeRegistry } from '../servers/fake-registry.ts';

const blob = makeBlob('0123456789'.repeat(30_000));
const secrets = { Authorization: 'Bearer t0ken', cookie: 'a=b' };

/** A store whose every request carries credentials, as one above the redirects adds them. */
function openWithSecrets(t: TestContext, { host }: FakeRegistry): RegistryStore {
  const transport = createTransport();
  t.after(() => transport.close());
  const next = withRedirects(transport.send);
  const send: Send = (request) => next({ ...request, headers: { ...request.headers, ...secrets } });
  return openRepository({ send, reference: parseReference(`${host}/app`) });
}

function hasSecrets({ asked }: FakeRegistry): readonly boolean[] {
  return asked.map(({ headers }) => headers.authorization !== undefined || headers.cookie !== undefined);
}

const storage: FakeListener = ({ headers: { range } }, response) => {
  const start = Number(/^bytes=(\d+)-$/u.exec(range ?? '')?.[1] ?? 0);
  const bytes = Buffer.from(blob.bytes).subarray(start);
  if (start === 0) response.writeHead(200, { 'content-length': bytes.byteLength });
  else {
    const { size } = blob.descriptor;
    response.writeHead(206, { 'content-range': `bytes ${start}-${size - 1}/${size}` });
  }
  response.end(bytes);
};

/** Redirects everything there. */
function to(location: () => string, status = 307): FakeListener {
  return (_, response) => void response.writeHead(status, { location: location() }).end();
}

suite('a redirect', () => {
  for (const status of [301, 302, 303, 307, 308]) {
    test(`of ${status} is followed to another host, without credentials`, async (t) => {
      const other = await startFakeRegistry(t, storage);
      const registry = await startFakeRegistry(
        t,
        to(() => `http://${other.host}/bucket/x?signature=1`, status),
      );
      const store = openWithSecrets(t, registry);
      const read = await fetchBytes(store, blob.descriptor, blob.descriptor.size);
      assert.equal(Buffer.compare(read, blob.bytes), 0);
      assert.equal(await store.exists(blob.descriptor), true);
      assert.deepEqual(other.lines(), ['GET /bucket/x?signature=1', 'HEAD /bucket/x?signature=1']);
      assert.deepEqual(
        [hasSecrets(registry), hasSecrets(other)],
        [
          [true, true],
          [false, false],
        ],
      );
    });
  }

  test('within the host keeps credentials', async (t) => {
    const registry = await startFakeRegistry(t, (request, response) => {
      if (request.url === '/stored') storage(request, response);
      else response.writeHead(302, { location: '../../../stored' }).end();
    });
    await fetchBytes(openWithSecrets(t, registry), blob.descriptor, blob.descriptor.size);
    assert.deepEqual(hasSecrets(registry), [true, true]);
  });

  test('that comes back to the host does not bring credentials back', async (t) => {
    let home = '';
    const other = await startFakeRegistry(
      t,
      to(() => `http://${home}/stored`),
    );
    const registry = await startFakeRegistry(t, (request, response) => {
      if (request.url === '/stored') storage(request, response);
      else response.writeHead(307, { location: `http://${other.host}/` }).end();
    });
    home = registry.host;
    await fetchBytes(openWithSecrets(t, registry), blob.descriptor, blob.descriptor.size);
    assert.deepEqual([hasSecrets(registry), hasSecrets(other)], [[true, false], [false]]);
  });

  test('is followed anew where a download goes on', async (t) => {
    let count = 0;
    const other = await startFakeRegistry(t, (request, response) => {
      count += 1;
      if (count > 1) {
        storage(request, response);
        return;
      }
      response.writeHead(200, { 'content-length': blob.descriptor.size });
      response.write(blob.bytes.subarray(0, 100_000), () => response.destroy());
    });
    const registry = await startFakeRegistry(
      t,
      to(() => `http://${other.host}/x?expires=${count}`),
    );
    await fetchBytes(openWithSecrets(t, registry), blob.descriptor, blob.descriptor.size);
    assert.deepEqual(other.lines(), ['GET /x?expires=0', 'GET /x?expires=1']);
    assert.match(other.asked[1]?.headers.range ?? '', /^bytes=\d+-$/u);
  });

  test('in a circle ends', async (t) => {
    const registry = await startFakeRegistry(
      t,
      to(() => '/again'),
    );
    const store = openStore(t, `${registry.host}/app`);
    for (const call of [() => store.resolve('a'), () => store.exists(blob.descriptor), () => store.tags()]) {
      await assertRejectsWithCode(call, RegistryError, 'REGISTRY_PROTOCOL');
    }
    assert.equal(registry.asked.length, 3 * (httpLimits.redirects + 1));
  });

  const refused: readonly (readonly [string, string | undefined])[] = [
    ['without a Location', undefined],
    ['to what is no URL', 'http://['],
    ['to another scheme', 'file:///etc/passwd'],
    ['to a URL with credentials', 'http://user:secret@127.0.0.1:1/'],
  ];
  for (const [name, location] of refused) {
    test(`${name} is refused`, async (t) => {
      const registry = await startFakeRegistry(t, (_, response) => {
        response.writeHead(307, location === undefined ? {} : { location }).end();
      });
      const store = openStore(t, `${registry.host}/app`);
      const { message } = await assertRejectsWithCode(store.resolve('a'), RegistryError, 'REGISTRY_PROTOCOL');
      assert.doesNotMatch(message, /secret/u);
      assert.equal(registry.asked.length, 1);
    });
  }

  test('of a referrers request to a web page means that there is no such API', async (t) => {
    const registry = await startFakeRegistry(t, ({ url = '' }, response) => {
      if (url.includes('/referrers/')) response.writeHead(303, { location: '/page' }).end();
      else response.writeHead(url === '/page' ? 429 : 404).end();
    });
    const store = openStore(t, `${registry.host}/app`);
    assert.deepEqual(await store.referrers(blob.descriptor), []);
    assert.ok(!registry.lines().includes('GET /page'));
  });
});

suite('without a network', () => {
  /** A sender that gives one answer after the other. */
  function answering(...answers: readonly (readonly [number, string?])[]): { send: Send; urls: string[] } {
    const urls: string[] = [];
    const send = async (request: HttpRequest): Promise<HttpAnswer> => {
      const [status = 200, location] = answers[urls.length] ?? [];
      urls.push(request.url.href);
      return {
        status,
        header: (name) => (name === 'location' ? location : undefined),
        body: (async function* body() {})(),
        discard: () => undefined,
      };
    };
    return { send, urls };
  }
  const request: HttpRequest = { method: 'GET', url: new URL('https://registry.test/v2/a') };

  test('TLS is not left for plain HTTP', async () => {
    const { send, urls } = answering([307, 'http://registry.test/v2/a']);
    await assertRejectsWithCode(withRedirects(send)(request), RegistryError, 'REGISTRY_PROTOCOL');
    assert.equal(urls.length, 1);
  });

  test('an answer tells where it came from, if from another origin', async () => {
    const away = answering([307, 'https://storage.test/x'], [401]);
    const { from } = await withRedirects(away.send)(request);
    assert.equal(from?.href, 'https://storage.test/x');
    const here = answering([307, '/elsewhere'], [401]);
    assert.equal((await withRedirects(here.send)(request)).from, undefined);
  });
});
