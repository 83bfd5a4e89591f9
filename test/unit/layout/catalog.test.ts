import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog, type CatalogEntry } from '../../../src/layout/catalog.ts';
import { loadCatalog } from '../../../src/layout/load-catalog.ts';
import { describe, emptyDescriptor } from '../../../src/oci/descriptor.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';

function makeEntry(number: number, annotations?: Record<string, string>): CatalogEntry {
  const descriptor = describe(mediaTypes.manifest, Buffer.from(String(number)));
  return {
    descriptor: annotations === undefined ? descriptor : { ...descriptor, annotations },
    isListed: true,
  };
}

test('what would make index.json unreadable is refused, and there is room again after a deletion', () => {
  const limits = { entries: 100, indexBytes: 4096 };
  const catalog = createCatalog(limits);
  const entries = Array.from({ length: 20 }, (_, number) => makeEntry(number, { key: 'x'.repeat(500) }));
  assert.throws(
    () => {
      for (const entry of entries) catalog.put(entry);
    },
    { code: 'SIZE_LIMIT' },
  );
  const listed = catalog.entries();
  assert.ok(listed.length > 3);
  assert.ok(Buffer.byteLength(JSON.stringify(listed)) <= limits.indexBytes);
  const [first] = listed;
  assert.ok(first);
  // A tag repeats its manifest's entry.
  assert.throws(() => catalog.setTag('v1', first.digest), { code: 'SIZE_LIMIT' });
  catalog.deleteManifest(first.digest);
  catalog.put(makeEntry(99, { key: 'x'.repeat(500) }));
});

test('more manifests and tags than entries that can be read back are refused', () => {
  const catalog = createCatalog({ entries: 2, indexBytes: 4096 });
  const entry = makeEntry(1);
  catalog.put(entry);
  catalog.setTag('v1', entry.descriptor.digest);
  assert.throws(() => catalog.setTag('v2', entry.descriptor.digest), { code: 'SIZE_LIMIT' });
  assert.throws(() => catalog.put(makeEntry(2)), { code: 'SIZE_LIMIT' });
});

test('tags of a deleted manifest are gone', () => {
  const catalog = createCatalog();
  const entry = makeEntry(1);
  catalog.put(entry);
  catalog.setTag('v1', entry.descriptor.digest);
  catalog.deleteManifest(entry.descriptor.digest);
  assert.deepEqual(catalog.tagNames(), []);
  assert.equal(catalog.find('v1'), undefined);
});

test('a manifest that is listed many times is read once', async () => {
  const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const childBytes = encode({ schemaVersion: 2, config: emptyDescriptor, layers: [] });
  const child = describe(mediaTypes.manifest, childBytes);
  const contents = new Map([[child.digest, childBytes]]);
  const indexes = Array.from({ length: 50 }, (_, number) => {
    const annotations = { number: String(number) };
    const bytes = encode({
      schemaVersion: 2,
      mediaType: mediaTypes.index,
      manifests: [child, child],
      annotations,
    });
    const descriptor = describe(mediaTypes.index, bytes);
    contents.set(descriptor.digest, bytes);
    return descriptor;
  });
  const read: string[] = [];
  const listed = indexes.flatMap((index, number) =>
    ['a', 'b'].map((name) => ({
      ...index,
      annotations: { 'org.opencontainers.image.ref.name': `${name}${number}` },
    })),
  );
  const catalog = await loadCatalog(listed, {
    async *fetch({ digest }) {
      read.push(digest);
      yield contents.get(digest) ?? assert.fail(digest);
    },
  });
  assert.equal(read.length, 51);
  assert.equal(new Set(read).size, 51);
  assert.equal(catalog.tagNames().length, 100);
  assert.ok(catalog.find(child.digest));
});
