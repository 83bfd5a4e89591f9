import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const disabled = { annotations: { 'sealift.dev/prune': 'Disabled' } };

export const behaviour = behaviourOf(
  'an object with prune: Disabled stays when it leaves the artifact, and when the Delivery is deleted',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('left', {}, disabled), bed.configMap('last', {}, disabled)]);
    await bed.deliver([bed.configMap('last', {}, disabled), bed.configMap('normal', {})]);
    await bed.untilEvent(/PruneSkipped: ConfigMap .*left .*never pruned/u);
    assert.ok(await bed.get(configMapOf('left')));

    await bed.unfollow();
    assert.ok(await bed.get(configMapOf('left')));
    assert.ok(await bed.get(configMapOf('last')));
    assert.equal(await bed.get(configMapOf('normal')), undefined);
  },
);
