import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { diffLimits } from '../../../src/limits.ts';
import { compareResources, findChangedFields, sortByStage } from '../../../src/resources/change-set.ts';
import type { Resource } from '../../../src/resources/resource.ts';
import { canonicalJson } from '../../helpers/yaml-oracle.ts';

function resource(kind: string, name: string, members: Readonly<Record<string, unknown>> = {}): Resource {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'shop' }, ...members };
}

const names = (resources: readonly Resource[]): readonly string[] =>
  resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`);

suite('change set', () => {
  test('tells by identity what is created, changed, the same and deleted', () => {
    const set = compareResources(
      [
        resource('ConfigMap', 'a'),
        resource('ConfigMap', 'b', { data: { x: '1' } }),
        resource('ConfigMap', 'c'),
      ],
      [
        resource('ConfigMap', 'd'),
        resource('ConfigMap', 'b', { data: { x: '2' } }),
        resource('ConfigMap', 'a'),
      ],
    );
    assert.deepEqual(names(set.created), ['ConfigMap d']);
    assert.deepEqual(names(set.unchanged), ['ConfigMap a']);
    assert.deepEqual(names(set.deleted), ['ConfigMap c']);
    assert.deepEqual(
      set.changed.map(({ after, fields }) => [after.metadata.name, fields]),
      [['b', ['data.x']]],
    );
  });

  test('another version is a change, another namespace another object', () => {
    const deployment = { ...resource('Deployment', 'a'), apiVersion: 'apps/v1' };
    const set = compareResources([deployment], [{ ...deployment, apiVersion: 'apps/v2' }]);
    assert.deepEqual(
      set.changed.map(({ fields }) => fields),
      [['apiVersion']],
    );
    const moved = { ...deployment, metadata: { name: 'a', namespace: 'other' } };
    const other = compareResources([deployment], [moved]);
    assert.deepEqual([other.created.length, other.deleted.length, other.changed.length], [1, 1, 0]);
  });

  test('lists what is applied in the order of applying, and what is deleted backwards', () => {
    const resources = [
      { ...resource('ValidatingWebhookConfiguration', 'w'), apiVersion: 'admissionregistration.k8s.io/v1' },
      resource('Service', 'b'),
      resource('ConfigMap', 'z'),
      resource('ConfigMap', 'a'),
      { ...resource('StorageClass', 's'), apiVersion: 'storage.k8s.io/v1' },
      resource('Namespace', 'shop'),
    ];
    const order = [
      'Namespace shop',
      'StorageClass s',
      'ConfigMap a',
      'ConfigMap z',
      'Service b',
      'ValidatingWebhookConfiguration w',
    ];
    assert.deepEqual(names(sortByStage(resources)), order);
    assert.deepEqual(names(compareResources([], resources).created), order);
    assert.deepEqual(names(compareResources(resources, []).deleted), order.toReversed());
  });
});

suite('changed fields', () => {
  const cases: readonly (readonly [unknown, unknown, readonly string[]])[] = [
    [{ a: 1 }, { a: 1 }, []],
    [{ a: [{ b: 1 }, 2] }, { a: [{ b: 2 }, 2] }, ['a[0].b']],
    [{ a: [1] }, { a: [1, 2] }, ['a[1]']],
    [{ a: { 'x.y/z': 1 } }, { a: {} }, ['a["x.y/z"]']],
    [{ a: null }, {}, ['a']],
    [{ a: {} }, { a: [] }, ['a']],
    [{ a: '1' }, { a: 1 }, ['a']],
    [{ a: -0 }, { a: 0 }, []],
    [{ b: 1, a: { c: 1 } }, { b: 2, a: { c: 2 } }, ['a.c', 'b']],
  ];
  for (const [before, after, expected] of cases) {
    test(`${JSON.stringify(before)} to ${JSON.stringify(after)}`, () => {
      assert.deepEqual(findChangedFields(before, after), expected);
    });
  }

  test('there is none exactly where the values are equal as JSON', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(value, value, (one, other) => {
        assert.deepEqual(findChangedFields(one, structuredClone(one)), []);
        assert.equal(findChangedFields(one, other).length === 0, canonicalJson(one) === canonicalJson(other));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('of many the first are named', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, 1]));
    assert.equal(findChangedFields(many, {}).length, diffLimits.fields);
  });
});
