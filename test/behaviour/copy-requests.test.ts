// Which requests a copy makes: blobs are mounted within a registry and never sent then, what is there costs one HEAD, and
// a copy that broke sends only the rest.
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { copyGraph } from '../../src/copy/copy.ts';
import { RegistryError } from '../../src/errors.ts';
import { createMemoryStore } from '../../src/oci/memory-store.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { assertHasGraph, seedGraph } from '../helpers/copy-graph.ts';
import { startProxy, type Meddler, type Proxy } from '../helpers/registry-proxy.ts';
import { openStore } from '../helpers/registry-store.ts';
import { makeRegistry } from '../unit/server/client.ts';

const roots = [{ name: 'v1', tags: ['v1'] }];
/** A config and six layers, seven manifests. */
const BLOBS = 7;
const MANIFESTS = 7;

async function startProxied(t: TestContext, meddler: Meddler = {}): Promise<Proxy> {
  const { registry } = await makeRegistry(t);
  const proxy = await startProxy(registry.host, meddler);
  t.after(() => proxy.close());
  return proxy;
}

function matching(seen: readonly string[], pattern: RegExp): readonly string[] {
  return seen.filter((request) => pattern.test(request));
}

suite('requests of a copy', () => {
  test('within a registry mount every blob and upload none', async (t) => {
    const proxy = await startProxied(t);
    const source = openStore(t, `${proxy.host}/from`);
    const target = openStore(t, `${proxy.host}/to`);
    const graph = await seedGraph(source);
    const before = proxy.seen.length;
    const report = await copyGraph({ source, target, roots });
    assert.equal(report.mounted.count, BLOBS);
    const seen = proxy.seen.slice(before);
    assert.equal(matching(seen, /^POST \S+\?mount=\S+from=from$/u).length, BLOBS);
    assert.deepEqual(matching(seen, /^(?:PUT|PATCH) \S+\/blobs\//u), []);
    assert.deepEqual(matching(seen, /^GET \S+\/blobs\//u), []);
    await assertHasGraph(source, target, graph);
  });

  test('a second time ask for each content once, and send nothing', async (t) => {
    const proxy = await startProxied(t);
    const source = createMemoryStore();
    const target = openStore(t, `${proxy.host}/to`);
    await seedGraph(source);
    await copyGraph({ source, target, roots });
    const before = proxy.seen.length;
    await copyGraph({ source, target, roots });
    const seen = proxy.seen.slice(before);
    assert.deepEqual(matching(seen, /^(?!HEAD|GET)/u), []);
    assert.equal(matching(seen, /^HEAD \S+\/blobs\//u).length, BLOBS);
    // And the tag.
    assert.equal(matching(seen, /^HEAD \S+\/manifests\//u).length, MANIFESTS + 1);
  });

  test('after a break send the rest only', async (t) => {
    let uploads = 0;
    let isBroken = true;
    const proxy = await startProxied(t, {
      before: ({ method, path }) => {
        if (method !== 'PUT' || !path.includes('/blobs/')) return undefined;
        uploads += 1;
        return isBroken && uploads > 3 ? { status: 403 } : undefined;
      },
    });
    const source = createMemoryStore();
    const target = openStore(t, `${proxy.host}/to`);
    const graph = await seedGraph(source);
    const broken = copyGraph({ source, target, roots });
    const error = await assertRejectsWithCode(broken, RegistryError, 'REGISTRY_DENIED');
    assert.equal(error.details['side'], 'target');
    isBroken = false;
    uploads = 0;
    await copyGraph({ source, target, roots });
    assert.equal(uploads, BLOBS - 3);
    await assertHasGraph(source, target, graph);
  });
});
