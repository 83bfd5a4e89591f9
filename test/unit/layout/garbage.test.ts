// Garbage collection of a layout: what is kept, what goes, and, on random graphs, that these two are all there is.
import assert from 'node:assert/strict';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { openBlobFiles } from '../../../src/layout/blobs.ts';
import { createFetch } from '../../../src/layout/catalog-store.ts';
import { collectGarbage, type Garbage } from '../../../src/layout/garbage.ts';
import { readIndexFile } from '../../../src/layout/index-file.ts';
import { loadCatalog } from '../../../src/layout/load-catalog.ts';
import { openLayout, type LayoutStore } from '../../../src/layout/layout.ts';
import { describe, type Descriptor } from '../../../src/oci/descriptor.ts';
import { digestHex, type Digest } from '../../../src/oci/digest.ts';
import type { Content } from '../../../src/oci/manifest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { makeBlob, makeManifest, pushManifest } from '../../helpers/content-store-contract.ts';
import { makeTempDir, withTempDir } from '../../helpers/temp.ts';

const HOUR_MS = 3_600_000;
const minAgeMs = 24 * HOUR_MS;

type Site = {
  readonly directory: string;
  readonly store: LayoutStore;
  /** Collects as if that many hours had passed. */
  collect(hours: number, dryRun?: boolean): Promise<Garbage>;
  names(): Promise<readonly string[]>;
};

async function openSite(directory: string): Promise<Site> {
  const store = await openLayout(directory, { create: true });
  return {
    directory,
    store,
    collect: (hours, dryRun = false) =>
      store.collectGarbage({ nowMs: Date.now() + hours * HOUR_MS, minAgeMs, dryRun }),
    names: async () => (await readdir(join(directory, 'blobs', 'sha256'))).sort(),
  };
}

async function makeSite(t: TestContext): Promise<Site> {
  return openSite(join(await makeTempDir(t), 'layout'));
}

function attached({ descriptor }: Content, suffix: string): string {
  return `sha256-${digestHex(descriptor.digest)}${suffix}`;
}

/** Waits until files get a later time of change, and gives that time. */
async function passTime(directory: string): Promise<number> {
  const path = join(directory, 'clock');
  await writeFile(path, '');
  const { ctimeMs: first } = await stat(path);
  for (;;) {
    await writeFile(path, 'x');
    const { ctimeMs } = await stat(path);
    if (ctimeMs > first) return ctimeMs - 0.001;
  }
}

type IndexMembers = {
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
};

function makeIndex(manifests: readonly Descriptor[], members: IndexMembers = {}): Content {
  const value = { schemaVersion: 2, mediaType: mediaTypes.index, manifests, ...members };
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return { descriptor: describe(mediaTypes.index, bytes), bytes };
}

async function pushIndex(store: LayoutStore, manifests: readonly Descriptor[]): Promise<Content> {
  const index = makeIndex(manifests);
  await store.push(index);
  return index;
}

suite('kept', () => {
  test('what a tag reaches: index, manifests in it, referrers of both, referrers of those, and all blobs', async (t) => {
    const { store, collect, names } = await makeSite(t);
    const child = await pushManifest(store, 'child');
    const index = await pushIndex(store, [child.descriptor]);
    await store.tag(index, 'v1');
    const signature = await pushManifest(store, 'signature', { subject: index.descriptor });
    await pushManifest(store, 'of the signature', { subject: signature.descriptor });
    await pushManifest(store, 'of the child', { subject: child.descriptor });
    const before = await names();
    assert.deepEqual(await collect(1000), { tags: [], manifests: [], blobs: [], bytes: 0 });
    assert.deepEqual(await names(), before);
  });

  test('the subject of a tagged referrer', async (t) => {
    const { store, collect } = await makeSite(t);
    const subject = await pushManifest(store, 'subject');
    const referrer = await pushManifest(store, 'referrer', { subject: subject.descriptor });
    await store.tag(referrer, 'sbom');
    assert.deepEqual((await collect(1000)).manifests, []);
  });

  test('what came lately, and what it needs, however old that is', async (t) => {
    const { store, directory, names } = await makeSite(t);
    const { manifest, layer } = makeManifest('x');
    await pushManifest(store, 'x');
    const again = await pushManifest(store, 'again', { subject: manifest.descriptor });
    const blobs = ['lonely', 'linked', 'mounted'].map(makeBlob);
    for (const blob of blobs) await store.push(blob);
    const other = await openLayout(join(directory, 'other'), { create: true });
    for (const blob of blobs) await other.push(blob);
    const sinceMs = await passTime(directory);
    // All that comes again: its tag, or what needs it, is yet to come.
    await store.push(again);
    const [lonely, linked, mounted] = blobs.map(({ descriptor }) => descriptor);
    assert.ok(lonely && linked && mounted);
    assert.ok(await store.linkBlob(join(directory, 'other'), linked.digest));
    assert.ok(await store.refreshBlob(mounted.digest));
    assert.equal(await store.refreshBlob(makeBlob('none').descriptor.digest), false);
    const garbage = await store.collectGarbage({ nowMs: sinceMs + minAgeMs, minAgeMs });
    assert.deepEqual(garbage.blobs, [lonely.digest]);
    assert.ok(store.find(manifest.descriptor.digest));
    assert.ok((await names()).includes(digestHex(layer.descriptor.digest)));
  });

  test('what older tools attach by name, as long as what it belongs to is there', async (t) => {
    const { store, collect } = await makeSite(t);
    const artifact = await pushManifest(store, 'artifact');
    await store.tag(artifact, 'v1');
    const signature = await pushManifest(store, 'signature');
    const list = await pushIndex(store, [(await pushManifest(store, 'listed')).descriptor]);
    await store.tag(signature, attached(artifact, '.sig'));
    await store.tag(await pushManifest(store, 'of the signature'), attached(signature, '.att'));
    await store.tag(list, attached(artifact, ''));
    assert.deepEqual((await collect(1000)).manifests, []);
    await store.deleteTag('v1');
    const garbage = await collect(1000);
    assert.equal(garbage.manifests.length, 5);
    assert.deepEqual(
      garbage.tags,
      [attached(artifact, ''), attached(artifact, '.sig'), attached(signature, '.att')].sort(),
    );
    assert.deepEqual(await store.tags(), []);
  });
});

