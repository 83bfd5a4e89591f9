import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'of two Deliveries that want one object with equal values the first keeps it alone',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('shared', { k: 'v' })]);
    const before = await bed.get(configMapOf('shared'));
    await bed.follow({}, 'other');
    await bed.untilCondition('Ready', 'False', 'OWNED_BY_ANOTHER', 'other');
    await bed.untilEvent('ClaimedByAnother: ConfigMap');
    await bed.unfollow('other');
    const after = await bed.get(configMapOf('shared'));
    assert.equal(after?.metadata.uid, before?.metadata.uid);
    assert.deepEqual(after?.metadata.labels, before?.metadata.labels);
    const managers = after?.metadata.managedFields?.map(({ manager }) => manager);
    assert.equal(managers?.length, 1, String(managers));
  },
);
