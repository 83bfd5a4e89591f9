import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KubeError } from '../../../src/errors.ts';
import { buildOutgoing, checkRequest, isIdempotent } from '../../../src/kube/outgoing.ts';
import type { KubeRequest } from '../../../src/kube/request.ts';

const server = new URL('https://server:6443/k8s/clusters/one/');
const get: KubeRequest = { method: 'GET', path: '/api/v1/pods' };

test('paths that are not encoded, and headers with control characters, are refused', () => {
  for (const path of [
    'api',
    '/api v1',
    '/api?x',
    '/api#x',
    '/api/../x',
    '/api/./x',
    '/api/..',
    '/\\x',
    '/ä',
    '/a\r\nb',
  ]) {
    assert.throws(() => checkRequest({ ...get, path }), KubeError, path);
  }
  for (const value of ['', 'a\r\nb', 'a\0', 'ä', ' a', 'a ']) {
    assert.throws(() => checkRequest({ ...get, impersonate: { user: value } }), KubeError, value);
    assert.throws(
      () => checkRequest({ ...get, impersonate: { user: 'a', groups: ['b', value] } }),
      KubeError,
      value,
    );
    assert.throws(() => checkRequest({ ...get, impersonate: { user: 'a', uid: value } }), KubeError, value);
    assert.throws(() => checkRequest({ ...get, accept: value }), KubeError, value);
  }
  checkRequest({
    ...get,
    impersonate: { user: 'system:serviceaccount:a:b', groups: ['Group One'], uid: '1' },
  });
});

test('headers and path say what the request says', async () => {
  const { headers, body } = await buildOutgoing(
    { server, token: () => Promise.resolve('abc') },
    {
      method: 'PATCH',
      path: '/api/v1/pods',
      query: { fieldManager: 'a b', left: undefined },
      body: { a: 'ö' },
      impersonate: { user: 'u', groups: ['g', 'h'] },
    },
    false,
  );
  assert.equal(headers[':path'], '/k8s/clusters/one/api/v1/pods?fieldManager=a+b');
  assert.equal(headers['authorization'], 'Bearer abc');
  assert.equal(headers['content-type'], 'application/apply-patch+yaml');
  assert.equal(headers['content-length'], body?.length);
  assert.deepEqual([headers['impersonate-user'], headers['impersonate-group']], ['u', ['g', 'h']]);
  assert.equal(body?.toString('utf8'), '{"a":"ö"}');
  await assert.rejects(
    buildOutgoing({ server, token: () => Promise.resolve('a\nb') }, get, false),
    (error) =>
      error instanceof KubeError && error.code === 'KUBE_UNAUTHORIZED' && !error.message.includes('a\nb'),
  );
});

test('only what is the same when done twice is idempotent', () => {
  const path = '/api/v1/pods';
  assert.equal(isIdempotent(get), true);
  assert.equal(isIdempotent({ method: 'DELETE', path }), true);
  assert.equal(isIdempotent({ method: 'PUT', path }), true);
  assert.equal(isIdempotent({ method: 'PATCH', path }), true);
  assert.equal(isIdempotent({ method: 'PATCH', path, contentType: 'application/json-patch+json' }), false);
  assert.equal(isIdempotent({ method: 'POST', path }), false);
  assert.equal(isIdempotent({ method: 'POST', path, retry: true }), true);
  assert.equal(isIdempotent({ method: 'GET', path, retry: false }), false);
});
