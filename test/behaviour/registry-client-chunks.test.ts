// Uploads in chunks, where a registry takes no blob in one piece: lost chunks are sent again, the source is not read again.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RegistryError } from '../../src/errors.ts';
import { httpLimits } from '../../src/limits.ts';
import type { Bytes } from '../../src/oci/content-store.ts';
import { describe } from '../../src/oci/descriptor.ts';
import { computeDigest } from '../../src/oci/digest.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { makeBlob } from '../helpers/content-store-contract.ts';
import { startProxy } from '../helpers/registry-proxy.ts';
import { openStore } from '../helpers/registry-store.ts';
import { readBody } from '../servers/fake-registry.ts';
import {
  assertStored,
  inPieces,
  makeLarge,
  methodsOf,
  startUploads,
  type Exchange,
} from '../servers/fake-uploads.ts';
import { makeRegistry } from '../unit/server/client.ts';

suite('an upload in chunks', () => {
  for (const status of [405, 411, 413, 501]) {
    test(`follows where the whole is refused with ${status}`, async (t) => {
      const uploads = await startUploads(t, ({ request, response }) => {
        if (request.method !== 'PUT' || request.headers['content-length'] === '0') return false;
        request.resume();
        response.writeHead(status).end();
        return true;
      });
      const blob = makeLarge();
      await uploads.store.pushBlob(blob.descriptor, () => inPieces(blob.bytes));
      assertStored(uploads, blob);
      assert.equal(methodsOf(uploads), 'HEAD POST PUT POST PATCH PATCH PUT');
      const { chunkBytes } = httpLimits;
      assert.deepEqual(uploads.ranges, [`0-${chunkBytes - 1}`, `${chunkBytes}-${chunkBytes + 999}`]);
    });
  }

  /** Refuses the whole, so that chunks follow. */
  function refuseWhole({ request, response }: Exchange): boolean {
    if (request.method !== 'PUT' || request.url?.startsWith('/up/2?') !== true) return false;
    request.resume();
    response.writeHead(405).end();
    return true;
  }

  test('takes content of any size: none, one byte, one chunk', async (t) => {
    for (const size of [0, 1, 2, httpLimits.chunkBytes]) {
      const uploads = await startUploads(t, refuseWhole);
      const bytes = Buffer.alloc(size, 'x');
      const blob = { descriptor: describe('application/vnd.example.layer', bytes), bytes };
      await uploads.store.push(blob);
      assertStored(uploads, blob);
    }
  });

  test('has chunks of the size that the registry asks for', async (t) => {
    const minChunkBytes = httpLimits.chunkBytes + 5;
    const uploads = await startUploads(t, refuseWhole, { minChunkBytes });
    const blob = makeLarge();
    await uploads.store.push(blob);
    assert.deepEqual(uploads.ranges, [
      `0-${minChunkBytes - 1}`,
      `${minChunkBytes}-${blob.descriptor.size - 1}`,
    ]);
  });

  test('is refused where the registry asks for chunks beyond memory', async (t) => {
    const uploads = await startUploads(t, refuseWhole, { minChunkBytes: httpLimits.maxChunkBytes + 1 });
    await assertRejectsWithCode(uploads.store.push(makeBlob('x')), RegistryError, 'REGISTRY_UNSUPPORTED');
  });

  type Loss = (exchange: Exchange, take: (body: Buffer) => void) => void | Promise<void>;
  const losses: readonly (readonly [string, Loss])[] = [
    ['a chunk that did not arrive', ({ response }) => void response.destroy()],
    [
      'a chunk whose answer was lost',
      async ({ request, response }, take) => {
        take(await readBody(request));
        response.destroy();
      },
    ],
    [
      'a chunk of which a part arrived',
      async ({ request, response }, take) => {
        take((await readBody(request)).subarray(0, 500));
        response.destroy();
      },
    ],
    [
      'a chunk that the registry could not take just then',
      ({ request, response }) => {
        request.resume();
        response.writeHead(503).end();
      },
    ],
    [
      'a chunk that does not fit',
      ({ request, response }) => {
        request.resume();
        response.writeHead(416).end();
      },
    ],
  ];
  for (const [name, lose] of losses) {
    test(`goes on after ${name}, and does not read its source again`, async (t) => {
      let taken: Buffer | undefined;
      let isLost = false;
      const uploads = await startUploads(t, async (exchange) => {
        if (refuseWhole(exchange)) return true;
        const { request, response, session } = exchange;
        if (request.method === 'PATCH' && !isLost && session.byteLength > 0) {
          isLost = true;
          await lose(exchange, (body) => {
            taken = body;
          });
          return true;
        }
        // The fake's own session does not know of what was taken here.
        if (taken === undefined) return false;
        const stands = session.byteLength + taken.byteLength;
        if (request.method === 'GET') {
          response.writeHead(204, { range: `0-${stands - 1}`, location: '/up/again' }).end();
          return true;
        }
        assert.equal(request.headers['content-range']?.startsWith(`${stands}-`) ?? true, true);
        const rest = Buffer.concat([session, taken, await readBody(request)]);
        taken = rest.subarray(session.byteLength);
        if (request.method === 'PATCH') {
          response.writeHead(202, { location: '/up/on', range: `0-${rest.byteLength - 1}` }).end();
        } else {
          uploads.blobs.set(computeDigest(rest), rest);
          response.writeHead(201).end();
        }
        return true;
      });
      const blob = makeLarge();
      let opened = 0;
      await uploads.store.pushBlob(blob.descriptor, () => {
        opened += 1;
        return inPieces(blob.bytes);
      });
      assertStored(uploads, blob);
      // Once for the whole, once for the chunks.
      assert.equal(opened, 2);
    });
  }

  test('starts over where the registry stands elsewhere, and not for ever', async (t) => {
    const uploads = await startUploads(t, (exchange) => {
      if (refuseWhole(exchange)) return true;
      const { request, response } = exchange;
      if (request.method !== 'PATCH') return false;
      request.resume();
      response.writeHead(202, { location: '/up/x', range: '0-99999999' }).end();
      return true;
    });
    await assertRejectsWithCode(uploads.store.push(makeBlob('abc')), RegistryError, 'REGISTRY_CONFLICT');
    assert.ok(uploads.lines().filter((line) => line.startsWith('POST')).length <= httpLimits.uploads);
  });

  test('is what a proxy that cuts large bodies off lets through', async (t) => {
    const uploads = await startUploads(t, ({ request }) => {
      if (Number(request.headers['content-length'] ?? 0) <= httpLimits.chunkBytes) return false;
      request.once('data', () => request.destroy());
      return true;
    });
    const blob = makeLarge();
    await uploads.store.pushBlob(blob.descriptor, () => inPieces(blob.bytes));
    assertStored(uploads, blob);
    assert.equal(uploads.ranges.length, 2);
  });

  test('gives on what its source throws', async (t) => {
    const uploads = await startUploads(t, refuseWhole);
    const failure = new RegistryError('REGISTRY_NETWORK', 'source is gone', { retryable: true });
    let opened = 0;
    const blob = makeLarge();
    const open = async function* open(): Bytes {
      opened += 1;
      yield* inPieces(blob.bytes.subarray(0, opened === 1 ? blob.descriptor.size : 1000));
      if (opened > 1) throw failure;
    };
    await assert.rejects(uploads.store.pushBlob(blob.descriptor, open), (error) => error === failure);
    assert.equal(opened, 2);
  });

  test('is taken by our own registry', async (t) => {
    const { registry } = await makeRegistry(t);
    const proxy = await startProxy(registry.host, {
      before: ({ method, body }) => (method === 'PUT' && body.byteLength > 0 ? { status: 413 } : undefined),
    });
    t.after(() => proxy.close());
    const store = openStore(t, `${proxy.host}/app`);
    const blob = makeLarge();
    await store.pushBlob(blob.descriptor, () => inPieces(blob.bytes));
    assert.equal(await store.exists(blob.descriptor), true);
    assert.equal(proxy.seen.filter((line) => line.startsWith('PATCH')).length, 2);
  });
});
