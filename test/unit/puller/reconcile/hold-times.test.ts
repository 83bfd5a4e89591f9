import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { endOf, isFor, nextHolds, type Hold } from '../../../../puller/reconcile/hold-times.ts';
import type { RecordedHold } from '../../../../puller/reconcile/record.ts';
import { deliverySchema, type Delivery } from '../../../../src/api/delivery.ts';

const hour = 3_600_000;
const nowMs = Date.parse('2026-03-01T12:00:00Z');
const maxMs = 4 * hour;

function holdOf(members: Partial<Hold> = {}): Hold {
  const target = { kind: 'ConfigMap', name: 'settings' };
  return { target, until: '2026-03-01T20:00:00Z', reason: 'incident', ...members };
}

function deliveryWith(...holds: readonly Hold[]): Delivery {
  return deliverySchema.parse({
    metadata: { namespace: 'shop', name: 'app', uid: 'uid', resourceVersion: '1' },
    spec: { source: { url: 'oci://registry.site/app', ref: { tag: 'prod' } }, prune: true, holds },
  });
}

function next(holds: readonly Hold[], recorded: readonly RecordedHold[], atMs = nowMs) {
  return nextHolds(deliveryWith(...holds), recorded, { nowMs: atMs, maxMs });
}

suite('a hold', () => {
  test('begins when it is first seen, and ends with the policy’s time', () => {
    const { holds, begun } = next([holdOf()], []);
    const [one] = holds;
    assert.ok(one);
    assert.deepEqual([begun.length, one.sinceMs, endOf(one, maxMs)], [1, nowMs, nowMs + maxMs]);
  });

  test('ends at its own time where that is sooner', () => {
    const [one] = next([holdOf({ until: '2026-03-01T13:00:00Z' })], []).holds;
    assert.ok(one);
    assert.equal(endOf(one, maxMs), nowMs + hour);
  });

  test('is over once, when its time has come', () => {
    const { holds } = next([holdOf()], []);
    const later = next([holdOf()], holds, nowMs + maxMs);
    assert.deepEqual([later.over.length, later.begun.length], [1, 0]);
    const again = next([holdOf()], later.holds, nowMs + maxMs + 1);
    assert.deepEqual([again.over.length, again.begun.length, again.refused.length], [0, 0, 0]);
  });

  test('that is over already when it is seen is refused', () => {
    const news = next([holdOf({ until: '2026-03-01T11:00:00Z' })], []);
    assert.deepEqual([news.refused.length, news.begun.length, news.over.length], [1, 0, 0]);
  });

  test('with a time that is none is refused', () => {
    assert.equal(next([holdOf({ until: 'tomorrow' })], []).refused.length, 1);
  });

  test('taken out and written again has the same end', () => {
    const { holds } = next([holdOf()], []);
    const without = next([], holds, nowMs + hour);
    assert.deepEqual([without.released.length, without.holds.length], [1, 1]);
    const again = next([holdOf()], without.holds, nowMs + 2 * hour);
    const [one] = again.holds;
    assert.ok(one);
    assert.deepEqual([again.begun.length, endOf(one, maxMs)], [1, nowMs + maxMs]);
  });

  for (const [name, other] of [
    ['another reason', holdOf({ reason: 'more' })],
    ['another end', holdOf({ until: '2026-03-02T20:00:00Z' })],
    ['its namespace', holdOf({ target: { kind: 'ConfigMap', name: 'settings', namespace: 'shop' } })],
    ['its group', holdOf({ target: { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings' } })],
  ] as const) {
    test(`that takes the place of one in force by ${name} goes on with its time`, () => {
      const { holds } = next([holdOf()], []);
      const [one] = next([other], holds, nowMs + hour).holds;
      assert.ok(one);
      assert.equal(endOf(one, maxMs), nowMs + maxMs);
    });
  }

  test('for another object has its own time', () => {
    const { holds } = next([holdOf()], []);
    const other = holdOf({ target: { kind: 'ConfigMap', name: 'other' } });
    const [one] = next([other], holds, nowMs + hour).holds;
    assert.equal(one?.sinceMs, nowMs + hour);
  });

  test('is forgotten when it could not matter any more', () => {
    const { holds } = next([holdOf()], []);
    const { holds: left } = next([], holds, nowMs);
    assert.equal(next([], left, nowMs + 9 * hour).holds.length, 0);
  });
});

suite('the object of a hold', () => {
  const object = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
  const targets: readonly (readonly [string, Hold['target'], boolean])[] = [
    ['by kind and name', { kind: 'Deployment', name: 'web' }, true],
    ['by its group', { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1beta1' }, true],
    ['not of another group', { kind: 'Deployment', name: 'web', apiVersion: 'v1' }, false],
    ['not of another namespace', { kind: 'Deployment', name: 'web', namespace: 'other' }, false],
    ['not of another name', { kind: 'Deployment', name: 'we' }, false],
  ];
  for (const [name, target, expected] of targets) {
    test(name, () => assert.equal(isFor(holdOf({ target }), object, deliveryWith()), expected));
  }

  test('of a cluster-scoped kind has one way to be written: another namespace would give it another time', () => {
    const role = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', name: 'app' };
    const target = { kind: 'ClusterRole', name: 'app' };
    assert.ok(isFor(holdOf({ target }), role, deliveryWith()));
    assert.ok(!isFor(holdOf({ target: { ...target, namespace: 'other' } }), role, deliveryWith()));
  });
});
