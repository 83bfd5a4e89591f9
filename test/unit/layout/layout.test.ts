import assert from 'node:assert/strict';
import { link, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { openLayout, type LayoutStore } from '../../../src/layout/layout.ts';
import { fetchBytes } from '../../../src/oci/content-store.ts';
import { describe } from '../../../src/oci/descriptor.ts';
import { digestHex } from '../../../src/oci/digest.ts';
import { formatIndex, parseIndex, type Content } from '../../../src/oci/manifest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { makeBlob, makeManifest, pushManifest } from '../../helpers/content-store-contract.ts';
import { makeTempDir } from '../../helpers/temp.ts';

const REF_NAME = 'org.opencontainers.image.ref.name';

async function makeLayout(t: TestContext): Promise<{ directory: string; store: LayoutStore }> {
  const directory = join(await makeTempDir(t), 'layout');
  return { directory, store: await openLayout(directory, { create: true }) };
}

function pathOf(directory: string, { descriptor }: Content): string {
  return join(directory, 'blobs', 'sha256', digestHex(descriptor.digest));
}

async function readEntries(directory: string): Promise<ReturnType<typeof parseIndex>['manifests']> {
  return parseIndex(await readFile(join(directory, 'index.json'))).manifests;
}

suite('index.json', () => {
  test('lists tags as oras does, untagged manifests and referrers', async (t) => {
    const { directory, store } = await makeLayout(t);
    const tagged = await pushManifest(store, 'tagged');
    const untagged = await pushManifest(store, 'untagged');
    const annotations = { key: 'value' };
    const referrer = await pushManifest(store, 'referrer', { subject: tagged.descriptor, annotations });
    await store.tag(tagged, 'v1');
    await store.tag(tagged, 'stable');
    assert.deepEqual(await readEntries(directory), [
      { ...tagged.descriptor, annotations: { [REF_NAME]: 'v1' } },
      { ...tagged.descriptor, annotations: { [REF_NAME]: 'stable' } },
      untagged.descriptor,
      { ...referrer.descriptor, artifactType: 'application/vnd.example.config', annotations },
    ]);
    assert.deepEqual(JSON.parse(await readFile(join(directory, 'oci-layout'), 'utf8')), {
      imageLayoutVersion: '1.0.0',
    });
  });

  test('is read back: tags, referrers, and manifests of an index', async (t) => {
    const { directory, store } = await makeLayout(t);
    const subject = await pushManifest(store, 'subject');
    const referrer = await pushManifest(store, 'referrer', { subject: subject.descriptor });
    const index = formatIndex([subject.descriptor]);
    await store.push(index);
    await store.tag(index, 'v1');
    await store.tag(referrer, 'sig');
    const again = await openLayout(directory);
    assert.deepEqual(await again.tags(), ['sig', 'v1']);
    assert.deepEqual(await again.referrers(subject.descriptor), await store.referrers(subject.descriptor));
    // Another tool may list the index only.
    await writeFile(join(directory, 'index.json'), formatIndex([index.descriptor]).bytes);
    const sparse = await openLayout(directory);
    assert.deepEqual((await sparse.resolve(subject.descriptor.digest)).descriptor, subject.descriptor);
    await sparse.tag(index, 'v2');
    assert.equal((await readEntries(directory)).length, 1);
  });

  test('keeps annotations of other tools, and whole references as tags', async (t) => {
    const { directory, store } = await makeLayout(t);
    const { descriptor } = await pushManifest(store, 'image');
    const kind = { 'dev.cosignproject.cosign/image': 'yes' };
    const foreign = { ...descriptor, annotations: { ...kind, [REF_NAME]: 'docker.io/library/app:1' } };
    await writeFile(join(directory, 'index.json'), formatIndex([foreign]).bytes);
    const again = await openLayout(directory);
    assert.deepEqual(await again.tags(), []);
    await again.tag({ descriptor, bytes: new Uint8Array() }, 'v1');
    assert.deepEqual(await readEntries(directory), [
      foreign,
      { ...descriptor, annotations: { ...kind, [REF_NAME]: 'v1' } },
    ]);
  });

  test('forgets deleted tags and manifests', async (t) => {
    const { directory, store } = await makeLayout(t);
    const subject = await pushManifest(store, 'subject');
    const referrer = await pushManifest(store, 'referrer', { subject: subject.descriptor });
    await store.tag(subject, 'v1');
    assert.equal(await store.deleteTag('v1'), true);
    assert.equal(await store.deleteTag('v1'), false);
    assert.equal(await store.deleteManifest(referrer.descriptor.digest), true);
    assert.equal(await store.deleteManifest(referrer.descriptor.digest), false);
    assert.deepEqual(await store.referrers(subject.descriptor), []);
    assert.deepEqual(await readEntries(directory), [subject.descriptor]);
    await store.push(referrer);
    assert.equal((await store.referrers(subject.descriptor)).length, 1);
  });
});

suite('uploads', () => {
  test('are invisible until they are committed, and leave nothing behind', async (t) => {
    const { directory, store } = await makeLayout(t);
    const blob = makeBlob('in two parts');
    const upload = await store.startUpload();
    await upload.append(blob.bytes.subarray(0, 5));
    assert.equal(upload.size, 5);
    assert.equal(await store.exists(blob.descriptor), false);
    await upload.append(blob.bytes.subarray(5));
    await upload.commit(blob.descriptor.digest);
    assert.equal(await store.exists(blob.descriptor), true);
    assert.deepEqual(await readdir(join(directory, '.uploads')), []);
  });

  test('of another digest are refused and removed', async (t) => {
    const { directory, store } = await makeLayout(t);
    const upload = await store.startUpload();
    await upload.append(makeBlob('one').bytes);
    await assert.rejects(upload.commit(makeBlob('two').descriptor.digest), { code: 'DIGEST_MISMATCH' });
    const aborted = await store.startUpload();
    await aborted.abort();
    await aborted.abort();
    assert.deepEqual(await readdir(join(directory, '.uploads')), []);
    assert.deepEqual(await readdir(join(directory, 'blobs', 'sha256')), []);
  });

  test('of the same content at once end in one blob', async (t) => {
    const { directory, store } = await makeLayout(t);
    const blob = makeBlob('same');
    await Promise.all(Array.from({ length: 10 }, () => store.push(blob)));
    assert.deepEqual(await readdir(join(directory, 'blobs', 'sha256')), [digestHex(blob.descriptor.digest)]);
  });

  test('that a killed process left: a reader ignores them, a writer removes them', async (t) => {
    const { directory, store } = await makeLayout(t);
    const manifest = await pushManifest(store, 'kept');
    const leftover = join(directory, '.uploads', 'left-behind');
    await writeFile(leftover, 'half of some');
    await (await openLayout(directory)).resolve(manifest.descriptor.digest);
    assert.ok(await stat(leftover));
    await openLayout(directory, { create: true });
    assert.deepEqual(await readdir(join(directory, '.uploads')), []);
  });

  test('replace a damaged blob of another size', async (t) => {
    const { directory, store } = await makeLayout(t);
    const blob = makeBlob('whole');
    await store.push(blob);
    await writeFile(pathOf(directory, blob), 'who');
    assert.equal(await store.exists(blob.descriptor), false);
    await store.push(blob);
    assert.deepEqual(await readFile(pathOf(directory, blob)), Buffer.from(blob.bytes));
  });

  test('are linked from another layout', async (t) => {
    const { directory, store } = await makeLayout(t);
    const { store: other } = await makeLayout(t);
    const blob = makeBlob('shared');
    assert.equal(await other.linkBlob(directory, blob.descriptor.digest), false);
    await store.push(blob);
    assert.equal(await other.linkBlob(directory, blob.descriptor.digest), true);
    assert.equal(await other.linkBlob(directory, blob.descriptor.digest), true);
    assert.equal(await other.exists(blob.descriptor), true);
    assert.equal((await stat(pathOf(directory, blob))).nlink, 2);
  });
});

suite('hostile layouts', () => {
  const valid = '{"imageLayoutVersion":"1.0.0"}';
  const empty = Buffer.from(formatIndex([]).bytes).toString('utf8');
  const digest = `sha256:${'a'.repeat(64)}`;
  const tagTwice = ['a', 'b'].map((letter) => ({
    mediaType: mediaTypes.manifest,
    digest: `sha256:${letter.repeat(64)}`,
    size: 2,
    annotations: { [REF_NAME]: 'v1' },
  }));
  const cases: Record<string, [layout: string | undefined, index: string | undefined]> = {
    'an empty directory': [undefined, undefined],
    'no index.json': [valid, undefined],
    'no oci-layout': [undefined, empty],
    'another version': ['{"imageLayoutVersion":"2.0.0"}', empty],
    'oci-layout that is not JSON': ['{', empty],
    'index.json that is not JSON': [valid, '{'],
    'index.json that is not UTF-8': [valid, `${empty}\u{fffd}`],
    'a path for a digest': [
      valid,
      empty.replace('[]', '[{"mediaType":"a/b","digest":"sha256:../../x","size":1}]'),
    ],
    'a negative size': [valid, empty.replace('[]', `[{"mediaType":"a/b","digest":"${digest}","size":-1}]`)],
    'one tag for two manifests (tag confusion)': [valid, empty.replace('[]', JSON.stringify(tagTwice))],
  };
  for (const [name, [layout, index]] of Object.entries(cases)) {
    test(`refuses ${name}`, async (t) => {
      const directory = await makeTempDir(t);
      if (layout !== undefined) await writeFile(join(directory, 'oci-layout'), layout);
      if (index !== undefined) await writeFile(join(directory, 'index.json'), index);
      await assert.rejects(openLayout(directory), { code: 'LAYOUT_INVALID' });
    });
  }

  test('refuses a directory that is not there, and a file for a folder', async (t) => {
    const directory = await makeTempDir(t);
    await assert.rejects(openLayout(join(directory, 'none')), { code: 'LAYOUT_INVALID' });
    await writeFile(join(directory, 'blobs'), '');
    await assert.rejects(openLayout(directory, { create: true }), { code: 'LAYOUT_INVALID' });
  });

  test('follows no symbolic link of a blob, a folder or index.json (symlink escape)', async (t) => {
    const { directory, store } = await makeLayout(t);
    const blob = makeBlob('outside');
    const outside = join(await makeTempDir(t), 'outside');
    await writeFile(outside, blob.bytes);
    await symlink(outside, pathOf(directory, blob));
    await assert.rejects(fetchBytes(store, blob.descriptor, 100), { code: 'LAYOUT_INVALID' });
    assert.equal(await store.exists(blob.descriptor), false);
    assert.equal(await (await makeLayout(t)).store.linkBlob(directory, blob.descriptor.digest), false);
    // A push puts a file in the link's place and leaves its target alone.
    await store.push(blob);
    assert.equal((await stat(outside)).nlink, 1);
    await fetchBytes(store, blob.descriptor, 100);
    await rename(join(directory, 'blobs'), join(directory, 'moved'));
    await symlink(join(directory, 'moved'), join(directory, 'blobs'));
    await assert.rejects(openLayout(directory), { code: 'LAYOUT_INVALID' });
    await rm(join(directory, 'blobs'));
    await link(join(directory, 'index.json'), join(directory, 'other.json'));
    await rm(join(directory, 'index.json'));
    await symlink(join(directory, 'other.json'), join(directory, 'index.json'));
    await assert.rejects(openLayout(directory), { code: 'LAYOUT_INVALID' });
  });

  test('serves no directory as a blob', async (t) => {
    const { directory, store } = await makeLayout(t);
    const blob = makeBlob('directory');
    await mkdir(pathOf(directory, blob), { recursive: true });
    await assert.rejects(store.openBlob(blob.descriptor.digest), { code: 'LAYOUT_INVALID' });
  });

  test('verifies what it reads, and opens despite missing and damaged manifests', async (t) => {
    const { directory, store } = await makeLayout(t);
    const damaged = await pushManifest(store, 'damaged');
    const missing = await pushManifest(store, 'missing');
    const whole = await pushManifest(store, 'whole');
    const bytes = await readFile(pathOf(directory, damaged));
    await writeFile(pathOf(directory, damaged), bytes.fill(0x20, bytes.length - 2));
    await rm(pathOf(directory, missing));
    const again = await openLayout(directory);
    await assert.rejects(again.resolve(damaged.descriptor.digest), { code: 'DIGEST_MISMATCH' });
    await assert.rejects(again.resolve(missing.descriptor.digest), { code: 'CONTENT_MISSING' });
    assert.deepEqual((await again.resolve(whole.descriptor.digest)).descriptor, whole.descriptor);
  });

  test('lets no tag stand in for a digest (tag confusion)', async (t) => {
    const { directory, store } = await makeLayout(t);
    const good = await pushManifest(store, 'good');
    const bad = await pushManifest(store, 'bad');
    const posing = { ...bad.descriptor, annotations: { [REF_NAME]: good.descriptor.digest } };
    await writeFile(join(directory, 'index.json'), formatIndex([good.descriptor, posing]).bytes);
    await assert.rejects(openLayout(directory), { code: 'LAYOUT_INVALID' });
    // Known only after the tag was given, it is not hidden either.
    await writeFile(join(directory, 'index.json'), formatIndex([posing]).bytes);
    const again = await openLayout(directory);
    await assert.rejects(again.resolve(good.descriptor.digest), { code: 'CONTENT_MISSING' });
  });
});

suite('pushes', () => {
  test('refuse what is not a manifest under its type', async (t) => {
    const { store } = await makeLayout(t);
    for (const text of ['{}', 'x', '{"schemaVersion":2,"config":{}}', '']) {
      const bytes = new TextEncoder().encode(text);
      const descriptor = describe(mediaTypes.manifest, bytes);
      await assert.rejects(store.push({ descriptor, bytes }), { code: 'MANIFEST_INVALID' }, text);
      assert.equal(await store.exists(descriptor), false);
    }
    const { manifest } = makeManifest('typed');
    const asIndex = describe(mediaTypes.dockerManifest, manifest.bytes);
    await assert.rejects(store.push({ descriptor: asIndex, bytes: manifest.bytes }), {
      code: 'MANIFEST_INVALID',
    });
  });

  test('refuse a tag of another grammar, and a tag for a manifest that is not here', async (t) => {
    const { store } = await makeLayout(t);
    const manifest = await pushManifest(store, 'known');
    await assert.rejects(store.tag(manifest, '../x'), { code: 'TAG_INVALID' });
    await assert.rejects(store.tag(makeManifest('unknown').manifest, 'v1'), { code: 'CONTENT_MISSING' });
  });

  test('of many manifests at once share writes of index.json and are all in it', async (t) => {
    const { directory, store } = await makeLayout(t);
    const names = Array.from({ length: 50 }, (_, number) => `tag-${number}`);
    await Promise.all(names.map(async (name) => store.tag(await pushManifest(store, name), name)));
    const tags = (await readEntries(directory)).map(({ annotations }) => annotations?.[REF_NAME]);
    assert.deepEqual(new Set(tags), new Set(names));
  });
});
