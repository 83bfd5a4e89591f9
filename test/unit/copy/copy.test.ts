import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { copyGraph, type CopyReport } from '../../../src/copy/copy.ts';
import type { CopyEvent } from '../../../src/copy/tally.ts';
import { ContentError, InvalidReferenceError } from '../../../src/errors.ts';
import { createMemoryStore } from '../../../src/oci/memory-store.ts';
import type { ContentStore } from '../../../src/oci/content-store.ts';
import { emptyContent, emptyDescriptor } from '../../../src/oci/descriptor.ts';
import { formatManifest } from '../../../src/oci/manifest.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeBlob, pushManifest } from '../../helpers/content-store-contract.ts';
import { assertHasGraph, legacyTag, pushLegacy, readAll, seedGraph } from '../../helpers/copy-graph.ts';
import { watchStore, type StoreCall } from '../../helpers/failing-store.ts';

const v1 = [{ name: 'v1', tags: ['v1'] }];

type Watched = { readonly store: ContentStore; readonly calls: StoreCall[] };

function watched(store: ContentStore): Watched {
  const calls: StoreCall[] = [];
  return { calls, store: watchStore(store, (call) => void calls.push(call)) };
}

/** The same store, which none can take anything over from. */
function strange(store: ContentStore): ContentStore {
  return watchStore(store, () => undefined);
}

const writes: ReadonlySet<string> = new Set(['push', 'tag', 'deleteTag', 'deleteManifest']);

function total({ copied, mounted, skipped }: CopyReport): number {
  return copied.count + mounted.count + skipped.count;
}

