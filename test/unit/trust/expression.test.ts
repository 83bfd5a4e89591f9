// CEL on an attestation's predicate: what it means, and that neither its author nor who signed can make it costly.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { PolicyError } from '../../../src/errors.ts';
import { expressionLimits } from '../../../src/limits.ts';
import { parseExpression } from '../../../src/trust/expression.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

const predicate = {
  builder: { id: 'https://github.com/acme/app', isHosted: true },
  findings: [
    { severity: 'low', score: 1 },
    { severity: 'medium', score: 4.5 },
  ],
  count: 3,
  none: null,
  tags: ['a', 'b'],
  finishedOn: '2026-03-04T05:06:07Z',
};

suite('an expression', () => {
  const table: readonly (readonly [string, boolean])[] = [
    ['true', true],
    ['false', false],
    ['predicate.builder.isHosted', true],
    ['!predicate.builder.isHosted', false],
    ["predicate.builder.id == 'https://github.com/acme/app'", true],
    ["predicate.builder.id.startsWith('https://github.com/acme/')", true],
    ["predicate.builder.id.matches('^https://github.com/evil/')", false],
    ['predicate.count == 3', true],
    ['predicate.count > 2 && predicate.count < 4', true],
    ['predicate.count <= 3', true],
    ['predicate.count <= 3.0 && predicate.count == 3.0 && predicate.count == 3u', true],
    ['predicate.count <= 2.5', false],
    ['double(predicate.count) + 0.5 == 3.5', true],
    ['predicate.findings[1].score < 5.0', true],
    ['predicate.findings[1].score < 5', true],
    ["predicate.findings.all(f, f.severity != 'critical')", true],
    ["predicate.findings.exists(f, f.severity == 'medium' && f.score > 4)", true],
    ["predicate.findings.filter(f, f.severity == 'low').size() == 1", true],
    ["predicate.findings.map(f, f.severity) == ['low', 'medium']", true],
    ["'a' in predicate.tags", true],
    ["{'x': predicate.count}['x'] == 3", true],
    ['has(predicate.builder) && !has(predicate.other)', true],
    ['predicate.none == null', true],
    // Not as the specification has it: to the library, a field that is null is not there.
    ['has(predicate.none)', false],
    ["'count' in predicate && !('other' in predicate)", true],
    ["'' in predicate.tags", false],
    ["predicate.findings.exists_one(f, f.severity == 'low')", true],
    ["timestamp(predicate.finishedOn) < timestamp('2026-04-01T00:00:00Z')", true],
    ["timestamp(predicate.finishedOn) - timestamp('2026-03-01T00:00:00Z') < duration('48h')", false],
    ["int('3') == predicate.count && string(predicate.count) == '3'", true],
    ['predicate.tags + predicate.tags == [predicate.tags[0], "b", "a", "b"]', true],
    ['predicate.findings[0] in predicate.findings', true],
    ["b'a' == b'b'", false],
    ['predicate == predicate', true],
    ["predicate.tags == ['a']", false],
    ['predicate.other == 1 || predicate.count == 3', true],
    ['google.protobuf.BoolValue{value: predicate.builder.isHosted} == true', true],
    ['has(predicate.other) ? predicate.other.is : true', true],
    ['predicate.tags.all(a, predicate.tags.exists(b, predicate.tags.exists(c, a == b && b == c)))', true],
  ];
  for (const [text, holds] of table) {
    test(`${text} ${holds ? 'holds' : 'does not hold'}`, () => {
      assert.deepEqual(parseExpression(text).evaluate(predicate), { holds });
    });
  }

  test('keeps its text', () => assert.equal(parseExpression('true').text, 'true'));

  const failing: readonly (readonly [string, string])[] = [
    ['of a field that is not there', 'predicate.other'],
    ['of a field below one that is not there', "predicate.other.id == 'a'"],
    ['whose result is no boolean', 'predicate.count'],
    ['whose result is text', "'true'"],
    ['whose result is null', 'predicate.none'],
    ['of two types', 'predicate.builder > 3'],
    ['that divides by nothing', 'predicate.count / 0 == 1'],
    ['behind the end of a list', "predicate.tags[7] == 'a'"],
    ['of a number in an object', "predicate[7] == 'a'"],
    ['of an inherited name', 'predicate.constructor == 1'],
    ['that adds an int to a double', 'predicate.count + 0.5 > 3.0'],
    ['of a pattern on what is no text', "predicate.count.matches('3')"],
    ['of what is no time', "timestamp(predicate.tags[0]) < timestamp('2026-04-01T00:00:00Z')"],
    ['that goes through what is no list', 'predicate.count.all(x, true)'],
  ];
  for (const [name, text] of failing) {
    test(`${name} fails, and never holds`, () => {
      const outcome = parseExpression(text).evaluate(predicate);
      assert.ok('failed' in outcome, JSON.stringify(outcome));
    });
  }

  test('fails on what is no JSON', () => {
    const { evaluate } = parseExpression('true');
    for (const value of [undefined, Symbol('x'), () => true, { a: undefined }]) {
      assert.ok('failed' in evaluate(value), typeof value);
    }
  });
});

