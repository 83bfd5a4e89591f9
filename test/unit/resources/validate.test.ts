import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FailuresError } from '../../../src/errors.ts';
import { identityKey, identityOf, formatIdentity, parseApiVersion } from '../../../src/resources/resource.ts';
import { stageOf } from '../../../src/resources/stages.ts';
import { isResourceFile, readResources } from '../../../src/resources/validate.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

function file(path: string, ...documents: readonly string[]): { path: string; bytes: Uint8Array } {
  return { path, bytes: Buffer.from(documents.join('\n---\n')) };
}

const deployment = (version: string, name: string): string =>
  `{apiVersion: ${version}, kind: Deployment, metadata: {name: ${name}, namespace: shop}}`;

suite('readResources', () => {
  test('gives the objects of all files in their order', () => {
    const found = readResources([
      file('b.yaml', deployment('apps/v1', 'b')),
      file('a.yaml', deployment('apps/v1', 'a'), deployment('apps/v1', 'c')),
    ]);
    assert.deepEqual(
      found.map(({ resource, location }) => [resource.metadata.name, location.file]),
      [
        ['b', 'b.yaml'],
        ['a', 'a.yaml'],
        ['c', 'a.yaml'],
      ],
    );
  });

  test('refuses an object that stands twice, whatever its version', () => {
    const error = assertThrowsWithCode(
      () =>
        readResources([
          file('a.yaml', deployment('apps/v1', 'a')),
          file('b.yaml', deployment('apps/v1beta1', 'a')),
        ]),
      FailuresError,
      'RESOURCE_DUPLICATE',
    );
    assert.match(
      error.errors[0]?.message ?? '',
      /^b\.yaml:1:1: Deployment\.apps shop\/a stands already in a\.yaml:1$/u,
    );
  });

  test('reports every problem, not only the first', () => {
    const error = assertThrowsWithCode(
      () =>
        readResources([file('a.yaml', '{', 'kind: A'), file('Chart.yaml', 'x: 1'), file('c.yaml', '- 1')]),
      FailuresError,
      'YAML_INVALID',
    );
    assert.deepEqual(
      new Set(error.errors.map(({ code }) => code)),
      new Set(['YAML_INVALID', 'RESOURCE_INVALID', 'NOT_RENDERED']),
    );
  });

  for (const path of [
    'kustomization.yaml',
    'a/kustomization.yml',
    'a/b/Kustomization',
    'Chart.yaml',
    'charts/x/Chart.yaml',
  ]) {
    test(`refuses ${path} as not rendered`, () => {
      assertThrowsWithCode(
        () => readResources([file(path, deployment('apps/v1', 'a'))]),
        FailuresError,
        'NOT_RENDERED',
      );
    });
  }

  for (const path of ['my-kustomization.yaml', 'Chart.yaml/a.yaml', 'values.yaml', 'Kustomization.yaml']) {
    test(`reads ${path}`, () => {
      assert.equal(readResources([file(path, deployment('apps/v1', 'a'))]).length, 1);
    });
  }
});

test('which files are read', () => {
  for (const path of ['a.yaml', 'a/b.YML', 'c.json', 'x/Kustomization', 'Chart.yaml'])
    assert.ok(isResourceFile(path), path);
  for (const path of ['a.txt', 'yaml', 'a.yaml.bak', 'README.md']) assert.ok(!isResourceFile(path), path);
});

test('identities', () => {
  const [found] = readResources([file('a', deployment('apps/v1', 'web'))]);
  assert.ok(found);
  const identity = identityOf(found.resource);
  assert.deepEqual(identity, {
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
    namespace: 'shop',
    name: 'web',
  });
  assert.equal(identityKey(identity), 'apps/Deployment/shop/web');
  assert.equal(formatIdentity(identity), 'Deployment.apps shop/web');
  assert.deepEqual(parseApiVersion('v1'), { group: '', version: 'v1' });
  assert.equal(formatIdentity({ group: '', version: 'v1', kind: 'Node', name: 'n' }), 'Node n');
});

test('stages: what others need comes first, what can block them last', () => {
  const table: readonly (readonly [string, string, string])[] = [
    ['', 'Namespace', 'definitions'],
    ['apiextensions.k8s.io', 'CustomResourceDefinition', 'definitions'],
    ['rbac.authorization.k8s.io', 'ClusterRole', 'definitions'],
    ['rbac.authorization.k8s.io', 'ClusterRoleBinding', 'rest'],
    ['storage.k8s.io', 'StorageClass', 'foundations'],
    ['rbac.authorization.k8s.io', 'Role', 'foundations'],
    ['rbac.authorization.k8s.io', 'RoleBinding', 'rest'],
    ['example.org', 'Namespace', 'rest'],
    ['apps', 'Deployment', 'rest'],
    ['admissionregistration.k8s.io', 'ValidatingWebhookConfiguration', 'webhooks'],
    ['example.org', 'WebhookConfiguration', 'rest'],
  ];
  for (const [group, kind, stage] of table) assert.equal(stageOf({ group, kind }), stage, `${group}/${kind}`);
});
