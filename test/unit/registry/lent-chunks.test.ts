// Content whose chunks are lent: a download gives their memory back as soon as the next one is asked for, and an upload
// sends what a chunk held while it had it.
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { openStore } from '../../helpers/registry-store.ts';
import { makeBlob } from '../../helpers/content-store-contract.ts';
import type { Bytes } from '../../../src/oci/content-store.ts';
import { computeDigest } from '../../../src/oci/digest.ts';
import type { Content } from '../../../src/oci/manifest.ts';
import { startFakeRegistry } from '../../servers/fake-registry.ts';
import { assertStored, startUploads } from '../../servers/fake-uploads.ts';

const blob = makeBlob('0123456789'.repeat(200_000));

async function startDownloads(t: TestContext, isChunked: boolean): Promise<ReturnType<typeof openStore>> {
  const { host } = await startFakeRegistry(t, (_, response) => {
    response.writeHead(200, isChunked ? {} : { 'content-length': blob.bytes.byteLength });
    // Pieces that come together share memory.
    for (let start = 0; start < blob.bytes.byteLength; start += 1000)
      response.write(blob.bytes.subarray(start, start + 1000));
    response.end();
  });
  return openStore(t, `${host}/app`);
}

async function download(
  store: ReturnType<typeof openStore>,
  isChunkLent: boolean,
): Promise<{ content: Content; kept: Uint8Array[]; count: number }> {
  const kept: Uint8Array[] = [];
  const copies: Uint8Array[] = [];
  for await (const chunk of store.fetch(blob.descriptor, undefined, { isChunkLent })) {
    kept.push(chunk);
    copies.push(Uint8Array.from(chunk));
  }
  return { content: { descriptor: blob.descriptor, bytes: Buffer.concat(copies) }, kept, count: kept.length };
}

suite('a download', () => {
  for (const isChunked of [false, true]) {
    test(`is the same, lent or not, ${isChunked ? 'in chunks' : 'with its length'}`, async (t) => {
      const store = await startDownloads(t, isChunked);
      for (const isChunkLent of [true, false]) {
        const { content } = await download(store, isChunkLent);
        assert.equal(computeDigest(content.bytes), blob.descriptor.digest);
      }
    });
  }

  test('holds no memory of chunks that were lent, and leaves the others', async (t) => {
    const store = await startDownloads(t, false);
    const lent = await download(store, true);
    assert.ok(lent.kept.filter(({ byteLength }) => byteLength === 0).length > lent.count / 2);
    const own = await download(store, false);
    assert.equal(Buffer.compare(Buffer.concat(own.kept), blob.bytes), 0);
  });
});

suite('an upload', () => {
  for (const refused of [undefined, 'PUT']) {
    test(`sends what its source lent, ${refused === undefined ? 'in one piece' : 'in chunks'}`, async (t) => {
      let isRefused = false;
      const uploads = await startUploads(t, async ({ request, response }) => {
        if (request.method !== refused || isRefused) {
          // Late, so that the connection is full.
          await new Promise((resolve) => setImmediate(resolve));
          return false;
        }
        isRefused = true;
        request.resume();
        response.writeHead(413).end();
        return true;
      });
      const open = async function* open(_signal?: AbortSignal, { isChunkLent = false } = {}): Bytes {
        assert.equal(isChunkLent, true);
        const memory = Buffer.alloc(300_000);
        for (let start = 0; start < blob.bytes.byteLength; start += memory.byteLength) {
          const part = blob.bytes.subarray(start, start + memory.byteLength);
          memory.set(part);
          yield memory.subarray(0, part.byteLength);
          memory.fill(0);
        }
      };
      await uploads.store.pushBlob(blob.descriptor, open);
      assertStored(uploads, blob);
    });
  }
});
