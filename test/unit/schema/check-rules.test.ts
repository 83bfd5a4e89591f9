// Rules of a CRD on an object: that neither their number nor defaults make a check endless, and what is told once.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { resourceLimits } from '../../../src/limits.ts';
import { createRuleChecker, type RuleProblems } from '../../../src/schema/check-rules.ts';
import { readDefinition } from '../../../src/schema/definitions.ts';
import { CheckLimitError, createBudget } from '../../../src/schema/run.ts';

function check(spec: unknown, value: unknown): RuleProblems {
  const budget = createBudget();
  const definition = readDefinition(
    {
      spec: {
        group: 'example.com',
        names: { kind: 'A' },
        versions: [
          { name: 'v1', served: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } },
        ],
      },
    },
    budget,
  );
  const schema = definition.versions.get('v1');
  assert.ok(schema);
  return createRuleChecker(budget)({ apiVersion: 'example.com/v1', kind: 'A', spec: value }, schema);
}

const rule = (text: string): object => ({ 'x-kubernetes-validations': [{ rule: text }] });
const integers = { type: 'array', items: { type: 'integer' } };
const list = Array.from({ length: 20_000 }, (_, index) => index);

suite('rules', () => {
  test('that are many on one value end', () => {
    const allOf = Array.from({ length: 5000 }, (_, index) => rule(`self.size() > ${index}`));
    assert.throws(() => check({ ...integers, allOf }, list), CheckLimitError);
  });

  test('that are broken many times are told a hundred times', () => {
    const items = { type: 'integer', ...rule('self < 0') };
    assert.equal(check({ type: 'array', items }, list).problems.length, resourceLimits.problems);
  });

  test('that can not be checked are told once', () => {
    const items = { type: 'integer', ...rule("semver('1.0.0').major() == self") };
    const { problems, unchecked } = check({ type: 'array', items }, list);
    assert.deepEqual([problems.length, unchecked.length], [0, 1]);
  });

  test('see defaults, of which as many as memory could not hold are not filled in', () => {
    const large = Object.fromEntries(list.map((index) => [`k${index}`, index]));
    const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, default: large };
    const items = { type: 'object', properties: { a: { type: 'integer', default: 3 }, free } };
    assert.deepEqual(
      check({ type: 'array', items, ...rule('self.all(x, x.a == 3)') }, [{}, {}]).problems,
      [],
    );
    const many = list.map(() => ({}));
    assert.throws(() => check({ type: 'array', items, ...rule('self.size() > 0') }, many), CheckLimitError);
  });

  test('of fields without a name in CEL, and of unknown ones, see nothing', () => {
    const properties = {
      '1a': { type: 'integer' },
      b: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    };
    const spec = { type: 'object', properties, ...rule('has(self.b) && !has(self.b.c)') };
    assert.deepEqual(check(spec, { '1a': 1, b: { c: 2 } }).problems, []);
  });
});
