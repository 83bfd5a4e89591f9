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
    ['predicate.findings[1].score < 5.0', true],
    ["predicate.findings.all(f, f.severity != 'critical')", true],
    ["predicate.findings.exists(f, f.severity == 'medium' && f.score > 4)", true],
    ["predicate.findings.filter(f, f.severity == 'low').size() == 1", true],
    ["predicate.findings.map(f, f.severity) == ['low', 'medium']", true],
    ["'a' in predicate.tags", true],
    ["{'x': predicate.count}['x'] == 3", true],
    ['has(predicate.builder) && !has(predicate.other)', true],
    ['predicate.none == null', true],
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
  ];
  for (const [name, text] of table) {
    test(name, () => {
      assertThrowsWithCode(() => parseExpression(text), PolicyError, 'POLICY_INVALID');
    });
  }

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
  test('where it has more values than the loops may go through', () => {
    const list = Array.from({ length: 1200 }, () => 0);
    const once = parseExpression('predicate.all(a, a == 0)');
    assert.deepEqual(once.evaluate(list), { holds: true });
    const twice = parseExpression('predicate.all(a, predicate.all(b, a == b))');
    assert.ok('failed' in twice.evaluate(list));
    assert.deepEqual(twice.evaluate(list.slice(0, 50)), { holds: true });
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
