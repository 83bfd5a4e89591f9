// Which requests a copy of all tags makes between registries where little has changed: two for what shows the same on both
// sides; and that it misses nothing that came to such an artifact since, or that its target has lost.
import assert from 'node:assert/strict';
import { after, suite, test, type TestContext } from 'node:test';
import { copyGraph, type CopyReport } from '../../src/copy/copy.ts';
import { ContentError } from '../../src/errors.ts';
import { parseAttachedTag, referrersTagOf } from '../../src/oci/attached-tags.ts';
import { createMemoryStore } from '../../src/oci/memory-store.ts';
import { formatIndex, type Content } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { pushManifest } from '../helpers/content-store-contract.ts';
import { legacyTag, pushLegacy, readAll } from '../helpers/copy-graph.ts';
import { startProxy, type Meddler, type Proxy } from '../helpers/registry-proxy.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { openField } from '../helpers/field.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

/** More than those whose tags are asked for by name before a list is believed. */
const COUNT = 20;
/** Lists, what is asked for by name, and what it takes to learn that there is no referrers API. */
const ONCE = 60;

const field = await openField();
const registry = await startReferrersRegistry(field.cwd);
after(async () => {
  await registry.stop();
  await field.close();
});

/** The registry as it is, or without the referrers API as docker-registry answers. */
const withoutApi: Meddler = {
  before: ({ path }) =>
    path.includes('/referrers/')
      ? { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' }
      : undefined,
};

type End = {
  readonly store: RegistryStore;
  /** The URL of its repository. */
  readonly base: string;
  readonly proxy: Proxy;
  readonly meddler: Mutable;
};
type Mutable = { -readonly [Name in keyof Meddler]: Meddler[Name] };

let repositories = 0;

async function startEnd(t: TestContext, given: Meddler): Promise<End> {
  repositories += 1;
  const meddler: Mutable = { ...given };
  const proxy = await startProxy(registry.host, {
    before: (request) => meddler.before?.(request),
    after: (request, answer) => meddler.after?.(request, answer),
  });
  t.after(() => proxy.close());
  const store = openStore(t, `${proxy.host}/app${repositories}`);
  return { store, base: `http://${proxy.host}/v2/app${repositories}/`, proxy, meddler };
}

type Ends = { readonly source: End; readonly target: End; readonly apps: readonly Content[] };

/** Two registries with the same artifacts; the first one of them is signed. */
async function startEnds(t: TestContext, meddler: Meddler): Promise<Ends> {
  const [source, target] = [await startEnd(t, meddler), await startEnd(t, meddler)];
  const apps: Content[] = [];
  for (let number = 0; number < COUNT; number += 1) {
    const app = await pushManifest(source.store, `app ${number}`);
    await source.store.tag(app, `v${number}`);
    apps.push(app);
  }
  await sign(source.store, apps[0], 'first');
  await copyAll({ source, target });
  return { source, target, apps };
}

async function copyAll({ source, target }: Pick<Ends, 'source' | 'target'>): Promise<CopyReport> {
  const tags = (await source.store.tags()).filter((tag) => parseAttachedTag(tag) === undefined);
  const roots = tags.map((tag) => ({ name: tag, tags: [tag] }));
  return copyGraph({ source: source.store, target: target.store, roots, isOfAllTags: true });
}

function at(apps: readonly Content[], number: number): Content {
  return apps[number] ?? assert.fail(`no artifact ${number}`);
}

async function sign(store: RegistryStore, app: Content | undefined, text: string): Promise<Content> {
  return pushManifest(store, text, { subject: (app ?? assert.fail()).descriptor });
}

async function assertSame({ source, target, apps }: Ends): Promise<void> {
  const roots = apps.map(({ descriptor }) => descriptor.digest);
  assert.deepEqual(await readAll(target.store, roots), await readAll(source.store, roots));
}

/** The requests of some work. */
async function seenBy({ proxy }: End, work: () => Promise<unknown>): Promise<readonly string[]> {
  const before = proxy.seen.length;
  await work();
  return proxy.seen.slice(before);
}

const kinds: Readonly<Record<string, Meddler>> = {
  'with the referrers API': {},
  'without the referrers API': withoutApi,
};

for (const [kind, meddler] of Object.entries(kinds)) {
  suite(`a copy of all tags between registries ${kind}`, () => {
    test('asks each side once for what has not changed, and writes nothing', async (t) => {
      const ends = await startEnds(t, meddler);
      let ofSource: readonly string[] = [];
      const ofTarget = await seenBy(ends.target, async () => {
        ofSource = await seenBy(ends.source, () => copyAll(ends));
      });
      assert.deepEqual(
        [...ofSource, ...ofTarget].filter((line) => !/^(?:HEAD|GET) /u.test(line)),
        [],
      );
      // With the API each artifact is asked for its referrers, too: a signature may have come.
      const each = kind.startsWith('with ') ? 2 : 1;
      assert.ok(ofSource.length <= COUNT * each + ONCE, `${ofSource.length} requests to the source`);
      assert.ok(ofTarget.length <= COUNT + 10, `${ofTarget.length} requests to the target`);
      assert.deepEqual(
        ofTarget.filter((line) => line.includes('/blobs/')),
        [],
      );
    });

    test('brings what came to an artifact since: referrers, theirs, and legacy tags', async (t) => {
      const ends = await startEnds(t, meddler);
      const { source, target, apps } = ends;
      const second = await sign(source.store, apps[0], 'second');
      await sign(source.store, second, 'of the second');
      await sign(source.store, apps[13], 'later');
      const suffixes = ['sig', 'att', 'sbom'];
      for (const [index, suffix] of suffixes.entries())
        await pushLegacy(source.store, at(apps, 15 + index).descriptor, [suffix], suffix);
      const report = await copyAll(ends);
      await assertSame(ends);
      assert.equal(report.referrers, 4);
      for (const [index, suffix] of suffixes.entries()) {
        const tag = legacyTag(at(apps, 15 + index).descriptor, suffix);
        assert.ok(report.attachedTags.includes(tag));
        assert.deepEqual(await target.store.resolve(tag), await source.store.resolve(tag));
      }
      // Unchanged from now on, they are still told of.
      const again = await copyAll(ends);
      assert.deepEqual(again.attachedTags, report.attachedTags);
      assert.equal(again.referrers, report.referrers);
      assert.deepEqual(again.copied, { count: 0, bytes: 0 });
    });

    test('brings what the target has lost: a signature, a legacy signature, a tag', async (t) => {
      const ends = await startEnds(t, meddler);
      const { source, target, apps } = ends;
      const [signature] = await target.store.referrers(at(apps, 0).descriptor);
      await pushLegacy(source.store, at(apps, 5).descriptor, ['one']);
      const unlisted = await sign(source.store, apps[2], 'lost, and still listed by its tag');
      await copyAll(ends);
      await target.store.deleteManifest(signature?.digest ?? assert.fail());
      await target.store.deleteTag(legacyTag(at(apps, 5).descriptor));
      await target.store.deleteTag('v7');
      // As an administrator does, who does not know of the list.
      const url = `${target.base}manifests/${unlisted.descriptor.digest}`;
      assert.equal((await fetch(url, { method: 'DELETE' })).status, 202);
      await copyAll(ends);
      await assertSame(ends);
      assert.ok((await target.store.tags()).includes('v7'));
      assert.ok((await target.store.tags()).includes(legacyTag(at(apps, 5).descriptor)));
    });

    test('brings a child’s signature, and what has changed', async (t) => {
      const ends = await startEnds(t, meddler);
      const { source, target, apps } = ends;
      const index = formatIndex([at(apps, 1).descriptor, at(apps, 2).descriptor]);
      await source.store.push(index);
      for (const tag of ['v3', 'index']) await source.store.tag(index, tag);
      await copyAll(ends);
      assert.deepEqual(await target.store.resolve('v3'), await source.store.resolve('v3'));
      for (const number of [1, 2]) {
        for (const tag of [`v${number}`]) await source.store.deleteTag(tag);
        await sign(source.store, apps[number], `child ${number}`);
      }
      await copyAll(ends);
      await assertSame({ ...ends, apps: [...apps, index] });
    });
  });
}

suite('a copy of all tags', () => {
  test('writes a referrers tag once for all referrers of a subject, and keeps what others put there', async (t) => {
    const ends = await startEnds(t, withoutApi);
    const { source, target, apps } = ends;
    const own = await sign(target.store, apps[9], 'their own');
    for (const text of ['a', 'b', 'c']) await sign(source.store, apps[9], text);
    const seen = await seenBy(target, () => copyAll(ends));
    const tag = referrersTagOf(at(apps, 9).descriptor.digest);
    assert.equal(
      seen.filter((line) => line.startsWith('PUT ') && line.endsWith(`/manifests/${tag}`)).length,
      1,
    );
    const listed = await target.store.referrers(at(apps, 9).descriptor);
    assert.equal(listed.length, 4);
    assert.ok(listed.some(({ digest }) => digest === own.descriptor.digest));
    assert.ok(listed.every(({ artifactType }) => artifactType === 'application/vnd.example.config'));
  });

  test('fails where the target drops what it is to list, and moves no tag', async (t) => {
    const ends = await startEnds(t, withoutApi);
    const { source, target, apps } = ends;
    await sign(source.store, apps[9], 'dropped');
    await source.store.tag(at(apps, 10), 'v11');
    const tag = referrersTagOf(at(apps, 9).descriptor.digest);
    target.meddler.before = (request) =>
      request.method === 'PUT' && request.path.endsWith(tag) ? { status: 201 } : withoutApi.before?.(request);
    const error = await assertRejectsWithCode(
      copyGraph({
        source: source.store,
        // Without what lists in one write: a push tries for many seconds.
        target: { ...target.store, settleMs: 1, push: async () => undefined },
        roots: [
          { name: 'v9', tags: ['v9'] },
          { name: 'v11', tags: ['v11'] },
        ],
        isOfAllTags: true,
      }),
      ContentError,
      'REFERRERS_INCOMPLETE',
    );
    assert.equal(error.details['side'], 'target');
    assert.equal((await target.store.resolve('v11')).descriptor.digest, at(apps, 11).descriptor.digest);
  });

  test('finds signatures that the list of tags leaves out', async (t) => {
    const ends = await startEnds(t, withoutApi);
    const { source, target, apps } = ends;
    await Promise.all(
      apps.map(async (app, number) => {
        await pushLegacy(source.store, app.descriptor, [`legacy ${number}`]);
        await sign(source.store, app, `referrer ${number}`);
      }),
    );
    source.meddler.after = ({ path }, answer) => {
      if (!path.includes('/tags/list')) return undefined;
      const body = Buffer.from(answer.body).toString('utf8');
      const { name, tags } = JSON.parse(body) as { name: string; tags: string[] };
      return { ...answer, body: JSON.stringify({ name, tags: tags.filter((tag) => tag.startsWith('v')) }) };
    };
    const { attachedTags } = await copyAll(ends);
    assert.equal(attachedTags.length, COUNT);
    delete source.meddler.after;
    await assertSame(ends);
    const tags = await target.store.tags();
    for (const app of apps) assert.ok(tags.includes(legacyTag(app.descriptor)));
  });

  test('finds signatures of what a tag shows only since the copy began', async (t) => {
    const ends = await startEnds(t, withoutApi);
    const { source, target } = ends;
    const { store } = source;
    let isMoved = false;
    source.meddler.before = async (request) => {
      if (!isMoved && request.path.endsWith('/manifests/v15')) {
        isMoved = true;
        const fresh = await pushManifest(store, 'fresh');
        await pushLegacy(store, fresh.descriptor, ['fresh']);
        await sign(store, fresh, 'fresh signature');
        await store.tag(fresh, 'v15');
      }
      return withoutApi.before?.(request);
    };
    await copyAll(ends);
    const shown = await target.store.resolve('v15');
    assert.equal(shown.descriptor.digest, (await store.resolve('v15')).descriptor.digest);
    assert.ok((await target.store.tags()).includes(legacyTag(shown.descriptor)));
    assert.equal((await target.store.referrers(shown.descriptor)).length, 1);
  });

  test('still asks a registry that lacks the API for some manifests only', async (t) => {
    const ends = await startEnds(t, {});
    const { source, apps } = ends;
    // Looked at last, after many that get no answer, the signed ones come.
    const more = Array.from({ length: 20 }, (_, number) => number + COUNT);
    await Promise.all(
      more.map(async (number) =>
        source.store.tag(await pushManifest(source.store, `app ${number}`), `v${number}`),
      ),
    );
    for (const number of [8, 9]) await sign(source.store, apps[number], `signature ${number}`);
    const signed = new Set([8, 9].map((number) => at(apps, number).descriptor.digest));
    const answers = [
      { status: 404, body: JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN' }] }) },
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' },
    ];
    for (const answer of answers) {
      source.meddler.before = ({ path }) => {
        const digest = path.split('/referrers/')[1];
        return digest === undefined || [...signed].some((one) => one === digest) ? undefined : answer;
      };
      const target = await startEnd(t, {});
      const { referrers } = await copyAll({ source, target });
      assert.equal(referrers, signed.size);
    }
  });

  test('from or to a store of this machine asks for each part', async (t) => {
    const { source } = await startEnds(t, withoutApi);
    const target = createMemoryStore();
    const roots = (await source.store.tags())
      .filter((tag) => parseAttachedTag(tag) === undefined)
      .map((tag) => ({ name: tag, tags: [tag] }));
    const request = { source: source.store, target, roots, isOfAllTags: true };
    const first = await copyGraph(request);
    const seen = await seenBy(source, async () => {
      const second = await copyGraph(request);
      assert.deepEqual(second.skipped, first.copied);
    });
    assert.ok(seen.length <= COUNT + ONCE, `${seen.length} requests`);
    assert.equal((await target.referrers((await target.resolve('v0')).descriptor)).length, 1);
  });

  test('takes no answer without headers for one', async (t) => {
    const ends = await startEnds(t, withoutApi);
    const { source, target, apps } = ends;
    await source.store.tag(at(apps, 1), 'v2');
    const hush: Meddler['after'] = ({ method }, answer) => {
      if (method !== 'HEAD') return undefined;
      const { 'docker-content-digest': _, ...headers } = answer.headers;
      return { ...answer, headers };
    };
    for (const { meddler } of [source, target]) meddler.after = hush;
    await copyAll(ends);
    assert.equal((await target.store.resolve('v2')).descriptor.digest, at(apps, 1).descriptor.digest);
    assert.equal((await target.store.resolve('v2')).descriptor.mediaType, mediaTypes.manifest);
  });
});
