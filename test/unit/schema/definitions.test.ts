import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { schemaLimits } from '../../../src/limits.ts';
import { loadBuiltIn } from '../../../src/schema/built-in.ts';
import { checkObject } from '../../../src/schema/check.ts';
import { DefinitionError, readDefinition } from '../../../src/schema/definitions.ts';
import { CheckLimitError, createBudget, type Budget } from '../../../src/schema/run.ts';

function definition(spec: unknown): object {
  const openAPIV3Schema = { type: 'object', properties: { spec } };
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }];
  return { spec: { group: 'example.com', names: { kind: 'Widget' }, versions } };
}

function nested(depth: number, key: 'items' | 'not'): unknown {
  let node: unknown = { type: 'string' };
  for (let level = 0; level < depth; level += 1) node = { [key]: node };
  return node;
}

/** The same schema many times: a document's aliases make such. */
function doubled(times: number): unknown {
  let node: object = { type: 'string' };
  for (let level = 0; level < times; level += 1) node = { properties: { a: node, b: node } };
  return node;
}

const recursive: { properties: Record<string, unknown> } = { properties: {} };
recursive.properties['a'] = recursive;

const hostile: readonly (readonly [string, unknown, RegExp])[] = [
  ['nests deep', nested(schemaLimits.depth, 'items'), /nests deeper than 64/u],
  ['nests deep in value rules', nested(schemaLimits.depth, 'not'), /nests deeper than 64/u],
  ['contains itself', recursive, /nests deeper than 64/u],
  ['doubles', doubled(30), /more than 100000 parts/u],
  ['refers', { $ref: '#/definitions/a' }, /not allowed/u],
  ['has a long pattern', { pattern: 'a'.repeat(5000) }, /5000 characters, more than 4096/u],
  ['has a pattern that repeats', { pattern: `(?:${'ab?'.repeat(300)}){1000}` }, /repeats its parts/u],
  ['has a pattern that repeats too often', { pattern: '(a{1000}){1000}' }, /no regular expression/u],
  ['has a pattern of another language', { pattern: '(?<=a)b' }, /no regular expression of RE2/u],
  ['has another type', { type: 'map' }, /Invalid option/u],
  ['has no schema', 'text', /expected object/u],
  [
    'has many patterns',
    {
      properties: Object.fromEntries(
        Array.from({ length: 600 }, (_, index) => [`p${index}`, { pattern: `a{1000}.{${index}}.{30}` }]),
      ),
    },
    /too long together/u,
  ],
];

suite('a CRD is refused that', () => {
  for (const [name, schema, words] of hostile) {
    test(name, () => {
      assert.throws(
        () => readDefinition(definition(schema), createBudget()),
        (error) =>
          error instanceof DefinitionError &&
          words.test(error.message) &&
          error.path[4] === 'openAPIV3Schema',
      );
    });
  }
});

const { definitions } = await loadBuiltIn();

function check(schema: unknown, spec: unknown, budget: Budget = createBudget()): readonly string[] {
  const kind = readDefinition(definition(schema), budget).versions.get('v1');
  assert.ok(kind);
  const object = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec };
  return checkObject(object, kind, { definitions, budget }).map(({ expected }) => expected);
}

suite('a check ends', () => {
  test('where values and schemas multiply', () => {
    const branches = { anyOf: Array.from({ length: 300 }, () => ({ type: 'string' })) };
    const schema = { type: 'array', items: branches };
    const list = Array.from({ length: 1000 }, () => 1);
    assert.throws(() => check(schema, list, { left: 100_000 }), CheckLimitError);
  });

  test('where a text and a pattern multiply', () => {
    const schema = { type: 'array', items: { type: 'string', pattern: '^(?:a?){1000}$' } };
    const list = Array.from({ length: 50 }, () => 'a'.repeat(10_000));
    assert.throws(() => check(schema, list, { left: 100_000 }), CheckLimitError);
  });

  test('where patterns are many', () => {
    const schema = { properties: { a: { type: 'string', pattern: 'a{1000}b{30}c{30}' } } };
    assert.throws(() => check(schema, {}, { left: 10_000 }), CheckLimitError);
  });

  test('after a hundred problems', () => {
    const map = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, 1]));
    assert.equal(check({ type: 'object' }, map).length, 100);
  });
});

test('keys that every object of JavaScript has are no fields', () => {
  assert.deepEqual(
    check({ type: 'object', properties: { a: {} } }, { constructor: 1, toString: 2 }).length,
    2,
  );
  assert.deepEqual(check({ type: 'object', required: ['toString'] }, {}), ['a value']);
});

test('a name that is nearly right is named', () => {
  const schema = { type: 'object', properties: { replicas: {}, template: {} } };
  assert.deepEqual(check(schema, { replica: 1 }), ['no such field; is it replicas?']);
  assert.deepEqual(check(schema, { Template: 1 }), ['no such field; is it template?']);
  assert.deepEqual(check(schema, { other: 1 }), ['no such field']);
});
