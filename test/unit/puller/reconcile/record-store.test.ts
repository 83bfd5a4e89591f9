import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecordStore } from '../../../../puller/reconcile/record-store.ts';
import { KubeError } from '../../../../src/errors.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

/** A list of Secrets whose records have a number of characters each, served in pages; too large ones are refused. */
function listing(
  sizes: readonly number[],
  maxBytes = 10_000_000,
): { client: ReturnType<typeof answeringClient>; asked: number[] } {
  const asked: number[] = [];
  const client = answeringClient(({ query }) => {
    // The journal is none of the pages.
    if (query === undefined) return {};
    const limit = Number(query?.['limit']);
    const start = Number(query?.['continue'] ?? 0);
    asked.push(limit);
    const page = sizes.slice(start, start + limit);
    if (page.reduce((sum, size) => sum + size, 0) > maxBytes)
      throw new KubeError('KUBE_PROTOCOL', 'the answer is too large', { details: { maxBytes } });
    const isLast = start + limit >= sizes.length;
    return {
      metadata: isLast ? {} : { continue: `${start + limit}` },
      items: page.map((size, index) => ({
        metadata: { name: `sealift-record-${start + index}` },
        data: { record: 'A'.repeat(size) },
      })),
    };
  });
  return { client, asked };
}

test('a thousand small records are read in a few requests', async () => {
  const { client, asked } = listing(Array.from({ length: 1000 }, () => 2048));
  await createRecordStore(client, 'sealift-system').load();
  assert.deepEqual(asked, [10, 200, 200, 200, 200, 200]);
});

test('large records come ten at a time', async () => {
  const { client, asked } = listing(Array.from({ length: 35 }, () => 900_000));
  await createRecordStore(client, 'sealift-system').load();
  assert.deepEqual(asked, [10, 10, 10, 10]);
});

test('large records after small ones are read in smaller pages', async () => {
  const sizes = [...Array.from({ length: 10 }, () => 2048), ...Array.from({ length: 40 }, () => 900_000)];
  const { client, asked } = listing(sizes);
  await createRecordStore(client, 'sealift-system').load();
  assert.deepEqual(asked, [10, 200, 10, 10, 10, 10]);
});
