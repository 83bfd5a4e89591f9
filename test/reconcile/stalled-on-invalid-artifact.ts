import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'what only another artifact mends is Stalled, and not tried again',
  async (open) => {
    const bed = await open();
    const kept = await bed.deliver([bed.configMap('settings', {})]);
    await bed.publish([bed.configMap('settings', {}), bed.configMap('settings', { twice: 'yes' })]);
    await bed.look();
    const found = await bed.untilCondition('Stalled', 'True', 'ResourceDuplicate');
    assert.equal(conditionOf(found, 'Ready')?.status, 'False');
    assert.equal(conditionOf(found, 'Reconciling'), undefined);
    assert.equal(found.status?.artifact?.digest, kept.status?.artifact?.digest);
    const next = await bed.deliver([bed.configMap('settings', { twice: 'no' })]);
    assert.equal(conditionOf(next, 'Stalled'), undefined);
  },
);
