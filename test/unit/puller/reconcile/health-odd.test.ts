// Objects of custom kinds whose spec and status have forms of their own: what health is read from counts, nothing else.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { computeHealth } from '../../../../puller/reconcile/health.ts';
import type { KubeObject } from '../../../../src/kube/object.ts';

const kind = { group: 'db.example', kind: 'Cluster' };
const ready = (status: unknown) => ({ conditions: [{ type: 'Ready', status, message: 'full' }] });

function stateOf(members: object): string {
  const metadata = { name: 'db', uid: 'uid', resourceVersion: '1', generation: 2 };
  const object: KubeObject = { metadata, ...members };
  const { state, message } = computeHealth(kind, object);
  return `${state} ${message}`.trim();
}

suite('an object of a custom kind', () => {
  for (const [name, members] of Object.entries({
    'with replicas of its own form': { spec: { replicas: { min: 1, max: 3 }, suspend: 'never' } },
    'with a spec that is a text': { spec: 'three nodes' },
    'with counts that are texts': { status: { replicas: '3', readyReplicas: null, phase: 7 } },
    'with revisions that are numbers': { status: { currentRevision: 4, updateRevision: 5 } },
    'with conditions by name': { status: { conditions: { Ready: 'False' } } },
  })) {
    test(`${name} has nothing to wait for`, () => assert.equal(stateOf(members), 'Current'));
    test(`${name} is waited for by its Ready condition`, () => {
      const { status = {} } = members as { status?: object };
      assert.equal(stateOf({ ...members, status: { ...status, ...ready('False') } }), 'InProgress full');
    });
  }

  test('with an odd condition beside it is waited for by its Ready condition', () => {
    for (const odd of [null, 'Ready', { type: 7 }, { type: 'Synced' }, { type: 'Synced', status: true }]) {
      const { conditions } = ready('False');
      assert.equal(stateOf({ status: { conditions: [odd, ...conditions] } }), 'InProgress full');
    }
  });

  test('with a Ready condition of odd members is waited for', () => {
    assert.equal(stateOf({ status: ready(false) }), 'InProgress full');
    assert.equal(stateOf({ status: ready(true) }), 'Current');
    assert.equal(stateOf({ status: ready(null) }), 'InProgress full');
    const conditions = [{ type: 'Ready', status: 'False', message: { en: 'full' }, observedGeneration: '2' }];
    assert.equal(stateOf({ status: { conditions } }), 'InProgress is not ready');
  });

  test('whose generation is not observed yet is waited for, and by one of another form is not', () => {
    assert.match(stateOf({ status: { observedGeneration: 1 } }), /^InProgress generation 2/u);
    assert.equal(stateOf({ status: { observedGeneration: 'two' } }), 'Current');
  });
});