suite('copies', () => {
  test('an index with all that belongs to it', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const graph = await seedGraph(source);
    const report = await copyGraph({ source: strange(source), target, roots: v1 });
    await assertHasGraph(source, target, graph);
    assert.deepEqual(await target.tags(), ['v1', legacyTag(graph.app.descriptor)].sort());
    assert.equal(report.referrers, 3);
    assert.deepEqual(report.attachedTags, [legacyTag(graph.app.descriptor)]);
    assert.equal(report.roots[0]?.descriptor.digest, graph.index.descriptor.digest);
    // Seven manifests, their layers and the one config of all.
    assert.equal(report.copied.count, 7 + 6 + 1);
    assert.equal(total(report), report.copied.count);
  });

  test('a digest, and gives it no tag', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const { app } = await seedGraph(source);
    await copyGraph({ source, target, roots: [{ name: app.descriptor.digest, tags: [] }] });
    assert.deepEqual(await target.tags(), [legacyTag(app.descriptor)]);
    assert.ok(await target.exists(app.descriptor));
  });

  test('several roots, and what they share once', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const { app } = await seedGraph(source);
    const { store, calls } = watched(target);
    const roots = [...v1, { name: 'app', tags: ['app', 'latest'] }];
    await copyGraph({ source, target: store, roots });
    assert.equal((await target.resolve('latest')).descriptor.digest, app.descriptor.digest);
    const pushes = calls.filter(({ method }) => method === 'push').map(({ subject }) => subject);
    assert.equal(new Set(pushes).size, pushes.length);
  });

  test('without referrers only where that is asked for', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const { index, app } = await seedGraph(source);
    const report = await copyGraph({ source, target, roots: v1, withReferrers: false });
    assert.deepEqual(await target.tags(), ['v1']);
    assert.ok(await target.exists(app.descriptor));
    assert.deepEqual(await target.referrers(index.descriptor), []);
    assert.equal(report.referrers, 0);
  });

  test('an index as a referrer that lists its own subject', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const app = await pushManifest(source, 'subject');
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      artifactType: 'application/vnd.example.list',
      manifests: [app.descriptor],
      subject: app.descriptor,
    });
    const bytes = new TextEncoder().encode(text);
    const list = { ...makeBlob(text).descriptor, mediaType: 'application/vnd.oci.image.index.v1+json' };
    await source.push({ descriptor: list, bytes });
    await source.tag(app, 'v1');
    await copyGraph({ source, target, roots: v1 });
    assert.deepEqual(
      (await target.referrers(app.descriptor)).map(({ digest }) => digest),
      [list.digest],
    );
  });

  test('parts before what is made of them, and tags last', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const { index, app, signature, countersignature } = await seedGraph(source);
    const { store, calls } = watched(target);
    await copyGraph({ source, target: store, roots: v1 });
    const written = calls.filter(({ method }) => writes.has(method)).map(({ subject }) => subject);
    const order = [app, index, signature, countersignature].map(({ descriptor }) =>
      written.indexOf(descriptor.digest),
    );
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    assert.deepEqual(written.slice(-2), [legacyTag(app.descriptor), 'v1']);
    const lastTag = calls.findLastIndex(({ method }) => method === 'tag');
    const lastLook = calls.findLastIndex(({ method }) => method === 'referrers');
    assert.ok(lastLook < lastTag, 'what refers to it is looked at before the tag');
  });

  test('nothing a second time, and asks for each part', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    await seedGraph(source);
    const first = await copyGraph({ source: strange(source), target, roots: v1 });
    const { store, calls } = watched(target);
    const second = await copyGraph({ source, target: store, roots: v1 });
    assert.deepEqual(second.skipped, first.copied);
    assert.deepEqual(second.copied, { count: 0, bytes: 0 });
    assert.deepEqual(
      calls.filter(({ method }) => writes.has(method) || method === 'pushBlob'),
      [],
    );
  });

  test('a part that the target lacks although it has the manifest', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const { index, app, other } = await seedGraph(source);
    for (const content of [app, other, index]) await target.push(content);
    const report = await copyGraph({ source, target, roots: v1 });
    assert.equal((await readAll(target, [index.descriptor.digest])).size > 0, true);
    assert.equal(report.mounted.count, 7, 'each layer, and the one config');
  });

  test('a referrer that is in the target and not listed there', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const graph = await seedGraph(source);
    await copyGraph({ source, target, roots: v1 });
    let isListed = false;
    const forgetful: ContentStore = {
      ...target,
      referrers: async (subject) =>
        isListed || subject.digest !== graph.index.descriptor.digest ? target.referrers(subject) : [],
      push: async (content) => {
        if (content.descriptor.digest === graph.signature.descriptor.digest) isListed = true;
        await target.push(content);
      },
    };
    const report = await copyGraph({ source, target: forgetful, roots: v1 });
    assert.equal(isListed, true);
    assert.equal(report.copied.count, 0);
  });

  test('a manifest without its layer that may not be distributed, where the source lacks it', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const absent = {
      ...makeBlob('absent').descriptor,
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    };
    const manifest = formatManifest({ config: emptyDescriptor, layers: [absent] });
    await source.push({ descriptor: emptyDescriptor, bytes: emptyContent });
    await source.push(manifest);
    await source.tag(manifest, 'v1');
    const report = await copyGraph({ source, target, roots: v1 });
    assert.deepEqual(report.absent, { count: 1, bytes: absent.size });
    assert.ok(await target.exists(manifest.descriptor));
  });

  test('a layer with a manifest’s media type as the blob that it is', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const inner = await pushManifest(createMemoryStore(), 'inner');
    const blob = { ...inner, descriptor: { ...inner.descriptor, mediaType: 'application/octet-stream' } };
    await source.push(blob);
    const manifest = formatManifest({ config: emptyDescriptor, layers: [inner.descriptor] });
    await source.push({ descriptor: emptyDescriptor, bytes: emptyContent });
    await source.push(manifest);
    await source.tag(manifest, 'v1');
    await copyGraph({ source, target, roots: v1 });
    assert.ok(await target.exists(blob.descriptor));
  });

  test('and tells how far it is', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    await seedGraph(source);
    const events: CopyEvent[] = [];
    const onProgress = (event: CopyEvent): void => void events.push(event);
    const report = await copyGraph({ source: strange(source), target, roots: v1, onProgress });
    const found = events.filter(({ kind }) => kind === 'found');
    const done = events.filter(({ kind }) => kind === 'copied');
    assert.equal(found.length, report.copied.count);
    assert.equal(done.length, report.copied.count);
    assert.equal(
      found.reduce((sum, { bytes }) => sum + bytes, 0),
      report.copied.bytes,
    );
    assert.ok(events.some(({ kind, bytes, descriptor }) => kind === 'bytes' && bytes === descriptor.size));
  });
});

