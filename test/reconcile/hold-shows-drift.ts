import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'a held object’s drift is shown with until and why, and corrected on release',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('held', { mode: 'safe' }), bed.configMap('other', { mode: 'safe' })]);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await bed.setSpec({
      holds: [{ target: { kind: 'ConfigMap', name: 'held' }, until, reason: 'incident 4711' }],
    });
    await bed.untilCondition('Held', 'True', 'incident 4711');
    await bed.untilEvent(/^HoldBegun: ConfigMap held is not corrected until .*, by somebody: incident 4711/u);
    await bed.edit(configMapOf('held'), { data: { mode: 'theirs' } });
    await bed.edit(configMapOf('other'), { data: { mode: 'theirs' } });
    await bed.untilObject(configMapOf('other'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
    const told = await bed.untilCondition('Drifted', 'True', '.data.mode');
    assert.equal(conditionOf(told, 'Drifted')?.reason, 'Held');
    assert.match(conditionOf(told, 'Drifted')?.message ?? '', /held until \S+: incident 4711/u);
    assert.equal((await bed.get(configMapOf('held')))?.data?.['mode'], 'theirs');
    await bed.setSpec({ holds: [] });
    await bed.untilObject(configMapOf('held'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
    await bed.untilEvent(/^HoldEnded: ConfigMap \S+held is held no longer/u);
    await bed.until('nothing to be held', (found) =>
      ['Held', 'Drifted'].every((type) => conditionOf(found, type) === undefined),
    );
  },
);
