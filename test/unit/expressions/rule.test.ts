// Rules of CRDs: what they can not cost, and what is told of those that this evaluator does not know.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createRuleCompiler, type RuleOutcome, type RuleValue } from '../../../src/expressions/rule.ts';
import { ExpressionError } from '../../../src/expressions/program.ts';

const steps = 100_000;
const compile = createRuleCompiler(steps);
const long = 'a'.repeat(20_000);
const list: RuleValue = Array.from({ length: 1000 }, (_, index) => BigInt(index));

function evaluate(text: string, self: RuleValue = null): RuleOutcome {
  return compile(text).evaluate(self);
}

suite('a rule', () => {
  const costly: readonly (readonly [string, RuleValue])[] = [
    ['self.all(a, self.all(b, self.all(c, a + b + c >= 0)))', list],
    ["self.replace('a', self).size() > 0", long],
    ["self.replace('', self).size() > 0", long],
    ['self.map(a, self).flatten().size() > 0', list],
    ["self.map(a, 'x').join(self.map(a, string(a)).join(',')).size() > 0", list],
    ['sets.equivalent(self, self)', list],
    ['self.distinct().size() > 0', list],
    ["self.findAll('a?').size() > 0", long],
    ["self.find('(a{100}){9}b') == ''", long],
    ['[self, self].all(a, [a, a].all(b, b.map(c, b).size() > 0 && b.map(c, b) == b.map(c, b)))', list],
    ['lists.range(10000).map(a, lists.range(10000)).size() > 0', null],
    ["'%s'.format([self.map(a, self)]).size() > 0", list],
    ['self.map(a, self).sum().size() > 0', list],
  ];
  for (const [text, self] of costly) {
    test(`costs no more than it may: ${text}`, () => {
      const startedMs = performance.now();
      const outcome = evaluate(text, self);
      assert.equal(
        outcome.outcome,
        'unchecked',
        JSON.stringify(outcome, (_, value) => String(value)),
      );
      assert.ok(
        outcome.outcome === 'unchecked' && /more than 100000 steps/u.test(outcome.reason),
        JSON.stringify(outcome),
      );
      assert.ok(performance.now() - startedMs < 5000);
    });
  }

  test('that is not known is not compiled', () => {
    for (const text of [
      "semver('1.2.3').major() == 1",
      'self.?a.hasValue()',
      'oldSelf == 1',
      "authorizer.group('').resource('pods').check('get').allowed()",
      'self.matches(self)',
      'self.all(i, v, v > 0)',
      '(',
      `self == '${long}'`,
    ]) {
      assert.throws(() => compile(text), ExpressionError, text);
    }
  });

  test('that the API server fails on is told from one that it may know', () => {
    const fails = (text: string, self?: RuleValue): void =>
      assert.equal(evaluate(text, self).outcome, 'failed', text);
    fails('self.a == 1', new Map());
    fails('self[3] == 1', [1n]);
    fails('1 / self == 1', 0n);
    fails("quantity('x').isInteger()");
    fails("ip('x').family() == 4");
    fails("url('x').getHost() == ''");
    fails('self.max() == 1', []);
    assert.equal(evaluate("self < 'a'", 1n).outcome, 'unchecked');
    assert.equal(
      evaluate('self == timestamp("2020-01-01T00:00:00Z")', { type: 'timestamp', text: 'x' }).outcome,
      'failed',
    );
  });

  test('takes its own values for no maps, and maps for none of them', () => {
    assert.equal(evaluate("{'@quantity': '1'}.isInteger()").outcome, 'unchecked');
    assert.equal(evaluate("ip('1.2.3.4').isInteger()").outcome, 'unchecked');
    assert.deepEqual(evaluate("quantity('1') == quantity('1000m')"), {
      outcome: 'value',
      value: true,
      steps: 4,
    });
  });
});
