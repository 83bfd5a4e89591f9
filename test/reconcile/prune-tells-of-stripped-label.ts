import assert from 'node:assert/strict';
import { ownerLabel } from '../../src/api/common.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'an object that left the artifact without its owner label is kept, and that is told',
  async (open) => {
    const bed = await open({ delivery: { driftMode: 'Warn' } });
    await bed.deliver([bed.configMap('settings', {}), bed.configMap('extra', {}), bed.configMap('more', {})]);
    await bed.edit(configMapOf('extra'), { metadata: { labels: { [ownerLabel]: null } } });
    await bed.untilCondition('Drifted', 'True', 'extra was deleted');
    await bed.deliver([bed.configMap('settings', { version: 'two' })]);
    await bed.untilGone(configMapOf('more'));
    await bed.untilEvent(
      /^PruneSkipped: ConfigMap \S+extra left the artifact and is kept: it is no longer ours/u,
    );
    assert.ok(await bed.get(configMapOf('extra')));
  },
);
