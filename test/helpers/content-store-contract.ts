// What every content store must do, whatever it is made of. Called once for each implementation.
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { ContentError } from '../../src/errors.ts';
import {
  fetchBytes,
  type Bytes,
  type ContentSource,
  type ContentStore,
} from '../../src/oci/content-store.ts';
import { describe, emptyContent, emptyDescriptor } from '../../src/oci/descriptor.ts';
import { formatIndex, formatManifest, type Content, type Manifest } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';

/** Makes an empty store; what it needs is taken down with the test. */
export type MakeStore = (t: TestContext) => Promise<ContentStore>;

const LAYER_TYPE = 'application/vnd.example.layer';
const maxBytes = 1024 * 1024;

/** A blob of some text. */
export function makeBlob(text: string): Content {
  const bytes = new TextEncoder().encode(text);
  return { descriptor: describe(LAYER_TYPE, bytes), bytes };
}

/** A manifest with one layer, and that layer. */
export function makeManifest(
  text: string,
  members: Partial<Manifest> = {},
): { manifest: Content; layer: Content } {
  const layer = makeBlob(text);
  const manifest = formatManifest({
    artifactType: 'application/vnd.example.config',
    config: emptyDescriptor,
    layers: [layer.descriptor],
    ...members,
  });
  return { manifest, layer };
}

/** Pushes a manifest with what it needs. */
export async function pushManifest(
  store: ContentStore,
  text: string,
  members: Partial<Manifest> = {},
): Promise<Content> {
  const { manifest, layer } = makeManifest(text, members);
  await store.push({ descriptor: emptyDescriptor, bytes: emptyContent });
  await store.push(layer);
  await store.push(manifest);
  return manifest;
}

function hasCode(code: string): { code: string } {
  return { code };
}

async function* inChunks(bytes: Uint8Array, size: number): Bytes {
  for (let start = 0; start < bytes.byteLength; start += size) yield bytes.subarray(start, start + size);
}

export type ContractOptions = {
  /** False for registries that delete no tags, or nothing: they must say so (`REGISTRY_UNSUPPORTED`). */
  readonly deletesTags?: boolean;
  readonly deletesManifests?: boolean;
  /** False for registries that keep a deleted manifest's tags, and show by them what is no longer there. */
  readonly deletesTagsOfManifests?: boolean;
  /** False for registries that list referrers with a wrong type or without annotations: they are hints. */
  readonly describesReferrers?: boolean;
};

/** Registers the tests of the contract. */
export function contentStoreContract(
  name: string,
  makeStore: MakeStore,
  options: ContractOptions = {},
): void {
  suite(`content store contract: ${name}`, () => {
    blobCases(makeStore);
    manifestCases(makeStore);
    deleteCases(makeStore, options);
    referrerCases(makeStore, options);
  });
}

function deleteCases(makeStore: MakeStore, options: ContractOptions): void {
  const { deletesTags = true, deletesManifests = true, deletesTagsOfManifests = true } = options;

  test('deletes a tag, and keeps what it showed', async (t) => {
    const store = await makeStore(t);
    const manifest = await pushManifest(store, 'tagged');
    await store.tag(manifest, 'a');
    await store.tag(manifest, 'b');
    if (!deletesTags) {
      await assert.rejects(store.deleteTag('a'), hasCode('REGISTRY_UNSUPPORTED'));
      return;
    }
    assert.equal(await store.deleteTag('a'), true);
    assert.equal(await store.deleteTag('a'), false);
    assert.deepEqual(await store.tags(), ['b']);
    assert.equal((await store.resolve('b')).descriptor.digest, manifest.descriptor.digest);
    assert.equal(await store.exists(manifest.descriptor), true);
  });

  test('deletes a manifest with its tags, and leaves the others', async (t) => {
    const store = await makeStore(t);
    const manifest = await pushManifest(store, 'gone');
    const other = await pushManifest(store, 'stays');
    await store.tag(manifest, 'a');
    await store.tag(other, 'b');
    if (!deletesManifests) {
      await assert.rejects(store.deleteManifest(manifest.descriptor.digest), hasCode('REGISTRY_UNSUPPORTED'));
      return;
    }
    assert.equal(await store.deleteManifest(manifest.descriptor.digest), true);
    assert.equal(await store.deleteManifest(manifest.descriptor.digest), false);
    assert.equal(await store.exists(manifest.descriptor), false);
    if (deletesTagsOfManifests) await assert.rejects(store.resolve('a'), hasCode('CONTENT_MISSING'));
    assert.equal((await store.resolve('b')).descriptor.digest, other.descriptor.digest);
  });
}

