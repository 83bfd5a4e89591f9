import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'with deletionPolicy: Orphan, objects stay as they are when the Delivery is deleted',
  async (open) => {
    const bed = await open({ delivery: { deletionPolicy: 'Orphan' } });
    await bed.deliver([bed.configMap('settings', { k: 'v' })]);
    const before = await bed.get(configMapOf('settings'));
    await bed.unfollow();
    const after = await bed.get(configMapOf('settings'));
    assert.equal(after?.metadata.resourceVersion, before?.metadata.resourceVersion);

    // A Delivery of that name goes on with them, without a write.
    await bed.follow();
    await bed.untilCondition('Ready', 'True', 'applied');
    const again = await bed.get(configMapOf('settings'));
    assert.equal(again?.metadata.resourceVersion, before?.metadata.resourceVersion);
  },
);
