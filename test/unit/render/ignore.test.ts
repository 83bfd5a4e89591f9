import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { InputError } from '../../../src/errors.ts';
import { compileIgnore, parsePointer } from '../../../src/render/ignore.ts';
import { identityOf, resourceSchema } from '../../../src/resources/resource.ts';

const deployment = resourceSchema.parse({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web' }, annotations: { note: 'x' } },
});

function ignoredBy(target: object | undefined): readonly string[] {
  const rule = { paths: ['/spec/replicas'], ...(target === undefined ? {} : { target }) };
  return compileIgnore([rule])(deployment, identityOf(deployment));
}

suite('an ignore rule', () => {
  const targets: readonly (readonly [string, object | undefined, boolean])[] = [
    ['without a target', undefined, true],
    ['by kind', { kind: 'Deployment' }, true],
    ['by a pattern that matches a part of the name', { name: 'web' }, false],
    ['by a pattern that matches the whole name', { name: 'web-\\d' }, true],
    ['by another group', { group: 'batch' }, false],
    ['by labels', { labelSelector: 'app in (web)' }, true],
    ['by other labels', { labelSelector: 'app!=web' }, false],
    ['by annotations', { annotationSelector: 'note=x' }, true],
    ['by all of them', { kind: 'Deployment|StatefulSet', namespace: 'shop', labelSelector: 'app' }, true],
  ];
  for (const [name, target, isFor] of targets) {
    test(name, () => assert.deepEqual(ignoredBy(target), isFor ? ['/spec/replicas'] : []));
  }

  test('names each path once, in order', () => {
    const rules = compileIgnore([{ paths: ['/spec/b', '/spec/a'] }, { paths: ['/spec/a'] }]);
    assert.deepEqual(rules(deployment, identityOf(deployment)), ['/spec/a', '/spec/b']);
  });

  const invalid: readonly (readonly [string, { paths: string[]; target?: object }])[] = [
    ['a pattern', { paths: ['/a'], target: { name: '(' } }],
    ['a selector', { paths: ['/a'], target: { labelSelector: 'a in b' } }],
    ['a back reference, which RE2 has not', { paths: ['/a'], target: { name: '(a)\\1' } }],
    ...[
      '/kind',
      '/metadata',
      '/metadata/name',
      '/metadata/labels',
      '/metadata/annotations',
      '/metadata/labels/sealift.dev~1owner',
      '/metadata/annotations/sealift.dev~1delivery',
    ].map((path): [string, { paths: string[] }] => [path, { paths: [path] }]),
  ];
  for (const [name, rule] of invalid) {
    test(`refuses ${name}`, () => {
      assert.throws(
        () => compileIgnore([rule]),
        (error) =>
          error instanceof InputError &&
          error.code === 'INPUT_INVALID' &&
          error.message.includes('spec.ignore[0]'),
      );
    });
  }

  test('may leave single labels and finalizers to others', () => {
    compileIgnore([
      { paths: ['/metadata/labels/team', '/metadata/finalizers', '/metadata/annotations/a~1b'] },
    ]);
  });
});

test('a pointer is unescaped in the order of RFC 6901', () => {
  assert.deepEqual(parsePointer('/a~1b/~01/0'), ['a/b', '~1', '0']);
});