function blobCases(makeStore: MakeStore): void {
  test('gives back the bytes of a pushed blob', async (t) => {
    const store = await makeStore(t);
    const blob = makeBlob('some content');
    assert.equal(await store.exists(blob.descriptor), false);
    await store.push(blob);
    await store.push(blob);
    assert.equal(await store.exists(blob.descriptor), true);
    assert.deepEqual(
      Buffer.from(await fetchBytes(store, blob.descriptor, maxBytes)),
      Buffer.from(blob.bytes),
    );
  });

  test('stores an empty blob and one of many chunks', async (t) => {
    const store = await makeStore(t);
    for (const blob of [makeBlob(''), makeBlob('0123456789'.repeat(100_000))]) {
      await store.push(blob);
      const read = await fetchBytes(store, blob.descriptor, maxBytes);
      assert.equal(Buffer.compare(read, blob.bytes), 0);
    }
  });

  test('tells that a blob is missing', async (t) => {
    const store = await makeStore(t);
    const { descriptor } = makeBlob('never pushed');
    await assert.rejects(fetchBytes(store, descriptor, maxBytes), hasCode('CONTENT_MISSING'));
  });

  test('refuses a push whose digest is another', async (t) => {
    const store = await makeStore(t);
    const right = makeBlob('right');
    const wrong = makeBlob('wrong');
    await assert.rejects(store.push({ ...right, bytes: wrong.bytes }), hasCode('DIGEST_MISMATCH'));
    assert.equal(await store.exists(right.descriptor), false);
  });

  test('refuses a push whose size is another', async (t) => {
    const store = await makeStore(t);
    const { descriptor, bytes } = makeBlob('sized');
    await assert.rejects(
      store.push({ descriptor: { ...descriptor, size: 4 }, bytes }),
      hasCode('SIZE_MISMATCH'),
    );
  });

  test('refuses to fetch under a size that is not the content’s', async (t) => {
    const store = await makeStore(t);
    const { descriptor, bytes } = makeBlob('sized');
    await store.push({ descriptor, bytes });
    const short = { ...descriptor, size: descriptor.size - 1 };
    await assert.rejects(fetchBytes(store, short, maxBytes), hasCode('SIZE_MISMATCH'));
  });

  test('streams a blob in, and reads one that is there already not at all', async (t) => {
    const store = await makeStore(t);
    const blob = makeBlob('0123456789'.repeat(100_000));
    await store.pushBlob(blob.descriptor, () => inChunks(blob.bytes, 65_536));
    assert.equal(Buffer.compare(await fetchBytes(store, blob.descriptor, maxBytes), blob.bytes), 0);
    await store.pushBlob(blob.descriptor, () => {
      throw new Error('it is read again');
    });
  });

  test('refuses a streamed blob of another digest, shorter or longer, and shows none of it', async (t) => {
    const store = await makeStore(t);
    const { descriptor } = makeBlob('right content');
    const cases = { DIGEST_MISMATCH: 'wrong content', SIZE_MISMATCH: 'right' };
    for (const [code, text] of Object.entries(cases)) {
      const open = (): Bytes => inChunks(new TextEncoder().encode(text), 3);
      await assert.rejects(store.pushBlob(descriptor, open), hasCode(code));
      assert.equal(await store.exists(descriptor), false);
    }
    const endless = (): Bytes => inChunks(new TextEncoder().encode('right content and more'), 5);
    await assert.rejects(store.pushBlob(descriptor, endless), hasCode('SIZE_MISMATCH'));
    assert.equal(await store.exists(descriptor), false);
  });

  test('gives on what a streamed blob’s source throws', async (t) => {
    const store = await makeStore(t);
    const { descriptor, bytes } = makeBlob('0123456789'.repeat(50_000));
    const failure = new ContentError('CONTENT_MISSING', 'source is gone');
    const open = async function* (): Bytes {
      yield bytes.subarray(0, 100_000);
      throw failure;
    };
    await assert.rejects(store.pushBlob(descriptor, open), (error) => error === failure);
    assert.equal(await store.exists(descriptor), false);
    await store.pushBlob(descriptor, () => inChunks(bytes, 65_536));
    assert.equal(await store.exists(descriptor), true);
  });

  test('streams no manifest in', async (t) => {
    const store = await makeStore(t);
    const { manifest } = makeManifest('streamed');
    const open = (): Bytes => inChunks(manifest.bytes, 100);
    await assert.rejects(store.pushBlob(manifest.descriptor, open), hasCode('MEDIA_TYPE_UNEXPECTED'));
  });

  test('takes nothing over from a store that it can not reach', async (t) => {
    const store = await makeStore(t);
    const blob = makeBlob('elsewhere');
    const stranger: ContentSource = {
      fetch: () => inChunks(blob.bytes, 4),
      resolve: () => Promise.reject(new Error('not asked')),
      referrers: async () => [],
      tags: async () => [],
    };
    assert.equal(await store.takeOver(stranger, blob.descriptor), false);
    assert.equal(await store.exists(blob.descriptor), false);
  });

  test('stops when it is told to', async (t) => {
    const store = await makeStore(t);
    const blob = makeBlob('x');
    await store.push(blob);
    const signal = AbortSignal.abort();
    await assert.rejects(fetchBytes(store, blob.descriptor, maxBytes, signal), { name: 'AbortError' });
  });
}