suite('an expression is refused', () => {
  const nested = (count: number): string => `${'('.repeat(count)}true${')'.repeat(count)}`;
  const negated = (count: number): string => `${'!'.repeat(count)}true`;
  const loop = (count: number): string =>
    count === 0 ? 'true' : `predicate.all(x${count}, ${loop(count - 1)})`;
  const table: readonly (readonly [string, string])[] = [
    ['that is empty', ''],
    ['that is no CEL', 'predicate.'],
    ['that is two', 'true; true'],
    ['with a variable that is not there', 'request.isGood'],
    ['with a variable of a loop outside it', 'predicate.all(x, true) && x'],
    ['with an unknown variable in a list', '[other] == []'],
    ['with an unknown variable as a key', "{other: 1} == {'a': 1}"],
    ['with an unknown variable as a value', "{'a': other} == {'a': 1}"],
    ['with an unknown variable as an argument', 'predicate.a.startsWith(other)'],
    ['with an unknown variable that a loop goes through', 'other.all(x, true)'],
    ['that is huge', `'${'x'.repeat(expressionLimits.textLength)}' == ''`],
    [
      'that nests too deep',
      `${'['.repeat(expressionLimits.depth + 2)}${']'.repeat(expressionLimits.depth + 2)} == []`,
    ],
    ['with too many loops in each other', loop(expressionLimits.loops + 1)],
    ['whose text nests too deep to be read', '('.repeat(2000)],
    ['with a function that is not there', 'predicate.isGood()'],
    ['with a function that is called unlike it is', 'predicate.id.startsWith()'],
    ['with a method that is called as a function', "startsWith(predicate.id, 'a')"],
    ['with a pattern that is wrong', "predicate.id.matches('[')"],
    ['with a pattern that only backtracking can match', "predicate.id.matches(r'(a)\\1')"],
    ['with a pattern out of the predicate', 'predicate.id.matches(predicate.pattern)'],
    [
      'with a pattern that is long',
      `predicate.id.matches('${'a'.repeat(expressionLimits.patternLength + 1)}')`,
    ],
  ];
  for (const [name, text] of table) {
    test(name, () => {
      assertThrowsWithCode(() => parseExpression(text), PolicyError, 'POLICY_INVALID');
    });
  }

  test('with words that say where and why', () => {
    const message = (text: string): string => {
      try {
        parseExpression(text);
      } catch (error) {
        return error instanceof Error ? error.message : '';
      }
      return '';
    };
    assert.equal(
      message('predicate.a ==\n  == 3'),
      'expression "predicate.a ==\\n  == 3" at line 1, column 13: found = but expecting end of input',
    );
    assert.equal(
      message('request.isGood'),
      'expression "request.isGood" knows no variable request, only predicate',
    );
    assert.match(message('('.repeat(2000)), / nests too deep$/u);
  });

  test('not within its bounds', () => {
    assert.ok(parseExpression(loop(expressionLimits.loops)));
    assert.deepEqual(parseExpression(nested(30)).evaluate({}), { holds: true });
    assert.deepEqual(parseExpression(negated(2)).evaluate({}), { holds: true });
  });

  test('whatever its text: an expression, or that code', () => {
    const words = fc.constantFrom(
      'predicate',
      '.',
      'a',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      ':',
      ',',
      'all',
      '1',
      "'x'",
      '&&',
      '!',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            const outcome = parseExpression(text).evaluate(predicate);
            assert.ok('failed' in outcome || typeof outcome.holds === 'boolean');
          } catch (error) {
            assert.ok(error instanceof PolicyError && error.code === 'POLICY_INVALID', String(error));
          }
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});

suite('a predicate that would be costly fails', () => {
  const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
  const object = (count: number): Readonly<Record<string, number>> =>
    Object.fromEntries(numbers(count).entries());
  const literal = `[${'0,'.repeat(600)}0]`;
  const table: readonly (readonly [string, string, unknown])[] = [
    ['that is huge', 'true', numbers(expressionLimits.steps)],
    ['in two loops', 'predicate.all(a, predicate.all(b, a == b || true))', numbers(1200)],
    [
      'that is searched in a loop',
      'predicate.xs.all(x, x in predicate.ys)',
      { xs: numbers(20_000).map(() => 19_999), ys: numbers(20_000) },
    ],
    [
      'that is searched for an object in a loop',
      'predicate.all(x, !({"a": x} in predicate))',
      numbers(2000).map((a) => ({ b: a })),
    ],
    [
      'that is compared in a loop',
      'predicate.xs.all(x, predicate.ys == predicate.zs)',
      { xs: numbers(20_000), ys: numbers(20_000), zs: numbers(20_000) },
    ],
    [
      'of objects that are compared in a loop',
      'predicate.xs.all(x, predicate.y == predicate.z)',
      { xs: numbers(20_000), y: object(2000), z: object(2000) },
    ],
    [
      'whose keys are looked for by number in a loop',
      'predicate.xs.all(x, !(x in predicate.y) && !has(predicate.y.a))',
      { xs: numbers(20_000), y: object(20_000) },
    ],
    [
      'whose text is searched in a loop',
      "predicate.xs.all(x, !predicate.text.contains('ab'))",
      { xs: numbers(20_000), text: 'a'.repeat(1_000_000) },
    ],
    [
      'whose text is matched in a loop',
      "predicate.xs.all(x, !predicate.text.matches('(a|b)*c[de]$'))",
      { xs: numbers(20_000), text: 'a'.repeat(1_000_000) },
    ],
    ['whose text is read as a number', 'int(predicate) > 0', '9'.repeat(1_000_000)],
    ['where an expression doubles text', `['ab']${'.map(s, s + s)'.repeat(40)}[0].size() > 0`, {}],
    ['where an expression doubles a list', `[[0]]${'.map(a, a + a)'.repeat(30)}[0].all(x, true)`, {}],
    [
      'where an expression doubles values',
      `([0]${'.map(a, [a, a])'.repeat(30)}) == ([0]${'.map(a, [a, a])'.repeat(30)})`,
      {},
    ],
    [
      'where an expression loops over lists of its own',
      `${literal}.all(a, ${literal}.all(b, ${literal}.all(c, true)))`,
      {},
    ],
  ];
  for (const [name, text, value] of table) {
    test(name, () => assert.ok('failed' in parseExpression(text).evaluate(value)));
  }

  test('also where the expression forgives errors', () => {
    const { evaluate } = parseExpression('predicate.all(a, predicate.all(b, a == b)) || true');
    assert.deepEqual(evaluate(numbers(5000).map(() => 0)), {
      failed: `can not be judged: predicate takes more than ${expressionLimits.steps} steps`,
    });
    assert.deepEqual(evaluate([]), { holds: true });
  });

  test('and one that is not does not', () => {
    const holds = (text: string, value: unknown): void =>
      assert.deepEqual(parseExpression(text).evaluate(value), { holds: true });
    holds('predicate.all(a, a >= 0)', numbers(20_000));
    holds('predicate.all(a, predicate.exists(b, a == b))', numbers(150));
    // The library's own lists of filter and map would exhaust the stack.
    holds('predicate.filter(a, a >= 0).map(a, a + 1).all(a, a > 0)', numbers(4000));
    holds("predicate.all(a, a.matches('^https://[a-z]+/'))", Array(10_000).fill('https://a/b'));
  });

  test('where it nests too deep', () => {
    let deep: unknown = true;
    for (let depth = 0; depth <= expressionLimits.depth; depth += 1) deep = { a: deep };
    assert.ok('failed' in parseExpression('true').evaluate(deep));
  });

  test('where a pattern of the author’s would backtrack: it does not', () => {
    const { evaluate } = parseExpression("predicate.text.matches('(a+)+$')");
    assert.deepEqual(evaluate({ text: `${'a'.repeat(5000)}b` }), { holds: false });
  });

  test('whatever it is: an answer, never an error', () => {
    const { evaluate } = parseExpression("predicate.builder.id == 'x' || predicate.all(f, f.score > 1)");
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const outcome = evaluate(value);
        assert.ok('failed' in outcome || typeof outcome.holds === 'boolean');
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
