// A layout whose index.json is written at the end: one write for many manifests and tags, and a killed writer's blobs are
// of use to the next one.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ContentError } from '../../../src/errors.ts';
import { openLayout } from '../../../src/layout/layout.ts';
import { verifyStream, type Bytes } from '../../../src/oci/content-store.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeBlob, pushManifest } from '../../helpers/content-store-contract.ts';
import { makeTempDir } from '../../helpers/temp.ts';

test('index.json stays as it was until it is flushed, and then has everything', async (t) => {
  const directory = join(await makeTempDir(t), 'layout');
  const store = await openLayout(directory, { create: true, isIndexHeld: true });
  const before = await readFile(join(directory, 'index.json'));
  const manifest = await pushManifest(store, 'some');
  await store.tag(manifest, 'v1');
  assert.deepEqual(await readFile(join(directory, 'index.json')), before);
  assert.deepEqual(await store.tags(), ['v1']);
  await store.flush();
  const again = await openLayout(directory);
  assert.equal((await again.resolve('v1')).descriptor.digest, manifest.descriptor.digest);
  await store.deleteTag('v1');
  await store.flush();
  assert.deepEqual(await (await openLayout(directory)).tags(), []);
});

test('what a writer left that did not get that far is used by the next one', async (t) => {
  const directory = join(await makeTempDir(t), 'layout');
  const killed = await openLayout(directory, { create: true, isIndexHeld: true });
  const manifest = await pushManifest(killed, 'some');
  await killed.tag(manifest, 'v1');
  const next = await openLayout(directory, { create: true, isIndexHeld: true });
  assert.equal(await next.exists(manifest.descriptor), false);
  const { descriptor } = makeBlob('some');
  assert.equal(await next.exists(descriptor), true);
  await next.pushBlob(descriptor, () => assert.fail('it is read again'));
  await next.push(manifest);
  await next.tag(manifest, 'v1');
  await next.flush();
  assert.deepEqual(await (await openLayout(directory)).tags(), ['v1']);
});

test('nothing becomes a blob that was changed after it was checked', async (t) => {
  const directory = join(await makeTempDir(t), 'layout');
  const store = await openLayout(directory, { create: true });
  const { descriptor, bytes } = makeBlob('some content of ten parts');
  const parts = async function* parts(): Bytes {
    for (let start = 0; start < bytes.byteLength; start += 3) yield bytes.subarray(start, start + 3);
  };
  const changes: Readonly<Record<string, (stream: Bytes) => Bytes>> = {
    DIGEST_MISMATCH: async function* flip(stream) {
      for await (const chunk of stream) yield Uint8Array.from(chunk, (byte) => byte ^ 1);
    },
    SIZE_MISMATCH: async function* cut(stream) {
      for await (const chunk of stream) {
        yield chunk;
        return;
      }
    },
  };
  for (const [code, change] of Object.entries(changes)) {
    const work = store.pushBlob(descriptor, () => change(verifyStream(descriptor, parts())));
    await assertRejectsWithCode(work, ContentError, code as ContentError['code']);
  }
  // Begun by somebody else: the rest is no blob.
  const begun = verifyStream(descriptor, parts());
  await begun[Symbol.asyncIterator]().next();
  await assertRejectsWithCode(
    store.pushBlob(descriptor, () => begun),
    ContentError,
    'SIZE_MISMATCH',
  );
  assert.deepEqual(await readdir(join(directory, 'blobs', 'sha256')), []);
  assert.deepEqual(await readdir(join(directory, '.uploads')), []);
});
