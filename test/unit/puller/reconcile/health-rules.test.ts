// Health by expressions: Flux' order, and what can't be judged is not done yet.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { evaluateHealth, parseHealthRules } from '../../../../puller/reconcile/health-rules.ts';
import { InputError } from '../../../../src/errors.ts';
import type { KubeObject } from '../../../../src/kube/object.ts';
import { assertThrowsWithCode } from '../../../helpers/assert-rejects.ts';

const metadata = { name: 'one', uid: 'uid', resourceVersion: '5', generation: 2 };
const exprs = {
  apiVersion: 'shop.example/v1',
  kind: 'Cart',
  inProgress: "status.phase == 'Running' || status.phase == 'Odd'",
  failed: "status.phase == 'Broken' || status.phase == 'Odd'",
  current: "status.phase in ['Done', 'Odd']",
};

function stateOf(
  object: Omit<KubeObject, 'metadata'>,
  more: Partial<KubeObject['metadata']> = {},
): readonly string[] {
  const { state, message } = evaluateHealth(parseHealthRules(exprs, 'spec'), {
    ...object,
    metadata: { ...metadata, ...more },
  });
  return [state, message];
}

suite('health rules', () => {
  for (const [phase, state] of [
    ['Running', 'InProgress'],
    ['Broken', 'Failed'],
    ['Done', 'Current'],
    ['Odd', 'InProgress'],
    ['Other', 'InProgress'],
  ] as const) {
    test(`of phase ${phase} are ${state}`, () => assert.equal(stateOf({ status: { phase } })[0], state));
  }

  test('that can not be judged say why', () => {
    const [state, message] = stateOf({});
    assert.equal(state, 'InProgress');
    assert.match(message ?? '', /can not be judged/u);
  });

  test('come after the generation, and after a deletion', () => {
    const status = { phase: 'Done', observedGeneration: 1 };
    assert.deepEqual(stateOf({ status }), ['InProgress', 'generation 2 is not observed yet']);
    assert.equal(stateOf({ status: { phase: 'Done' } }, { deletionTimestamp: 'x' })[0], 'InProgress');
  });

  test('that cost too much fail', () => {
    const items = Array.from({ length: 2000 }, (_, index) => index);
    const rules = parseHealthRules(
      {
        ...exprs,
        inProgress: undefined,
        failed: undefined,
        current: 'items.all(x, items.all(y, x <= y || y <= x))',
      },
      'spec',
    );
    const { state, message } = evaluateHealth(rules, { metadata, items });
    assert.equal(state, 'InProgress');
    assert.match(message, /takes more than \d+ steps/u);
  });

  test('that can not be read name the field', () => {
    assertThrowsWithCode(
      () => parseHealthRules({ ...exprs, failed: 'a.' }, 'spec'),
      InputError,
      'INPUT_INVALID',
    );
    assert.throws(() => parseHealthRules({ ...exprs, failed: 'a.' }, 'spec.x[1]'), /spec\.x\[1\]\.failed: /u);
  });
});