suite('while it runs', () => {
  test('what comes again is kept, since who pushed it was told that it is here (race)', async (t) => {
    const { store, directory } = await makeSite(t);
    const { descriptor } = await pushManifest(store, 'x');
    const again = makeBlob('again');
    await store.push(again);
    const blobs = await openBlobFiles(directory);
    const catalog = await loadCatalog(await readIndexFile(directory), createFetch(blobs));
    const save = async (): Promise<void> => {
      await passTime(directory);
      assert.ok(await store.refreshBlob(again.descriptor.digest));
    };
    const nowMs = Date.now() + 25 * HOUR_MS;
    const garbage = await collectGarbage({ directory, blobs, catalog, save }, { nowMs, minAgeMs });
    assert.deepEqual(garbage.manifests, [descriptor.digest]);
    assert.equal(garbage.blobs.length, 3);
    assert.deepEqual(await readdir(join(directory, 'blobs', 'sha256')), [digestHex(again.descriptor.digest)]);
  });
});

suite('removed', () => {
  test('what lost its tag, with its referrers and blobs; what others share stays', async (t) => {
    const { store, collect, names, directory } = await makeSite(t);
    const old = await pushManifest(store, 'old');
    const signature = await pushManifest(store, 'signature of old', { subject: old.descriptor });
    const kept = await pushManifest(store, 'kept');
    await store.tag(kept, 'v2');
    const before = await names();
    const seen = await collect(25, true);
    assert.deepEqual(await names(), before);
    assert.ok(store.find(old.descriptor.digest));
    const garbage = await collect(25);
    assert.deepEqual(garbage, seen);
    assert.deepEqual(
      [...garbage.manifests].sort(),
      [old.descriptor.digest, signature.descriptor.digest].sort(),
    );
    // Two manifests and a layer each; the empty config is that of `kept`, too.
    assert.equal(garbage.blobs.length, 4);
    assert.equal((await names()).length, before.length - 4);
    const { descriptor } = await (await openLayout(directory)).resolve('v2');
    assert.equal(descriptor.digest, kept.descriptor.digest);
    assert.deepEqual((await collect(25)).blobs, []);
  });

  test('nothing but blobs: other files are left alone', async (t) => {
    const { store, collect, directory, names } = await makeSite(t);
    await store.push(makeBlob('x'));
    await writeFile(join(directory, 'blobs', 'sha256', 'notes.txt'), 'mine');
    assert.equal((await collect(25)).blobs.length, 1);
    assert.deepEqual(await names(), ['notes.txt']);
  });

  test('blobs that a collection which was killed had taken out of the index only', async (t) => {
    const { store, collect, names } = await makeSite(t);
    const { descriptor } = await pushManifest(store, 'x');
    await store.deleteManifest(descriptor.digest);
    assert.equal((await collect(25)).blobs.length, 3);
    assert.deepEqual(await names(), []);
  });
});

suite('a manifest that can not be read', () => {
  test('ends it before anything is removed, where it is needed', async (t) => {
    const { store, collect, directory, names } = await makeSite(t);
    const { descriptor } = await pushManifest(store, 'x');
    await store.tag(await store.resolve(descriptor.digest), 'v1');
    await store.push(makeBlob('garbage'));
    const path = join(directory, 'blobs', 'sha256', digestHex(descriptor.digest));
    await writeFile(path, 'damaged');
    const before = await names();
    await assert.rejects(collect(25), { code: 'LAYOUT_INVALID' });
    assert.deepEqual(await names(), before);
    // One that is not there needs nothing.
    await rm(path);
    assert.ok((await collect(25)).blobs.length > 0);
  });

  test('is removed where it is not', async (t) => {
    const { store, collect, directory } = await makeSite(t);
    const { descriptor } = await pushManifest(store, 'x');
    await writeFile(join(directory, 'blobs', 'sha256', digestHex(descriptor.digest)), 'damaged');
    assert.deepEqual((await collect(25)).manifests, [descriptor.digest]);
  });
});

