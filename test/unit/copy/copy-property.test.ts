// Any graph of manifests, indexes, referrers and tags is the same in the target, and a second copy sends nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { copyGraph } from '../../../src/copy/copy.ts';
import type { ContentStore } from '../../../src/oci/content-store.ts';
import { describe, emptyContent, emptyDescriptor } from '../../../src/oci/descriptor.ts';
import { createMemoryStore, type MemoryStore } from '../../../src/oci/memory-store.ts';
import { formatManifest, type Content } from '../../../src/oci/manifest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { makeBlob } from '../../helpers/content-store-contract.ts';
import { legacyTag, readAll } from '../../helpers/copy-graph.ts';
import { watchStore } from '../../helpers/failing-store.ts';

/** One node; numbers point to nodes before it, modulo how many there are. */
type Node = {
  readonly kind: 'manifest' | 'index';
  readonly blobs: readonly number[];
  readonly children: readonly number[];
  readonly subject: number | undefined;
  /** The node whose legacy signature it is. */
  readonly signs: number | undefined;
};

const pointer = fc.nat(1000);
const node: fc.Arbitrary<Node> = fc.record({
  kind: fc.constantFrom('manifest', 'index'),
  blobs: fc.array(fc.nat(6), { maxLength: 3 }),
  children: fc.array(pointer, { maxLength: 3 }),
  subject: fc.option(pointer, { nil: undefined, freq: 2 }),
  signs: fc.option(pointer, { nil: undefined, freq: 8 }),
});

async function build(store: ContentStore, nodes: readonly Node[]): Promise<readonly Content[]> {
  const built: Content[] = [];
  await store.push({ descriptor: emptyDescriptor, bytes: emptyContent });
  for (const [position, { kind, blobs, children, subject, signs }] of nodes.entries()) {
    const before = (number: number): Content | undefined => built[number % Math.max(1, position)];
    const layers = blobs.map((number) => makeBlob(`blob ${number}`));
    for (const layer of layers) await store.push(layer);
    const members = {
      subject: subject === undefined ? undefined : before(subject)?.descriptor,
      annotations: { number: String(position) },
    };
    const content =
      kind === 'manifest'
        ? formatManifest({
            config: emptyDescriptor,
            layers: layers.map(({ descriptor }) => descriptor),
            ...members,
          })
        : formatIndexWith({
            ...members,
            manifests: children.flatMap((number) => before(number)?.descriptor ?? []),
          });
    await store.push(content);
    const signed = signs === undefined ? undefined : before(signs);
    if (signed !== undefined && kind === 'manifest') await store.tag(content, legacyTag(signed.descriptor));
    built.push(content);
  }
  return built;
}

function formatIndexWith(members: object): Content {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, ...members }));
  return { descriptor: describe(mediaTypes.index, bytes), bytes };
}

/** All that is reached from the roots, legacy tags included, and the tags. */
async function reach(store: MemoryStore, roots: readonly string[]): Promise<unknown> {
  const tags = store.shown();
  let found = new Map<string, string>();
  for (let more = [...roots]; more.length > 0;) {
    const all = await readAll(store, [
      ...found.keys().filter((digest) => isManifest(store, digest)),
      ...more,
    ]);
    more = [...all.keys()]
      .flatMap((digest) => tags.get(`${digest.replace(':', '-')}.sig`) ?? [])
      .filter((digest) => !all.has(digest));
    found = all;
  }
  const attached = new Set([...found.keys()].map((digest) => `${digest.replace(':', '-')}.sig`));
  return { content: found, tags: new Map([...tags].filter(([tag]) => attached.has(tag))) };
}

function isManifest(store: MemoryStore, digest: string): boolean {
  return Buffer.from(store.bytesOf(digest) ?? []).includes('schemaVersion');
}

test('any graph arrives whole, and nothing is sent twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(node, { minLength: 1, maxLength: 12 }),
      fc.array(pointer, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (nodes, pointers, isStrange) => {
        const [source, target] = [createMemoryStore(), createMemoryStore()];
        const built = await build(source, nodes);
        const names = pointers.map((number) => built[number % built.length]?.descriptor.digest ?? '');
        const roots = names.map((name, position) => ({ name, tags: [`root-${position}`] }));
        const from = isStrange ? watchStore(source, () => undefined) : source;
        const first = await copyGraph({ source: from, target, roots });
        assert.deepEqual(await reach(target, names), await reach(source, names));
        for (const [position, name] of names.entries())
          assert.equal(target.shown().get(`root-${position}`), name);
        const still = watchStore(target, ({ method }) => {
          assert.ok(!['push', 'pushBlob', 'takeOver', 'tag'].includes(method), method);
        });
        const second = await copyGraph({ source: from, target: still, roots });
        assert.equal(second.skipped.count, first.copied.count + first.mounted.count);
        assert.equal(second.referrers, first.referrers);
      },
    ),
    { numRuns: 300, seed: 7 },
  );
});
