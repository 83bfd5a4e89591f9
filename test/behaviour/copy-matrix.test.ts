// Copies from every kind of store to every kind, with real registries: what arrives is the same, byte for byte.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import { copyGraph, type CopyReport } from '../../src/copy/copy.ts';
import { openLayout } from '../../src/layout/layout.ts';
import { editLayoutTar, openLayoutTar } from '../../src/layout/tar-store.ts';
import type { ContentSource, ContentStore } from '../../src/oci/content-store.ts';
import { createMemoryStore } from '../../src/oci/memory-store.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { assertHasGraph, seedGraph, type SeededGraph } from '../helpers/copy-graph.ts';
import { openClosableStore } from '../helpers/registry-store.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

/** A store to write to, and the same one to read from once that is done. */
type Place = {
  readonly store: ContentStore;
  /** Makes what was written final. */
  finish(): Promise<ContentSource>;
};

/** Seven manifests, their six layers and one config. */
const CONTENTS = 14;

function amountOf({ copied, mounted, skipped }: CopyReport): number {
  return copied.count + mounted.count + skipped.count;
}

type MakePlace = () => Promise<Place>;

let directory = '';
let count = 0;
const closers: (() => unknown)[] = [];

function nextPath(): string {
  count += 1;
  return join(directory, String(count));
}

const hosts = new Map<string, string>();

function repositoryIn(name: string): MakePlace {
  return async () => {
    count += 1;
    const { store, close } = openClosableStore(`${hosts.get(name) ?? ''}/copies/${count}`);
    closers.push(close);
    return { store, finish: async () => store };
  };
}

const kinds: Readonly<Record<string, MakePlace>> = {
  memory: async () => {
    const store = createMemoryStore();
    return { store, finish: async () => store };
  },
  layout: async () => {
    const path = nextPath();
    return { store: await openLayout(path, { create: true }), finish: () => openLayout(path) };
  },
  tar: async () => {
    const path = nextPath();
    const store = await editLayoutTar(path);
    return {
      store,
      finish: async () => {
        await store.close();
        const source = await openLayoutTar(path);
        closers.push(() => source.close());
        return source;
      },
    };
  },
  'our registry': repositoryIn('ours'),
  'docker-registry': repositoryIn('docker'),
  'a registry with the referrers API': repositoryIn('referrers'),
};

suite('copies between stores', { concurrency: true }, () => {
  const seeded = new Map<string, { readonly source: ContentSource; readonly graph: SeededGraph }>();

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sealift-test-'));
    const [ours, docker, referrers] = await Promise.all([
      startRegistry({ directory: nextPath() }),
      startDockerRegistry(directory),
      startReferrersRegistry(directory),
    ]);
    closers.push(
      () => ours.close(),
      () => docker.stop(),
      () => referrers.stop(),
    );
    for (const [name, { host }] of Object.entries({ ours, docker, referrers })) hosts.set(name, host);
    await Promise.all(
      Object.entries(kinds).map(async ([kind, make]) => {
        const { store, finish } = await make();
        const graph = await seedGraph(store);
        seeded.set(kind, { source: await finish(), graph });
      }),
    );
  });
  after(async () => {
    for (const close of closers.toReversed()) await close();
    await rm(directory, { recursive: true, force: true });
  });

  const copied = async (t: TestContext, from: string, to: string): Promise<void> => {
    const { source, graph } = seeded.get(from) ?? assert.fail(from);
    const { store, finish } = await (kinds[to] ?? assert.fail(to))();
    const roots = [{ name: 'v1', tags: ['v1'] }];
    const first = await copyGraph({ source, target: store, roots, signal: t.signal });
    // Go's registry has one store of blobs for all of its repositories, so those may be there.
    assert.ok(first.copied.count >= graph.manifests.length);
    assert.equal(amountOf(first), CONTENTS);
    const second = await copyGraph({ source, target: store, roots, signal: t.signal });
    assert.equal(second.skipped.count, CONTENTS);
    assert.equal(amountOf(second), CONTENTS);
    await assertHasGraph(source, await finish(), graph);
  };

  for (const from of Object.keys(kinds)) {
    test(`from ${from}`, async (t) => {
      await Promise.all(
        Object.keys(kinds).map((to) => t.test(`to ${to}`, async (inner) => copied(inner, from, to))),
      );
    });
  }
});