/** One manifest of a random graph; numbers are positions of earlier nodes. */
type Node = {
  readonly kind: 'manifest' | 'index';
  readonly children: readonly number[];
  readonly subject: number | undefined;
  readonly tag: 'none' | 'plain' | 'attached';
  readonly attachedTo: number;
  readonly layer: number;
};

const earlier = fc.nat({ max: 11 });
const node: fc.Arbitrary<Node> = fc.record({
  kind: fc.constantFrom('manifest', 'index'),
  children: fc.array(earlier, { maxLength: 3 }),
  subject: fc.option(earlier, { nil: undefined }),
  tag: fc.constantFrom('none', 'none', 'plain', 'attached'),
  attachedTo: earlier,
  layer: fc.nat({ max: 4 }),
});

type Built = { readonly node: Node; readonly content: Content; readonly layer: Content | undefined };

function make(one: Node, position: number, descriptorOf: (index: number) => Descriptor | undefined): Built {
  const subject = one.subject === undefined ? undefined : descriptorOf(one.subject);
  const members = {
    annotations: { position: String(position) },
    ...(subject === undefined ? {} : { subject }),
  };
  if (one.kind === 'manifest') {
    const { manifest, layer } = makeManifest(`layer ${one.layer}`, members);
    return { node: one, content: manifest, layer };
  }
  const children = one.children.flatMap((child) => descriptorOf(child) ?? []);
  return { node: one, content: makeIndex(children, members), layer: undefined };
}

async function build(store: LayoutStore, nodes: readonly Node[]): Promise<readonly Built[]> {
  const built: Built[] = [];
  for (const [position, one] of nodes.entries()) {
    const at = (index: number): Built | undefined => built[index % Math.max(1, position)];
    const made = make(one, position, (index) => at(index)?.content.descriptor);
    if (made.layer !== undefined) await store.push(made.layer);
    await store.push(made.content);
    const owner = at(one.attachedTo);
    if (one.tag === 'plain') await store.tag(made.content, `tag-${position}`);
    if (one.tag === 'attached' && owner !== undefined)
      await store.tag(made.content, attached(owner.content, '.sig'));
    built.push(made);
  }
  return built;
}

/** What one kept manifest keeps, and who keeps it: pairs of a keeper and what it keeps. */
function keepers(
  built: readonly Built[],
  tags: ReadonlyMap<string, Digest>,
): readonly (readonly [string, Digest])[] {
  const pairs: (readonly [string, Digest])[] = [];
  for (const [position, { node: one, content }] of built.entries()) {
    if (position === 0) continue;
    const { digest } = content.descriptor;
    const at = (index: number): Digest => built[index % position]?.content.descriptor.digest ?? digest;
    if (one.subject !== undefined) pairs.push([at(one.subject), digest], [digest, at(one.subject)]);
    if (one.kind === 'index') for (const child of one.children) pairs.push([digest, at(child)]);
  }
  for (const [tag, digest] of tags) {
    const hex = /^sha256-([a-f0-9]{64})\.sig$/u.exec(tag)?.[1];
    if (hex !== undefined) pairs.push([`sha256:${hex}`, digest]);
  }
  return pairs;
}

/** By the rules as they are told to people, one after the other until nothing changes. */
function expectedManifests(built: readonly Built[], tags: ReadonlyMap<string, Digest>): ReadonlySet<string> {
  const kept = new Set<string>(
    [...tags].filter(([tag]) => tag.startsWith('tag-')).map(([, digest]) => digest),
  );
  const pairs = keepers(built, tags);
  for (let size = -1; size !== kept.size;) {
    size = kept.size;
    for (const [keeper, digest] of pairs) if (kept.has(keeper)) kept.add(digest);
  }
  return kept;
}

test('of any graph exactly what nothing reaches is removed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(node, { minLength: 1, maxLength: 10 }), async (nodes) => {
      await withTempDir(async (directory) => {
        const { store, collect, names } = await openSite(directory);
        const built = await build(store, nodes);
        const tags = new Map<string, Digest>();
        for (const tag of await store.tags()) {
          const found = store.find(tag);
          if (found !== undefined) tags.set(tag, found.digest);
        }
        const kept = expectedManifests(built, tags);
        await collect(25);
        const left = await openLayout(directory);
        for (const { content } of built) {
          const { digest } = content.descriptor;
          assert.equal(left.find(digest) !== undefined, kept.has(digest), digest);
        }
        const needed = new Set<string>();
        for (const { content, layer } of built) {
          if (!kept.has(content.descriptor.digest)) continue;
          needed.add(digestHex(content.descriptor.digest));
          if (layer === undefined) continue;
          needed.add(digestHex(layer.descriptor.digest));
        }
        assert.deepEqual(await names(), [...needed].sort());
      });
    }),
    { numRuns: 40, seed: 5 },
  );
});
