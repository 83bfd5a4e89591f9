import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isMadeOnly, pruneRuleOf, rulesOf } from '../../../../puller/reconcile/object-rules.ts';
import { transformResources } from '../../../../src/render/transforms.ts';
import { resourceSchema, type Resource } from '../../../../src/resources/resource.ts';

const flux = 'kustomize.toolkit.fluxcd.io';

function resourceWith(annotations: object, labels: object = {}): Resource {
  return resourceSchema.parse({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'shop', annotations, labels },
  });
}

suite("an object's rules", () => {
  test('without annotations are those of an object that is kept as it is', () => {
    const rules = rulesOf(resourceWith({}));
    assert.deepEqual(rules, { ssa: 'Override', force: 'Disabled', prune: undefined, reconcile: 'Enabled' });
  });

  for (const [name, annotations, expected] of [
    ['in another case', { 'sealift.dev/ssa': 'IFNOTPRESENT' }, { ssa: 'IfNotPresent' }],
    ['of Flux', { [`${flux}/force`]: 'enabled' }, { force: 'Enabled' }],
    [
      "ours before Flux's",
      { 'sealift.dev/prune': 'Enabled', [`${flux}/prune`]: 'Disabled' },
      { prune: 'Enabled' },
    ],
  ] as const) {
    test(name, () =>
      assert.deepEqual(
        { ...rulesOf(resourceWith(annotations)), ...expected },
        rulesOf(resourceWith(annotations)),
      ),
    );
  }

  test("Flux's label counts, ours does not", () => {
    assert.equal(rulesOf(resourceWith({}, { [`${flux}/ssa`]: 'merge' })).ssa, 'Merge');
    assert.equal(rulesOf(resourceWith({}, { 'sealift.dev/ssa': 'merge' })).ssa, 'Override');
  });

  for (const [name, value] of [
    ['sealift.dev/ssa', 'Replace'],
    ['sealift.dev/prune', ''],
    ['sealift.dev/reconcile', 'true'],
    [`${flux}/force`, 'yes'],
  ] as const) {
    test(`${name}: ${JSON.stringify(value)} is no value`, () => {
      assert.throws(
        () => rulesOf(resourceWith({ [name]: value })),
        (error: Error) =>
          error.message.includes('ConfigMap shop/a') && error.message.includes(JSON.stringify(value)),
      );
    });
  }

  test('a long value is shown in part', () => {
    assert.throws(
      () => rulesOf(resourceWith({ 'sealift.dev/ssa': 'x'.repeat(100_000) })),
      (error: Error) => error.message.length < 300,
    );
  });

  test('an object that is not reconciled is only made, and never pruned', () => {
    const rules = rulesOf(
      resourceWith({ 'sealift.dev/reconcile': 'Disabled', 'sealift.dev/prune': 'Enabled' }),
    );
    assert.equal(isMadeOnly(rules), true);
    assert.equal(pruneRuleOf(rules), 'Disabled');
  });

  for (const name of ['sealift.dev/prune', `${flux}/prune`, `${flux}/ssa`]) {
    test(`spec.commonMetadata may not set ${name}`, () => {
      const parsed = [{ resource: resourceWith({}), location: { file: 'a.yaml' } }];
      assert.throws(() =>
        transformResources(parsed, { path: './', commonMetadata: { annotations: { [name]: 'Disabled' } } }),
      );
      assert.throws(() =>
        transformResources(parsed, { path: './', commonMetadata: { labels: { [name]: 'Disabled' } } }),
      );
    });
  }
});
