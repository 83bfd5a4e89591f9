import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'the status tells what was applied here, the last one first, up to historyLimit',
  async (open) => {
    const bed = await open({ delivery: { historyLimit: 2 }, isPromoted: true });
    for (const version of ['one', 'two', 'three'])
      await bed.deliver([bed.configMap('settings', { version })]);
    const { status } = await bed.until(
      'the outcome',
      ({ status: found }) => found?.history?.[0]?.lastReconciledStatus === 'ReconciliationSucceeded',
    );
    const [third, second, ...more] = status?.history ?? [];
    assert.equal(more.length, 0);
    assert.ok(third !== undefined && second !== undefined);
    assert.deepEqual([third.sequence, second.sequence], [3, 2]);
    assert.equal(third.digest, status?.artifact?.digest);
    assert.equal(third.revision, `prod@${third.digest}`);
    assert.equal(second.lastReconciledStatus, 'ReconciliationSucceeded');
    assert.match(third.lastReconciledDuration ?? '', /^\d+\.\d{3}s$/u);
    assert.ok(Date.parse(third.firstReconciled ?? '') > 0);
    // Looking again is no news.
    const again = await bed.look();
    assert.deepEqual(again.status?.history, status?.history);
  },
);
