import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { parseIndex } from '../../../src/oci/manifest.ts';
import type { Answer } from '../../../src/server/answers.ts';
import { referrersEndpoint } from '../../../src/server/referrers.ts';
import { createRepositories } from '../../../src/server/repositories.ts';
import { makeManifest, pushManifest } from '../../helpers/content-store-contract.ts';
import { makeTempDir } from '../../helpers/temp.ts';

test('referrers that do not fit into one index come in pages, each at least with one', async (t) => {
  const repositories = createRepositories(await makeTempDir(t), true);
  const store = await repositories.create('a');
  const subject = makeManifest('subject').manifest.descriptor;
  const sizes = [100, 100, 3000, 100];
  for (const [number, size] of sizes.entries()) {
    await pushManifest(store, String(number), { subject, annotations: { key: 'x'.repeat(size) } });
  }
  const endpoint = referrersEndpoint(repositories, 1000);
  const request = new IncomingMessage(new Socket());
  const pages: number[][] = [];
  let query: URLSearchParams | undefined = new URLSearchParams({
    artifactType: 'application/vnd.example.config',
  });
  while (query !== undefined && pages.length < 9) {
    const answer: Answer | undefined = await endpoint.GET?.({
      request,
      repository: 'a',
      reference: subject.digest,
      query,
    });
    assert.ok(answer?.body instanceof Uint8Array);
    pages.push(parseIndex(answer.body).manifests.map(({ annotations }) => annotations?.['key']?.length ?? 0));
    const link: string | undefined = answer.headers?.['Link'];
    query = link === undefined ? undefined : new URLSearchParams(/\?([^>]*)>; rel="next"$/u.exec(link)?.[1]);
  }
  assert.deepEqual(pages, [[100, 100], [3000], [100]]);
});
