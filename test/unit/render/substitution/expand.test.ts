// Expressions in texts: each form that Flux has, what it does not say, and random texts beside Flux' own library.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { expand, ExpansionError } from '../../../../src/render/substitution/expand.ts';
import { askEnvsubst } from '../../../helpers/envsubst-oracle.ts';

const variables: Readonly<Record<string, string>> = {
  app: 'web',
  Empty: '',
  region: 'eu-central-1',
  path: '/a/b/c.tar.gz',
  dollar: '${app} $$ $1 $&',
  lines: 'one\ntwo: "3"',
  wide: 'äöü',
};
const lookup = (name: string): string | undefined =>
  Object.hasOwn(variables, name) ? variables[name] : undefined;

const table: readonly (readonly [string, string])[] = [
  ['plain', 'plain'],
  ['$app $ $', '$app $ $'],
  ['${app}', 'web'],
  ['a-${app}-${region}.b', 'a-web-eu-central-1.b'],
  ['$${app}', '${app}'],
  ['$$${app}', '$web'],
  ['$$', '$'],
  ['a$$$$b', 'a$$b'],
  ['${dollar}', '${app} $$ $1 $&'],
  ['${lines}', 'one\ntwo: "3"'],
  ['${none:-x}', 'x'],
  ['${none:=x y}', 'x y'],
  ['${none=x}', 'x'],
  ['${none:-}', ''],
  ['${Empty:-x}', 'x'],
  ['${Empty:=x}', 'x'],
  ['${app:-x}', 'web'],
  ['${none:=${app}}', 'web'],
  ['${none:-a${app}b${region}}', 'awebbeu-central-1'],
  ['${none:-${other:-deep}}', 'deep'],
  ['${#region}', '12'],
  ['${#wide}', '6'],
  ['${app^}', 'Web'],
  ['${app^^}', 'WEB'],
  ['${app,}', 'web'],
  ['${wide^^}', 'ÄÖÜ'],
  ['${Empty^}', ''],
  ['${region:3}', 'central-1'],
  ['${region:3:7}', 'central'],
  ['${region:0:-2}', 'eu-central'],
  ['${region:20}', ''],
  ['${region:20:1}', ''],
  ['${region:x}', 'eu-central-1'],
  ['${region#*-}', 'central-1'],
  ['${region##*-}', '1'],
  ['${region%-*}', 'eu-central'],
  ['${region%%-*}', 'eu'],
  ['${region#x}', 'eu-central-1'],
  ['${path##*/}', 'c.tar.gz'],
  ['${path#?a}', '/b/c.tar.gz'],
  ['${app#[a-w]}', 'eb'],
  ['${region/-/_}', 'eu_central-1'],
  ['${region//-/_}', 'eu_central_1'],
  ['${region//-/}', 'eucentral1'],
  ['${region/#eu/us}', 'us-central-1'],
  ['${region/%1/2}', 'eu-central-2'],
  ['${path//\\//.}', '.a.b.c.tar.gz'],
  ['${app/web/$&}', '$&'],
  ['${region/${none:-eu}/${app}}', 'web-central-1'],
];

