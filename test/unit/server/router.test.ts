import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { normalize } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Call, Endpoint } from '../../../src/server/call.ts';
import { route, type Routes } from '../../../src/server/router.ts';

/** Routes a request and gives what the endpoint got, if one was found. */
async function callOf(method: string, url: string): Promise<{ call: Call | undefined; status: number }> {
  let call: Call | undefined;
  const endpoint: Endpoint = {
    GET: async (got) => {
      call = got;
      return { status: 200 };
    },
  };
  const routes: Routes = {
    base: endpoint,
    catalog: endpoint,
    tags: endpoint,
    referrers: endpoint,
    manifests: endpoint,
    blobs: endpoint,
    uploads: endpoint,
    upload: endpoint,
  };
  const request = new IncomingMessage(new Socket());
  request.method = method;
  request.url = url;
  const { status } = await route(routes, request, false);
  return { call, status };
}

test('no path gives a name that leaves its directory or enters another layout (path traversal)', async () => {
  const word = fc.constantFrom(
    'a',
    '..',
    '.',
    '%2e%2e',
    '%2f',
    '%5c',
    '',
    'blobs',
    'index.json',
    'A',
    '%00',
    '%',
    'uploads',
    'tags',
    'list',
    'manifests',
    'referrers',
    '_catalog',
    'x?y',
  );
  const path = fc.array(word, { maxLength: 6 }).map((words) => `/v2/${words.join('/')}`);
  await fc.assert(
    fc.asyncProperty(path, async (url) => {
      const { call, status } = await callOf('GET', url);
      assert.ok([200, 400, 404].includes(status));
      if (call === undefined || call.repository === '') return;
      assert.equal(normalize(`/root/${call.repository}`), `/root/${call.repository}`);
      assert.doesNotMatch(call.repository, /(?:^|\/)(?:\.|blobs|index\.json)(?:\/|$)|[\\\0%]/u);
    }),
    { seed: 1, numRuns: 2000 },
  );
});

test('the query is no part of the path', async () => {
  const { call } = await callOf('HEAD', '/v2/a/tags/list?n=1&last=../..');
  assert.equal(call?.repository, 'a');
  assert.equal(call.query.get('last'), '../..');
});

test('methods of Object are not methods', async () => {
  for (const method of ['constructor', 'toString', '__proto__', 'PUT']) {
    assert.equal((await callOf(method, '/v2/a/tags/list')).status, 405, method);
  }
});
