// What the runs of chaos are judged by must itself be able to fail.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { writesWithoutLease, type Audited } from './audit-trail.ts';
import type { Stored } from './etcd-history.ts';
import { formatMark, marksIn, olderOverNewer } from './marks.ts';
import { createRandom } from './random.ts';
import { planSteps } from './schedule.ts';

suite('marks', () => {
  const good = (number: number): string => formatMark({ kind: 'good', lane: 'one', number });
  const vandal = formatMark({ kind: 'vandal', lane: 'one', number: 1 });
  const storedAs = (...texts: readonly string[]): readonly Stored[] =>
    texts.map((text, index) => ({ revision: index, key: 'configmaps/one/a', text }));

  test('are found among other bytes', () => {
    assert.deepEqual(marksIn(`k8s\0\x12${good(12)}\x1a${vandal}${good(12)}`), [
      { kind: 'good', lane: 'one', number: 12 },
      { kind: 'vandal', lane: 'one', number: 1 },
    ]);
  });
  test('newer ones over older ones, leaps and vandals are fine', () => {
    assert.deepEqual(olderOverNewer(storedAs(good(1), vandal, good(1), good(3)), { one: [1, 2, 3] }), []);
  });
  test('an older one over a newer one is told', () => {
    assert.equal(olderOverNewer(storedAs(good(2), vandal, good(1)), { one: [1, 2] }).length, 1);
  });
  test('an older one that was shown again is fine, once', () => {
    const timelines = { one: [1, 2, 1] };
    assert.deepEqual(olderOverNewer(storedAs(good(1), good(2), good(1)), timelines), []);
    assert.equal(olderOverNewer(storedAs(good(1), good(2), good(1), good(2)), timelines).length, 1);
  });
});

suite('the lease', () => {
  const write = (credential: string, uri: string, atSecond: number): Audited => {
    const time = `2026-01-01T00:00:0${atSecond}.000000Z`;
    return { verb: 'update', uri, status: 200, credential, as: credential, received: time, completed: time };
  };
  const lease = '/apis/coordination.k8s.io/v1/namespaces/x/leases/sealift-puller';
  const object = '/api/v1/namespaces/x/configmaps/a';

  test('whoever holds it may write, and who held it before may not', () => {
    const stray = write('first', object, 5);
    const trail = [
      write('first', lease, 1),
      write('first', object, 2),
      write('second', lease, 3),
      write('second', object, 4),
      stray,
      write('somebody', object, 6),
    ];
    assert.deepEqual(writesWithoutLease(trail, ['first', 'second']), [stray]);
  });
});

test('a seed is a schedule', () => {
  const shape = { lanes: 4, objects: 10, slots: 2 };
  const plan = (seed: number): unknown => planSteps(createRandom(seed), 200, shape);
  assert.deepEqual(plan(1), plan(1));
  assert.notDeepEqual(plan(1), plan(2));
});
