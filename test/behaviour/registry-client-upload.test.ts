// Uploads in one piece, and what goes wrong with them: they start over, or end. Where they lead, and mounts.
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { suite, test } from 'node:test';
import { ContentError, RegistryError } from '../../src/errors.ts';
import { httpLimits } from '../../src/limits.ts';
import type { Bytes } from '../../src/oci/content-store.ts';
import { computeDigest } from '../../src/oci/digest.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { makeBlob } from '../helpers/content-store-contract.ts';
import { openStore } from '../helpers/registry-store.ts';
import { readBody } from '../servers/fake-registry.ts';
import {
  assertStored,
  huge,
  inPieces,
  makeSource,
  methodsOf,
  startUploads,
} from '../servers/fake-uploads.ts';

/** Ends with the connection of a request, however it ends. */
function closing({ socket }: IncomingMessage): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}

suite('an upload in one piece', () => {
  test('appends the digest to a Location’s own query, and leaves that as it is', async (t) => {
    const uploads = await startUploads(t);
    const blob = makeBlob('content');
    await uploads.store.push(blob);
    assertStored(uploads, blob);
    const digest = encodeURIComponent(blob.descriptor.digest);
    assert.equal(uploads.lines().at(-1), `PUT /up/2?_state=a%2Fb+c%3D=&x=(~)&digest=${digest}`);
    assert.equal(uploads.asked.at(-1)?.headers['content-length'], '7');
  });

  test('starts over from its POST where the connection broke, and reads its source anew', async (t) => {
    let broken = 0;
    const uploads = await startUploads(t, ({ request }) => {
      if (request.method !== 'PUT' || broken >= 2) return false;
      broken += 1;
      request.once('data', () => request.destroy());
      return true;
    });
    const blob = makeBlob('0123456789'.repeat(100_000));
    await uploads.store.pushBlob(blob.descriptor, () => inPieces(blob.bytes));
    assertStored(uploads, blob);
    assert.equal(methodsOf(uploads), 'HEAD POST PUT HEAD POST PUT HEAD POST PUT');
  });

  for (const status of [404, 503]) {
    test(`starts over where its session ends with ${status}, and not for ever`, async (t) => {
      const uploads = await startUploads(t, ({ request, response }) => {
        if (request.method !== 'PUT') return false;
        request.resume();
        response.writeHead(status).end();
        return true;
      });
      const code = status === 404 ? 'REGISTRY_NOT_FOUND' : 'REGISTRY_UNAVAILABLE';
      await assertRejectsWithCode(uploads.store.push(makeBlob('x')), RegistryError, code);
      assert.equal(uploads.lines().filter((line) => line.startsWith('PUT')).length, httpLimits.uploads);
    });
  }

  test('is not sent again where only its answer was lost', async (t) => {
    const uploads = await startUploads(t, async ({ request, response }) => {
      if (request.method !== 'PUT') return false;
      const body = await readBody(request);
      uploads.blobs.set(computeDigest(body), body);
      response.destroy();
      return true;
    });
    await uploads.store.push(makeBlob('x'));
    assert.equal(methodsOf(uploads), 'HEAD POST PUT HEAD');
  });

  test('ends at once where the registry asks for a longer wait than there is', async (t) => {
    const uploads = await startUploads(t, ({ request, response }) => {
      if (request.method !== 'PUT') return false;
      request.resume();
      response.writeHead(429, { 'retry-after': '86400' }).end();
      return true;
    });
    const { details, retryable } = await assertRejectsWithCode(
      uploads.store.push(makeBlob('x')),
      RegistryError,
      'REGISTRY_RATE_LIMITED',
    );
    assert.deepEqual([details['retryAfterMs'], retryable], [86_400_000, true]);
    assert.equal(methodsOf(uploads), 'HEAD POST PUT');
  });

  test('gives on what its source throws, and never tries that again', async (t) => {
    const uploads = await startUploads(t);
    const blob = makeBlob('0123456789'.repeat(50_000));
    const failures = [
      new ContentError('CONTENT_MISSING', 'source is gone'),
      // Another registry, whose client has had its tries.
      new RegistryError('REGISTRY_NETWORK', 'source can not be reached', { retryable: true }),
      new Error('disk'),
    ];
    for (const failure of failures) {
      let opened = 0;
      const open = async function* open(): Bytes {
        opened += 1;
        yield blob.bytes.subarray(0, 100_000);
        throw failure;
      };
      await assert.rejects(uploads.store.pushBlob(blob.descriptor, open), (error) => error === failure);
      assert.equal(opened, 1);
    }
  });

  test('reads no more of its source than the connection takes', async (t) => {
    const uploads = await startUploads(
      t,
      // And reads nothing of it.
      ({ request: { method = '' } }) => ['PUT', 'PATCH'].includes(method),
      { deadlines: { idleMs: 60 } },
    );
    const { open, state } = makeSource();
    await assertRejectsWithCode(uploads.store.pushBlob(huge, open), RegistryError, 'REGISTRY_TIMEOUT');
    // What the systems on both ends buffer, for each try.
    assert.ok(state.read < httpLimits.uploads * 24 * 1024 ** 2, `${state.read}`);
    assert.equal(state.isOpen, false);
  });

  test('whose source takes its time is not stuck', async (t) => {
    const uploads = await startUploads(t, () => false, { deadlines: { idleMs: 40 } });
    const blob = makeBlob('0123456789'.repeat(50_000));
    const pause = AbortSignal.timeout(150);
    const open = async function* open(): Bytes {
      yield blob.bytes.subarray(0, 300_000);
      await new Promise((resolve) => pause.addEventListener('abort', resolve));
      yield blob.bytes.subarray(300_000);
    };
    await uploads.store.pushBlob(blob.descriptor, open);
    assertStored(uploads, blob);
  });

  test('that is refused on its way is not sent to its end', { timeout: 10_000 }, async (t) => {
    let closed: Promise<unknown> | undefined;
    const uploads = await startUploads(t, ({ request, response }) => {
      if (request.method !== 'PUT') return false;
      closed = closing(request);
      request.once('data', () => response.writeHead(403, { 'content-length': 2 }).end('{}'));
      return true;
    });
    const { open, state } = makeSource();
    await assertRejectsWithCode(uploads.store.pushBlob(huge, open), RegistryError, 'REGISTRY_DENIED');
    assert.ok(state.read < 24 * 1024 ** 2, `${state.read}`);
    assert.equal(state.isOpen, false);
    await closed;
  });

  test('whose answer never comes ends', async (t) => {
    const uploads = await startUploads(
      t,
      ({ request }) => {
        if (request.method === 'PUT') request.resume();
        return request.method === 'PUT';
      },
      { deadlines: { responseMs: 30 } },
    );
    await assertRejectsWithCode(uploads.store.push(makeBlob('x')), RegistryError, 'REGISTRY_TIMEOUT');
  });

  test('ends with its signal: source, connection and all', async (t) => {
    const stop = new AbortController();
    let closed: Promise<unknown> | undefined;
    const uploads = await startUploads(t, ({ request }) => {
      if (request.method !== 'PUT') return false;
      closed = closing(request);
      request.once('data', () => stop.abort());
      return true;
    });
    const { open, state } = makeSource();
    await assert.rejects(uploads.store.pushBlob(huge, open, stop.signal), { name: 'AbortError' });
    await closed;
    assert.equal(state.isOpen, false);
    assert.equal(methodsOf(uploads), 'HEAD POST PUT');
  });
});

