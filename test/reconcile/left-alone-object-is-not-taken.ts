import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'who makes an object only where there is none does not take it from the Delivery that has it on record',
  async (open) => {
    const bed = await open({ delivery: { pruneGuard: { maxObjects: 0 } } });
    const ours = [bed.configMap('one', { k: 'v' }), bed.configMap('two', { k: 'v' })];
    await bed.deliver(ours);
    // Held back by the guard, it is recorded and not corrected.
    await bed.publish(ours.slice(0, 1));
    await bed.look();
    await bed.untilCondition('PruneHeld', 'True', 'GuardExceeded');
    const annotations = { 'sealift.dev/ssa': 'IfNotPresent' };
    await bed.publish([bed.configMap('two', { k: 'theirs' }, { annotations })], 'other');
    await bed.follow({ source: { url: bed.url, ref: { tag: 'other' }, interval: '1h' } }, 'second');
    await bed.untilCondition('Ready', 'False', 'OWNED_BY_ANOTHER', 'second');
    const again = await bed.deliver(ours);
    assert.equal(conditionOf(again, 'Ready')?.status, 'True');
    await bed.edit(configMapOf('two'), { data: { k: 'other' } });
    await bed.untilObject(configMapOf('two'), 'as it was', ({ data }) => data?.['k'] === 'v');
  },
);
