// Polling, deletes and the referrers tag, against distribution as it is shipped, and with deletes allowed.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test, type TestContext } from 'node:test';
import { RegistryError } from '../../src/errors.ts';
import { describe, type Descriptor } from '../../src/oci/descriptor.ts';
import { formatIndex, parseIndex, type Content } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { makeManifest, pushManifest } from '../helpers/content-store-contract.ts';
import { startProxy, type Meddler } from '../helpers/registry-proxy.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';

const directory = await mkdtemp(join(tmpdir(), 'sealift-management-'));
await mkdir(join(directory, 'shipped'));
const registry = await startDockerRegistry(directory);
const shipped = await startDockerRegistry(join(directory, 'shipped'), { deletes: false });
after(async () => {
  await Promise.all([registry.stop(), shipped.stop()]);
  await rm(directory, { recursive: true, force: true });
});

let repositories = 0;

/** A repository of its own behind a proxy. */
async function open(
  t: TestContext,
  { host, ...meddler }: Meddler & { readonly host?: string } = {},
): Promise<{ store: RegistryStore; seen: readonly string[] }> {
  const proxy = await startProxy(host ?? registry.host, meddler);
  t.after(() => proxy.close());
  repositories += 1;
  return { store: openStore(t, `${proxy.host}/test/repository-${repositories}`), seen: proxy.seen };
}

function digestsOf(entries: readonly Descriptor[]): readonly string[] {
  return entries.map(({ digest }) => digest);
}

function referrersTag({ descriptor }: Content): string {
  return descriptor.digest.replace(':', '-');
}

suite('polling', () => {
  test('of what is known is answered with nothing but that', async (t) => {
    const statuses: number[] = [];
    const { store } = await open(t, {
      after: ({ method }, { status }) => void (method === 'HEAD' && statuses.push(status)),
    });
    const [one, two] = [await pushManifest(store, 'one'), await pushManifest(store, 'two')];
    await store.tag(one, 'latest');
    statuses.length = 0;
    const known = one.descriptor.digest;
    assert.equal(await store.peek('latest'), known);
    assert.equal(await store.peek('latest', undefined, known), known);
    await store.tag(two, 'latest');
    assert.equal(await store.peek('latest', undefined, known), two.descriptor.digest);
    assert.equal(await store.peek('none', undefined, known), undefined);
    assert.deepEqual(statuses, [200, 304, 200, 404]);
  });

  test('that was not asked whether it knows is no 304', async (t) => {
    const { store } = await open(t, { before: () => ({ status: 304 }) });
    await assertRejectsWithCode(store.peek('latest'), RegistryError, 'REGISTRY_PROTOCOL');
    await assertRejectsWithCode(store.peek('latest', undefined, 'word'), RegistryError, 'REGISTRY_PROTOCOL');
  });
});

suite('a delete', () => {
  test('that the registry allows nobody says how to allow it', async (t) => {
    const { store } = await open(t, { host: shipped.host });
    const { descriptor } = await pushManifest(store, 'stays');
    const { hint } = await assertRejectsWithCode(
      store.deleteManifest(descriptor.digest),
      RegistryError,
      'REGISTRY_UNSUPPORTED',
    );
    assert.match(hint ?? '', /REGISTRY_STORAGE_DELETE_ENABLED/u);
    assert.equal(await store.exists(descriptor), true);
  });

  test('of a tag, where there is no such thing, says what to do instead', async (t) => {
    for (const host of [registry.host, shipped.host]) {
      const { store } = await open(t, { host });
      await store.tag(await pushManifest(store, 'tagged'), 'a');
      const { hint } = await assertRejectsWithCode(
        store.deleteTag('a'),
        RegistryError,
        'REGISTRY_UNSUPPORTED',
      );
      assert.match(hint ?? '', /delete the manifest/u);
    }
  });

  for (const status of [200, 202, 204]) {
    test(`that is answered ${status} is done`, async (t) => {
      const { store } = await open(t, {
        before: ({ method }) => (method === 'DELETE' ? { status } : undefined),
      });
      assert.equal(await store.deleteTag('a'), true);
    });
  }

  test('also removes what is broken', async (t) => {
    const { store } = await open(t, {
      after: ({ path }, answer) =>
        path.includes('/manifests/sha256:') ? { ...answer, body: 'broken' } : undefined,
    });
    const { descriptor } = await pushManifest(store, 'broken');
    assert.equal(await store.deleteManifest(descriptor.digest), true);
  });
});

