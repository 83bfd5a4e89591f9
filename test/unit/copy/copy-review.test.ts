// What a copy must not lose or spread, found by review: signatures that a list of tags leaves out, damage under a right
// size, and what another writer of a tag takes away.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { copyGraph } from '../../../src/copy/copy.ts';
import { ContentError } from '../../../src/errors.ts';
import { openLayout } from '../../../src/layout/layout.ts';
import type { ContentStore } from '../../../src/oci/content-store.ts';
import { digestHex } from '../../../src/oci/digest.ts';
import { createMemoryStore } from '../../../src/oci/memory-store.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeBlob, pushManifest } from '../../helpers/content-store-contract.ts';
import { assertHasGraph, seedGraph } from '../../helpers/copy-graph.ts';
import { makeTempDir } from '../../helpers/temp.ts';

const v1 = [{ name: 'v1', tags: ['v1'] }];

suite('a copy', () => {
  test('brings legacy signatures that the source’s list of tags leaves out', async () => {
    const source = createMemoryStore();
    const graph = await seedGraph(source);
    for (const tags of [async () => [], async () => ['v1']]) {
      const target = createMemoryStore();
      await copyGraph({ source: { ...source, tags }, target, roots: v1 });
      await assertHasGraph(source, target, graph);
    }
  });

  test('links nothing from a layout that is not what its digest says', async (t) => {
    const folder = await makeTempDir(t);
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    const source = await openLayout(from, { create: true });
    await pushManifest(source, 'some content');
    await source.tag(
      await source.resolve((await pushManifest(source, 'some content')).descriptor.digest),
      'v1',
    );
    const blob = makeBlob('some content').descriptor;
    const file = join(from, 'blobs', 'sha256', digestHex(blob.digest));
    const bytes = await readFile(file);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const target = await openLayout(to, { create: true });
    await assertRejectsWithCode(copyGraph({ source, target, roots: v1 }), ContentError, 'DIGEST_MISMATCH');
    assert.equal(await target.exists(blob), false);
    assert.deepEqual(await target.tags(), []);
  });

  test('fails where another writer takes its signatures away after they were written', async () => {
    const source = createMemoryStore();
    await seedGraph(source);
    const memory = createMemoryStore();
    const other = await pushManifest(memory, 'theirs');
    const isLegacy = (tag: string): boolean => tag.endsWith('.sig');
    const target: ContentStore = {
      ...memory,
      settleMs: 1,
      takeOver: async () => false,
      tag: async (content, tag, signal) => {
        await memory.tag(content, tag, signal);
        if (isLegacy(tag)) await memory.tag(other, tag);
      },
    };
    await assertRejectsWithCode(
      copyGraph({ source, target, roots: v1 }),
      ContentError,
      'REFERRERS_INCOMPLETE',
    );
    assert.deepEqual(
      (await memory.tags()).filter((tag) => !isLegacy(tag)),
      [],
    );
  });
});
