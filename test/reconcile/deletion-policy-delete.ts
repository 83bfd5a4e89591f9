import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'with deletionPolicy: Delete, objects go with the Delivery, although it does not prune',
  async (open) => {
    const bed = await open({ delivery: { prune: false, deletionPolicy: 'Delete' } });
    await bed.deliver([bed.configMap('left', {}), bed.configMap('last', {})]);
    await bed.deliver([bed.configMap('last', {})]);
    assert.ok(await bed.get(configMapOf('left')), 'what left the artifact stays');
    await bed.unfollow();
    assert.equal(await bed.get(configMapOf('last')), undefined);
    assert.ok(await bed.get(configMapOf('left')), 'and is nobody’s');
  },
);
