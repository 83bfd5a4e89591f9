import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { ociLimits } from '../../../src/limits.ts';
import { openStore } from '../../helpers/registry-store.ts';
import { startFakeRegistry } from '../../servers/fake-registry.ts';

const n = ociLimits.tagsPerPage;
const all = Array.from({ length: 2 * n + 5 }, (_, index) => `v${String(index).padStart(6, '0')}`);

/** The answer to a query: tags, and a link or a status where it has one. */
type Page = (query: URLSearchParams) => {
  readonly tags?: readonly string[] | null;
  readonly link?: string;
  readonly status?: number;
};

async function list(t: TestContext, page: Page): Promise<{ tags: readonly string[]; count: number }> {
  const { host, asked } = await startFakeRegistry(t, ({ url = '' }, response) => {
    const { tags = [], link, status = 200 } = page(new URL(url, 'http://x').searchParams);
    response.writeHead(status, link === undefined ? {} : { link: `<${link}>; rel="next"` });
    response.end(JSON.stringify({ name: 'app', tags }));
  });
  const tags = await openStore(t, `${host}/app`).tags();
  return { tags, count: asked.length };
}

suite('tags of a registry that', () => {
  test('links its pages', async (t) => {
    const { tags, count } = await list(t, (query) => {
      const start = Number(query.get('start') ?? 0);
      const end = start + 500;
      return {
        tags: all.slice(start, end),
        ...(end < all.length ? { link: `/v2/app/tags/list?start=${end}` } : {}),
      };
    });
    assert.deepEqual([tags, count], [all, 5]);
  });

  test('gives what it is asked for, without links', async (t) => {
    const { tags, count } = await list(t, (query) => {
      const rest = all.filter((tag) => tag > (query.get('last') ?? ''));
      return { tags: rest.slice(0, Number(query.get('n'))) };
    });
    assert.deepEqual([tags, count], [all, 3]);
  });

  test('gives all at once, unsorted, whatever it is asked for', async (t) => {
    const { tags, count } = await list(t, () => ({ tags: all.toReversed() }));
    assert.deepEqual([tags, count], [all, 1]);
  });

  test('has by chance as many as it is asked for', async (t) => {
    const { tags, count } = await list(t, () => ({ tags: all.slice(0, n) }));
    assert.deepEqual([tags, count], [all.slice(0, n), 2]);
  });

  test('gives fewer than it is asked for, without links', async (t) => {
    for (const size of [50, 64, 500]) {
      const { tags } = await list(t, (query) => {
        const rest = all.filter((tag) => tag > (query.get('last') ?? ''));
        return { tags: rest.slice(0, size) };
      });
      assert.deepEqual(tags, all);
    }
  });

  test('gives a round number of tags, and the same ones whatever it is asked for', async (t) => {
    const { tags, count } = await list(t, () => ({ tags: all.slice(0, 300).toReversed() }));
    assert.deepEqual([tags, count], [all.slice(0, 300), 2]);
  });

  test('refuses to be asked for a number', async (t) => {
    const { tags, count } = await list(t, (query) =>
      query.has('n') ? { status: 400 } : { tags: ['b', 'a'] },
    );
    assert.deepEqual([tags, count], [['a', 'b'], 2]);
  });

  test('has none', async (t) => {
    assert.deepEqual(await list(t, () => ({ tags: null })), { tags: [], count: 1 });
    assert.deepEqual(await list(t, () => ({ status: 404 })), { tags: [], count: 1 });
  });

  test('has an empty page on the way', async (t) => {
    const { tags } = await list(t, (query) =>
      query.has('more') ? { tags: ['a'] } : { tags: [], link: '?more=1' },
    );
    assert.deepEqual(tags, ['a']);
  });
});
