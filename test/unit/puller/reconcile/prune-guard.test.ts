import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkPruneGuard } from '../../../../puller/reconcile/prune-guard.ts';
import type { RecordEntry } from '../../../../puller/reconcile/record.ts';
import { deliverySchema, type Delivery } from '../../../../src/api/delivery.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const applied = { uid: 'u', hash: 'h', fieldsHash: 'f', fieldsTime: 't' };

function deliveryWith(
  pruneGuard: object | undefined,
  annotations: Readonly<Record<string, string>> = {},
): Delivery {
  return deliverySchema.parse({
    metadata: { name: 'app', namespace: 'shop', uid: 'u', resourceVersion: '1', annotations },
    spec: { source: { url: 'oci://r.example/a', ref: { tag: 't' } }, prune: true, pruneGuard },
  });
}

function leavers(count: number, more: Partial<RecordEntry> = {}): ReadonlyMap<string, RecordEntry> {
  const entry = {
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    namespace: 'shop',
    name: 'a',
    applied,
    ...more,
  };
  return new Map(Array.from({ length: count }, (_, index) => [`${index}`, entry]));
}

suite('the prune guard', () => {
  for (const [name, guard, count, total, isHeld] of [
    ['without limits', undefined, 10, 10, false],
    ['with no limit given', {}, 10, 10, false],
    ['at its number', { maxObjects: 3 }, 3, 10, false],
    ['beyond its number', { maxObjects: 3 }, 4, 10, true],
    ['at its share', { maxPercent: 30 }, 3, 10, false],
    ['beyond its share', { maxPercent: 30 }, 4, 10, true],
    ['beyond one of two', { maxPercent: 90, maxObjects: 1 }, 2, 10, true],
    ['at nothing', { maxObjects: 0 }, 1, 10, true],
    ['at all', { maxPercent: 100 }, 10, 10, false],
    ['where nothing left', { maxObjects: 0 }, 0, 10, false],
  ] as const) {
    test(`${name} ${isHeld ? 'holds' : 'lets pass'}`, () => {
      const held = checkPruneGuard(deliveryWith(guard), { digest, left: leavers(count), total });
      assert.equal(held?.code, isHeld ? 'PRUNE_HELD' : undefined);
    });
  }

  test('counts what would be deleted: nothing that is kept, leaving, or was never there', () => {
    const guard = deliveryWith({ maxObjects: 0 });
    const without = (more: Partial<RecordEntry>): unknown =>
      checkPruneGuard(guard, { digest, left: leavers(3, more), total: 3 });
    assert.equal(without({ prune: 'Disabled' }), undefined);
    assert.equal(without({ kind: 'Namespace' }), undefined);
    assert.equal(without({ isLeaving: true }), undefined);
    const { applied: _, ...unknown } = { group: '', version: 'v1', kind: 'ConfigMap', name: 'a', applied };
    assert.equal(checkPruneGuard(guard, { digest, left: new Map([['a', unknown]]), total: 1 }), undefined);
    assert.ok(without({ kind: 'Namespace', prune: 'Enabled' }));
  });

  test('is opened by the digest of this artifact alone', () => {
    const check = (approved: string): unknown =>
      checkPruneGuard(deliveryWith({ maxObjects: 0 }, { 'sealift.dev/approve-prune': approved }), {
        digest,
        left: leavers(1),
        total: 1,
      });
    assert.equal(check(digest), undefined);
    for (const other of ['', 'true', digest.replace('a', 'b'), `${digest} `]) assert.ok(check(other));
  });
});