suite('the referrers tag', () => {
  test('loses the entry of what is deleted, and no other', async (t) => {
    const { store } = await open(t);
    const subject = await pushManifest(store, 'subject');
    const members = { subject: subject.descriptor };
    const [one, two] = [await pushManifest(store, 'one', members), await pushManifest(store, 'two', members)];
    assert.equal(await store.deleteManifest(one.descriptor.digest), true);
    assert.deepEqual(digestsOf(await store.referrers(subject.descriptor)), [two.descriptor.digest]);
    assert.equal(await store.deleteManifest(two.descriptor.digest), true);
    assert.deepEqual(await store.referrers(subject.descriptor), []);
  });

  test('is left alone where what is deleted is not in it', async (t) => {
    const { store, seen } = await open(t);
    const subject = await pushManifest(store, 'subject');
    // Not through push, which would list it.
    const { manifest } = makeManifest('subject', { subject: subject.descriptor });
    await store.tag(manifest, 'x');
    const puts = seen.filter((line) => line.startsWith('PUT')).length;
    assert.equal(await store.deleteManifest(manifest.descriptor.digest), true);
    assert.equal(seen.filter((line) => line.startsWith('PUT')).length, puts);
  });

  test('keeps what others wrote, to the last member', async (t) => {
    const { store } = await open(t);
    const subject = await pushManifest(store, 'subject');
    const foreign = await pushManifest(store, 'foreign');
    const entry = { ...foreign.descriptor, platform: { os: 'linux', architecture: 'arm' }, data: 'e30=' };
    const annotations = { 'org.example.note': 'of others' };
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.index,
      manifests: [entry],
      annotations,
    });
    const bytes = new TextEncoder().encode(text);
    await store.tag({ descriptor: describe(mediaTypes.index, bytes), bytes }, referrersTag(subject));
    const ours = await pushManifest(store, 'ours', { subject: subject.descriptor });
    const index = JSON.parse(Buffer.from((await store.resolve(referrersTag(subject))).bytes).toString());
    assert.deepEqual(index.manifests[0], entry);
    assert.deepEqual(index.annotations, annotations);
    assert.deepEqual(digestsOf(await store.referrers(subject.descriptor)), [
      foreign.descriptor.digest,
      ours.descriptor.digest,
    ]);
  });

  test('is written again where another writer came between', async (t) => {
    let isRefused = false;
    const { store } = await open(t, {
      before: ({ method, path }) => {
        if (isRefused || method !== 'PUT' || !path.includes('/manifests/sha256-')) return undefined;
        isRefused = true;
        return { status: 409 };
      },
    });
    const subject = await pushManifest(store, 'subject');
    const referrer = await pushManifest(store, 'referrer', { subject: subject.descriptor });
    assert.equal(isRefused, true);
    assert.deepEqual(digestsOf(await store.referrers(subject.descriptor)), [referrer.descriptor.digest]);
  });

  test('lists an index that refers to something, too', async (t) => {
    const { store } = await open(t);
    const subject = await pushManifest(store, 'subject');
    const listed = await pushManifest(store, 'listed');
    const { bytes: plain } = formatIndex([listed.descriptor]);
    const text = JSON.stringify({
      ...parseIndex(plain),
      mediaType: mediaTypes.index,
      artifactType: 'application/vnd.example.set',
      subject: subject.descriptor,
    });
    const bytes = new TextEncoder().encode(text);
    const index = { descriptor: describe(mediaTypes.index, bytes), bytes };
    await store.push(index);
    assert.deepEqual(await store.referrers(subject.descriptor), [
      { ...index.descriptor, artifactType: 'application/vnd.example.set' },
    ]);
  });
});