suite('an upload’s Location', () => {
  const locations: readonly (readonly [string, string | undefined])[] = [
    ['on another host', 'http://evil.site/upload?state=secret'],
    ['on another port', 'http://127.0.0.1:1/upload'],
    ['with credentials', 'http://user:secret@HOST/upload'],
    ['that is no URL', 'http://['],
    ['of another scheme', 'ftp://HOST/upload'],
    ['that is missing', undefined],
  ];
  for (const [name, location] of locations) {
    test(`${name} is refused`, async (t) => {
      const uploads = await startUploads(t, ({ request, response }) => {
        if (request.method !== 'POST') return false;
        const url = location?.replace('HOST', uploads.host);
        response.writeHead(202, url === undefined ? {} : { location: url }).end();
        return true;
      });
      const { message } = await assertRejectsWithCode(
        uploads.store.push(makeBlob('x')),
        RegistryError,
        'REGISTRY_PROTOCOL',
      );
      assert.doesNotMatch(message, /secret/u);
      assert.equal(methodsOf(uploads), 'HEAD POST');
    });
  }

  for (const method of ['POST', 'PUT']) {
    test(`does not come by a redirect of ${method}`, async (t) => {
      const uploads = await startUploads(t, ({ request, response }) => {
        if (request.method !== method) return false;
        request.resume();
        response.writeHead(307, { location: '/elsewhere' }).end();
        return true;
      });
      await assertRejectsWithCode(uploads.store.push(makeBlob('x')), RegistryError, 'REGISTRY_PROTOCOL');
    });
  }
});

suite('a mount', () => {
  const answers: readonly (readonly [number, boolean | 'REGISTRY_DENIED' | 'REGISTRY_UNAUTHORIZED'])[] = [
    [201, true],
    [202, false],
    [400, false],
    [404, false],
    [405, false],
    [401, 'REGISTRY_UNAUTHORIZED'],
    [403, 'REGISTRY_DENIED'],
  ];
  for (const [status, expected] of answers) {
    test(`that is answered ${status} is ${expected}`, async (t) => {
      const uploads = await startUploads(t, ({ request, response }) => {
        if (request.method !== 'POST') return false;
        response.writeHead(status, { location: '/up/unused' }).end();
        return true;
      });
      const source = openStore(t, `${uploads.host}/other`);
      const { descriptor } = makeBlob('x');
      const mounting = uploads.store.takeOver(source, descriptor);
      if (typeof expected === 'string') await assertRejectsWithCode(mounting, RegistryError, expected);
      else assert.equal(await mounting, expected);
      const digest = encodeURIComponent(descriptor.digest);
      assert.deepEqual(uploads.lines(), [
        `POST /v2/app/blobs/uploads/?mount=${digest}&from=other`,
        ...(status === 202 ? ['DELETE /up/unused'] : []),
      ]);
    });
  }

  test('is not possible from another registry', async (t) => {
    const [one, two] = [await startUploads(t), await startUploads(t)];
    assert.equal(await one.store.takeOver(two.store, makeBlob('x').descriptor), false);
    assert.deepEqual([...one.lines(), ...two.lines()], []);
  });

  test('does not fail because what it left can not be cancelled', async (t) => {
    const uploads = await startUploads(t, ({ request, response }) => {
      if (request.method === 'POST') response.writeHead(202, { location: 'http://evil.site/' }).end();
      return request.method === 'POST';
    });
    const source = openStore(t, `${uploads.host}/other`);
    assert.equal(await uploads.store.takeOver(source, makeBlob('x').descriptor), false);
  });
});
