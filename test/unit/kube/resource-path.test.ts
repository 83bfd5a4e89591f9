import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { KubeError } from '../../../src/errors.ts';
import { resourcePath } from '../../../src/kube/resource-path.ts';

const pods = { group: '', version: 'v1', plural: 'pods', namespaced: true };
const roles = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterroles',
  namespaced: false,
};

const table: readonly (readonly [string, string])[] = [
  [resourcePath(pods), '/api/v1/pods'],
  [resourcePath(pods, 'default'), '/api/v1/namespaces/default/pods'],
  [resourcePath(pods, 'default', 'one'), '/api/v1/namespaces/default/pods/one'],
  [resourcePath(pods, 'default', 'one', 'status'), '/api/v1/namespaces/default/pods/one/status'],
  [resourcePath(roles), '/apis/rbac.authorization.k8s.io/v1/clusterroles'],
  [
    resourcePath(roles, 'ignored', 'system:node'),
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
  ],
  [resourcePath(pods, 'default', '../secrets/x'), '/api/v1/namespaces/default/pods/..%2Fsecrets%2Fx'],
  [resourcePath(pods, 'default', 'a?b#c%d'), '/api/v1/namespaces/default/pods/a%3Fb%23c%25d'],
];

for (const [path, expected] of table) test(expected, () => assert.equal(path, expected));

test('a part that no path can have is refused', () => {
  const isInvalid = (error: unknown): boolean => error instanceof KubeError && error.code === 'KUBE_INVALID';
  for (const name of ['', '.', '..', '\ud800']) {
    assert.throws(() => resourcePath(pods, 'default', name), isInvalid);
    assert.throws(() => resourcePath(pods, name, 'one'), isInvalid);
  }
  assert.throws(() => resourcePath(pods, undefined, 'one'), isInvalid);
  assert.throws(() => resourcePath(pods, 'default', undefined, 'status'), isInvalid);
});

test('no name changes what a path is about', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      fc.pre(name !== '.' && name !== '..');
      const url = new URL(resourcePath(pods, 'default', name), 'https://server');
      const parts = url.pathname.split('/');
      assert.equal(parts.length, 7);
      assert.equal(decodeURIComponent(parts[6] ?? ''), name);
      assert.equal(url.search + url.hash, '');
    }),
  );
});
