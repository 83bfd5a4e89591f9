// Lists: tags, repositories and referrers.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseIndex } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { emptyDescriptor } from '../../src/oci/descriptor.ts';
import { makeBlob, makeManifest } from '../helpers/content-store-contract.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { jsonOf, makeRegistry, pushBlob, pushImage, putManifest, type Send } from '../unit/server/client.ts';

/** Follows Link headers and gives each page's body. */
async function readPages(send: Send, path: string): Promise<unknown[]> {
  const pages: unknown[] = [];
  let next: string | undefined = path;
  while (next !== undefined && pages.length < 20) {
    const reply = await send('GET', next);
    assert.equal(reply.status, 200);
    pages.push(jsonOf(reply));
    next = /^<([^>]+)>; rel="next"$/u.exec(String(reply.headers['link'] ?? ''))?.[1];
  }
  return pages;
}

suite('tags', () => {
  test('are sorted, and given in pages', async (t) => {
    const { send } = await makeRegistry(t);
    const { manifest } = await pushImage(send, 'a/b', { text: 'x' });
    const names = ['v2', 'V1', 'latest', 'v10', '_x'];
    for (const name of names) await putManifest(send, 'a/b', manifest, name);
    const sorted = ['V1', '_x', 'latest', 'v10', 'v2'];
    const page = (tags: string[]): unknown => ({ name: 'a/b', tags });
    assert.deepEqual(await readPages(send, '/v2/a/b/tags/list'), [page(sorted)]);
    assert.deepEqual(await readPages(send, '/v2/a/b/tags/list?n=2'), [
      page(['V1', '_x']),
      page(['latest', 'v10']),
      page(['v2']),
    ]);
    assert.deepEqual(await readPages(send, '/v2/a/b/tags/list?n=5'), [page(sorted)]);
    assert.deepEqual(await readPages(send, '/v2/a/b/tags/list?n=0'), [page([])]);
    assert.deepEqual(await readPages(send, '/v2/a/b/tags/list?last=latest'), [page(['v10', 'v2'])]);
    assert.deepEqual(await readPages(send, '/v2/a/b/tags/list?last=m'), [page(['v10', 'v2'])]);
  });

  test('of an unknown repository are 404, and n must be a number', async (t) => {
    const { send } = await makeRegistry(t);
    const reply = await send('GET', '/v2/unknown/tags/list');
    assert.deepEqual([reply.status, reply.code], [404, 'NAME_UNKNOWN']);
    await pushBlob(send, 'a', makeBlob('x'));
    for (const n of ['-1', 'x', '1e3', '']) {
      assert.equal((await send('GET', `/v2/a/tags/list?n=${n}`)).status, 400, n);
    }
    assert.deepEqual(jsonOf(await send('GET', '/v2/a/tags/list')), { name: 'a', tags: [] });
  });
});

test('repositories are listed, also nested ones, in pages', async (t) => {
  const { send } = await makeRegistry(t);
  for (const name of ['b', 'a/x', 'a', 'a-b', 'a/x/manifests']) await pushBlob(send, name, makeBlob(name));
  assert.deepEqual(await readPages(send, '/v2/_catalog'), [
    { repositories: ['a', 'a-b', 'a/x', 'a/x/manifests', 'b'] },
  ]);
  assert.deepEqual(await readPages(send, '/v2/_catalog?n=3'), [
    { repositories: ['a', 'a-b', 'a/x'] },
    { repositories: ['a/x/manifests', 'b'] },
  ]);
});

suite('referrers', () => {
  test('are listed with type and annotations, filtered where asked', async (t) => {
    const { send } = await makeRegistry(t);
    const { manifest: subject } = await pushImage(send, 'a', { text: 'subject', tag: 'v1' });
    const annotations = { key: 'value' };
    const typed = await pushImage(send, 'a', {
      text: 'typed',
      members: { subject: subject.descriptor, annotations },
    });
    const config = { ...emptyDescriptor, mediaType: 'application/vnd.example.sig' };
    const members = { subject: subject.descriptor, config, artifactType: undefined };
    const plain = await pushImage(send, 'a', { text: 'plain', tag: 'plain', members });
    const path = `/v2/a/referrers/${subject.descriptor.digest}`;
    const all = await send('GET', path);
    assert.equal(all.headers['content-type'], mediaTypes.index);
    assert.equal(all.headers['oci-filters-applied'], undefined);
    const typedEntry = {
      ...typed.manifest.descriptor,
      artifactType: 'application/vnd.example.config',
      annotations,
    };
    const plainEntry = { ...plain.manifest.descriptor, artifactType: 'application/vnd.example.sig' };
    assert.deepEqual(parseIndex(all.bytes).manifests, [typedEntry, plainEntry]);
    const some = await send('GET', `${path}?artifactType=application/vnd.example.sig`);
    assert.equal(some.headers['oci-filters-applied'], 'artifactType');
    assert.deepEqual(parseIndex(some.bytes).manifests, [plainEntry]);
    await send('DELETE', `/v2/a/manifests/${typed.manifest.descriptor.digest}`);
    assert.deepEqual(parseIndex((await send('GET', path)).bytes).manifests, [plainEntry]);
  });

  test('survive a restart', async (t) => {
    const directory = await makeTempDir(t);
    const { registry, send } = await makeRegistry(t, { directory });
    const subject = makeManifest('subject').manifest.descriptor;
    const { manifest } = await pushImage(send, 'a', { text: 'referrer', members: { subject } });
    await registry.close();
    const next = await makeRegistry(t, { directory, readOnly: true });
    const { bytes } = await next.send('GET', `/v2/a/referrers/${subject.digest}`);
    assert.deepEqual(
      parseIndex(bytes).manifests.map(({ digest }) => digest),
      [manifest.descriptor.digest],
    );
  });

  test('of what is unknown are an empty index, of what is no digest an error', async (t) => {
    const { send } = await makeRegistry(t);
    await pushBlob(send, 'a', makeBlob('x'));
    for (const repository of ['a', 'unknown']) {
      const reply = await send('GET', `/v2/${repository}/referrers/sha256:${'0'.repeat(64)}`);
      assert.equal(reply.status, 200);
      assert.deepEqual(jsonOf(reply), { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] });
    }
    assert.equal((await send('GET', '/v2/a/referrers/v1')).code, 'DIGEST_INVALID');
  });
});
