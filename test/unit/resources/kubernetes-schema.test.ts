// Plain scalars as kubectl reads them; the expected values are those of sigs.k8s.io/yaml v1.6.0.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseFile } from '../../../src/resources/parse.ts';

function read(source: string): unknown {
  const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nvalue: ${source}\n`;
  const { resources, problems } = parseFile('a.yaml', Buffer.from(text));
  assert.deepEqual(problems.map(String), [], source);
  return resources[0]?.resource['value'];
}

const table: readonly (readonly [string, unknown])[] = [
  ['0644', 420],
  ['0o17', 15],
  ['0O17', 15],
  ['0b11', 3],
  ['0x1F', 31],
  ['08', 8],
  ['1_000', 1000],
  ['1__0', 10],
  ['0_7', 7],
  ['_1', '_1'],
  ['+1', 1],
  ['-0x10', -16],
  ['0', 0],
  ['-0', 0],
  ['0x', '0x'],
  ['0o8', '0o8'],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['y', true],
  ['Y', true],
  ['on', true],
  ['yes', true],
  ['TRUE', true],
  ['n', false],
  ['Off', false],
  ['tRue', 'tRue'],
  ['oN', 'oN'],
  ['~', null],
  ['NULL', null],
  ['', null],
  ['nULL', 'nULL'],
  ['1e3', 1000],
  ['1.0', 1],
  ['.5', 0.5],
  ['5.', 5],
  ['-1.5', -1.5],
  ['1e400', '1e400'],
  ['2001-01-01', '2001-01-01'],
  ['12:30:45', '12:30:45'],
  ['1:30', '1:30'],
  ['1.2.3', '1.2.3'],
  ["'0644'", '0644'],
  ['"on"', 'on'],
  ['!!str 12', '12'],
  ['!!int "12"', 12],
  ['|\n  0644', '0644\n'],
];

suite('plain scalars', () => {
  for (const [source, expected] of table) {
    test(`${JSON.stringify(source)} is ${JSON.stringify(expected)}`, () => {
      const found = read(source);
      assert.deepStrictEqual(found, expected);
    });
  }

  test('keys are read by the same rules and become text', () => {
    const found = read('{on: 1, 1: 2, 0x10: 3, ~x: 4}');
    assert.deepEqual(found, { true: 1, 1: 2, 16: 3, '~x': 4 });
  });

  test('merge keys take over what is not there', () => {
    assert.deepEqual(read('{base: &base {a: 1, b: 2}, more: {<<: *base, b: 3}}'), {
      base: { a: 1, b: 2 },
      more: { a: 1, b: 3 },
    });
  });

  test('a directive is refused, since kubectl cuts it off its document', () => {
    const text = '%YAML 1.1\n---\napiVersion: v1\nkind: A\nmetadata: {name: a}\n';
    const { resources, problems } = parseFile('a.yaml', Buffer.from(text));
    assert.deepEqual(resources, []);
    assert.deepEqual(problems[0]?.location, { file: 'a.yaml', line: 1, column: 1 });
  });
});

suite('scalars that JSON can not carry', () => {
  for (const source of [
    '9007199254740992',
    '-9007199254740993',
    '0xFFFFFFFFFFFFFFFF',
    '.inf',
    '-.Inf',
    '.nan',
  ]) {
    test(`${source} is refused at its place`, () => {
      const text = `apiVersion: v1\nkind: A\nmetadata: {name: a}\nvalue: ${source}\n`;
      const { resources, problems } = parseFile('a.yaml', Buffer.from(text));
      assert.deepEqual(resources, []);
      assert.equal(problems[0]?.code, 'YAML_INVALID');
      assert.deepEqual(problems[0]?.location, { file: 'a.yaml', line: 4, column: 8 });
    });
  }
});