suite('expressions', () => {
  for (const [text, expected] of table)
    test(`${text} is ${JSON.stringify(expected)}`, () => assert.equal(expand(text, lookup), expected));

  test('are what Flux makes of them', async () => {
    const answers = await askEnvsubst(table.map(([text]) => ({ text, variables })));
    for (const [index, [text, expected]] of table.entries())
      assert.deepEqual(answers[index], { text: expected }, text);
  });

  const broken = [
    '${',
    '${}',
    '${app',
    '${app:-',
    '${app:',
    '${app:}',
    '${app/a}',
    '${app/',
    '${#}',
    '${-x}',
    '${app!}',
    '${app#}',
    '${app#[a}',
    '${app:?x}',
    '${app:+x}',
  ];
  for (const text of broken) {
    test(`${text} is refused`, () => {
      assert.throws(
        () => expand(text, lookup),
        (error) => error instanceof ExpansionError && error.kind === 'syntax',
      );
    });
  }

  for (const text of [
    '${none}',
    '${none^^}',
    '${none:1}',
    '${#none}',
    '${none/a/b}',
    '${none#a}',
    '${1}',
    '${toString}',
    '${__proto__}',
    '${x:-${none}}',
  ]) {
    test(`${text} has no value`, () => {
      assert.throws(
        () => expand(text, lookup),
        (error) => error instanceof ExpansionError && error.kind === 'missing',
      );
    });
  }

  test('nest and grow within bounds', () => {
    const deep = (depth: number): string => (depth === 0 ? '${app}' : `\${none:-${deep(depth - 1)}}`);
    assert.equal(expand(deep(7), lookup), 'web');
    const isLimit = (error: unknown): boolean => error instanceof ExpansionError && error.kind === 'limit';
    assert.throws(() => expand(deep(8), lookup), isLimit);
    const big = 'x'.repeat(100_000);
    assert.throws(() => expand('${big}'.repeat(40), () => big), isLimit);
    assert.throws(() => expand('${big//x/${big}}', () => big), isLimit);
  });

  test('are not asked to compare each character with thousands of others', () => {
    const classes = `\${v##*[${'a-b'.repeat(5000)}]}`;
    assert.throws(
      () => expand(classes, () => 'z'.repeat(100_000)),
      (error) => error instanceof ExpansionError && error.subject.startsWith('pattern'),
    );
  });

  test('tell by which variables they became what', () => {
    const told: unknown[] = [];
    expand('a ${app} ${none:-${region}}', lookup, (text, names) => told.push([text, names]));
    assert.deepEqual(told, [
      ['web', ['app']],
      ['eu-central-1', ['none', 'region']],
    ]);
  });
});

const piece = fc.constantFrom(
  '$',
  '{',
  '}',
  '${',
  ':',
  '-',
  '=',
  '#',
  '%',
  '/',
  ',',
  '^',
  '\\',
  '*',
  'a',
  'app',
  'none',
  'region',
  '1',
  '-',
  ' ',
  '${app}',
  '${none:-',
);
const texts = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));

test('whatever the text, an expansion ends in text or in an error of its own', () => {
  fc.assert(
    fc.property(texts, (text) => {
      try {
        assert.equal(typeof expand(text, lookup), 'string');
      } catch (error) {
        if (!(error instanceof ExpansionError)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});

test('random expressions become what Flux makes of them, or are refused', async () => {
  const operand = fc.constantFrom('eu', '-', '1', 'c', '*', '*-', '-*', '?', 'x', '/', '${app}');
  const operator = fc.constantFrom(
    ':-',
    ':=',
    '=',
    ':',
    '#',
    '##',
    '%',
    '%%',
    '/',
    '//',
    '/#',
    '/%',
    '^',
    '^^',
    ',',
    ',,',
    '',
  );
  const expression = fc
    .tuple(
      fc.constantFrom('app', 'region', 'path', 'none', 'Empty'),
      operator,
      fc.array(operand, { maxLength: 3 }),
      fc.boolean(),
      operand,
    )
    .map(
      ([name, op, operands, isSecond, second]) =>
        `\${${name}${op}${operands.join('')}${isSecond ? `${op.startsWith('/') ? '/' : ':'}${second}` : ''}}`,
    );
  const asked = fc.sample(expression, { numRuns: 2000, seed: 7 });
  const answers = await askEnvsubst(asked.map((text) => ({ text, variables })));
  let same = 0;
  for (const [index, text] of asked.entries()) {
    const answer = answers[index];
    let ours: string;
    try {
      ours = expand(text, lookup);
    } catch (error) {
      assert.ok(error instanceof ExpansionError, String(error));
      continue;
    }
    // What Flux refuses beside this is bash's form, which is read here as bash does.
    if (answer?.error !== undefined) continue;
    assert.equal(ours, answer?.text, text);
    same += 1;
  }
  assert.ok(same > 500, `${same} were compared`);
});