function manifestCases(makeStore: MakeStore): void {
  test('keeps a manifest byte for byte', async (t) => {
    const store = await makeStore(t);
    const { manifest, layer } = makeManifest('spaced');
    const text = JSON.stringify(JSON.parse(Buffer.from(manifest.bytes).toString('utf8')), undefined, 3);
    const bytes = new TextEncoder().encode(`${text}\n`);
    const spaced = { descriptor: describe(mediaTypes.manifest, bytes), bytes };
    await store.push({ descriptor: emptyDescriptor, bytes: emptyContent });
    await store.push(layer);
    await store.push(spaced);
    const { descriptor, bytes: read } = await store.resolve(spaced.descriptor.digest);
    assert.deepEqual(descriptor, spaced.descriptor);
    assert.deepEqual(Buffer.from(read), Buffer.from(bytes));
    assert.deepEqual(Buffer.from(await fetchBytes(store, spaced.descriptor, maxBytes)), Buffer.from(bytes));
    assert.equal(await store.exists(spaced.descriptor), true);
  });

  test('resolves tags, sorts them, and moves them', async (t) => {
    const store = await makeStore(t);
    const first = await pushManifest(store, 'first');
    const second = await pushManifest(store, 'second');
    await store.tag(first, 'stable');
    await store.tag(first, 'a');
    assert.equal((await store.resolve('stable')).descriptor.digest, first.descriptor.digest);
    await store.tag(second, 'stable');
    assert.equal((await store.resolve('stable')).descriptor.digest, second.descriptor.digest);
    assert.equal((await store.resolve('a')).descriptor.digest, first.descriptor.digest);
    assert.deepEqual(await store.tags(), ['a', 'stable']);
  });

  test('tells that a tag, a digest, or the manifest to tag is missing', async (t) => {
    const store = await makeStore(t);
    await pushManifest(store, 'known');
    const { manifest } = makeManifest('unknown');
    await assert.rejects(store.resolve('none'), hasCode('CONTENT_MISSING'));
    await assert.rejects(store.resolve(manifest.descriptor.digest), hasCode('CONTENT_MISSING'));
    assert.equal(await store.exists(manifest.descriptor), false);
  });

  test('stores an index of manifests', async (t) => {
    const store = await makeStore(t);
    const one = await pushManifest(store, 'one');
    const two = await pushManifest(store, 'two');
    const index = formatIndex([one.descriptor, two.descriptor]);
    await store.push(index);
    await store.tag(index, 'both');
    assert.deepEqual((await store.resolve('both')).descriptor, index.descriptor);
  });
}

function referrerCases(makeStore: MakeStore, { describesReferrers = true }: ContractOptions): void {
  test('lists referrers with their type and annotations', async (t) => {
    const store = await makeStore(t);
    const subject = await pushManifest(store, 'subject');
    const annotations = { 'org.example.key': 'value' };
    const referrer = await pushManifest(store, 'referrer', { subject: subject.descriptor, annotations });
    const typed = {
      artifactType: undefined,
      config: { ...emptyDescriptor, mediaType: 'application/vnd.example.sig' },
    };
    const plain = await pushManifest(store, 'plain', { subject: subject.descriptor, ...typed });
    const listed = new Map((await store.referrers(subject.descriptor)).map((entry) => [entry.digest, entry]));
    assert.deepEqual(await store.referrers(referrer.descriptor), []);
    assert.deepEqual(
      [...listed.keys()].sort(),
      [referrer, plain].map(({ descriptor }) => descriptor.digest).sort(),
    );
    if (!describesReferrers) return;
    const { artifactType, annotations: given } = listed.get(referrer.descriptor.digest) ?? {};
    assert.equal(artifactType, 'application/vnd.example.config');
    assert.deepEqual(given, annotations);
    assert.equal(listed.get(plain.descriptor.digest)?.artifactType, 'application/vnd.example.sig');
  });

  test('takes a referrer before its subject, and gives [] for a subject without any', async (t) => {
    const store = await makeStore(t);
    const { manifest } = makeManifest('later');
    await pushManifest(store, 'other');
    assert.deepEqual(await store.referrers(manifest.descriptor), []);
    const referrer = await pushManifest(store, 'early', { subject: manifest.descriptor });
    const listed = await store.referrers(manifest.descriptor);
    assert.deepEqual(
      listed.map(({ digest }) => digest),
      [referrer.descriptor.digest],
    );
  });

  test('loses none of 20 referrers that are pushed at once', async (t) => {
    const store = await makeStore(t);
    const subject = await pushManifest(store, 'subject');
    const names = Array.from({ length: 20 }, (_, number) => `referrer ${number}`);
    const pushed = await Promise.all(
      names.map((name) => pushManifest(store, name, { subject: subject.descriptor })),
    );
    const listed = await store.referrers(subject.descriptor);
    assert.deepEqual(
      listed.map(({ digest }) => digest).sort(),
      pushed.map(({ descriptor }) => descriptor.digest).sort(),
    );
  });
}