suite('legacy tags', () => {
  const withOwn = async (
    own: readonly string[],
    theirs: readonly string[],
  ): Promise<{ source: ContentStore; target: ContentStore; tag: string }> => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const app = await pushManifest(source, 'app');
    await source.tag(app, 'v1');
    await pushLegacy(source, app.descriptor, theirs);
    if (own.length > 0) await pushLegacy(target, app.descriptor, own);
    return { source, target, tag: legacyTag(app.descriptor) };
  };

  test('stay where they hold all that the source has, and more', async () => {
    const { source, target, tag } = await withOwn(['b', 'own', 'a'], ['a', 'b']);
    const before = await target.resolve(tag);
    await copyGraph({ source, target, roots: v1 });
    assert.equal((await target.resolve(tag)).descriptor.digest, before.descriptor.digest);
  });

  test('move on where the source holds all that they have, and more', async () => {
    const { source, target, tag } = await withOwn(['a'], ['a', 'b']);
    await copyGraph({ source, target, roots: v1 });
    assert.equal(
      (await target.resolve(tag)).descriptor.digest,
      (await source.resolve(tag)).descriptor.digest,
    );
  });

  test('are never replaced where both sides have their own, and no other tag moves then', async () => {
    const { source, target, tag } = await withOwn(['own'], ['a']);
    const before = await target.resolve(tag);
    const error = await assertRejectsWithCode(
      copyGraph({ source, target, roots: v1 }),
      ContentError,
      'REFERRERS_INCOMPLETE',
    );
    assert.equal(error.details['side'], 'target');
    assert.equal((await target.resolve(tag)).descriptor.digest, before.descriptor.digest);
    assert.deepEqual(await target.tags(), [tag]);
  });

  test('are treated so, too, where they are asked for by name', async () => {
    const { source, target, tag } = await withOwn(['own'], ['a']);
    const roots = [{ name: tag, tags: [tag] }];
    await assertRejectsWithCode(
      copyGraph({ source, target, roots, withReferrers: false }),
      ContentError,
      'REFERRERS_INCOMPLETE',
    );
  });

  test('are found one by one where the source lists no tags', async () => {
    const { source, target, tag } = await withOwn([], ['a']);
    const secretive: ContentStore = {
      ...source,
      tags: () => Promise.reject(new ContentError('SIZE_LIMIT', 'too many tags')),
    };
    await copyGraph({ source: secretive, target, roots: v1 });
    assert.deepEqual(await target.tags(), [tag, 'v1']);
  });

  test('of attestations and bills of materials come along', async () => {
    const { source, target } = await withOwn([], ['a']);
    const app = await source.resolve('v1');
    for (const suffix of ['att', 'sbom']) await pushLegacy(source, app.descriptor, [suffix], suffix);
    const { attachedTags } = await copyGraph({ source, target, roots: v1 });
    assert.deepEqual(
      attachedTags,
      ['att', 'sbom', 'sig'].map((suffix) => legacyTag(app.descriptor, suffix)),
    );
  });

  test('are none of the referrers tags, which no copy writes as such', async () => {
    const { source, target, tag } = await withOwn([], ['a']);
    const roots = [{ name: 'v1', tags: [tag.replace('.sig', '')] }];
    await assertRejectsWithCode(copyGraph({ source, target, roots }), InvalidReferenceError, 'TAG_INVALID');
    assert.deepEqual(await target.tags(), []);
  });
});
