import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'an update of a held object waits for the end of the hold, and so does its deletion',
  async (open) => {
    const bed = await open();
    const names = ['held', 'leaves', 'other'];
    await bed.deliver(names.map((name) => bed.configMap(name, { version: '1' })));
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const holds = ['held', 'leaves'].map((name) => ({
      target: { kind: 'ConfigMap', name },
      until,
      reason: 'incident',
    }));
    await bed.setSpec({ holds });
    await bed.untilCondition('Held', 'True', 'incident');
    await bed.edit(configMapOf('held'), { data: { version: 'theirs' } });
    await bed.publish(['held', 'other'].map((name) => bed.configMap(name, { version: '2' })));
    await bed.look();
    assert.equal((await bed.get(configMapOf('other')))?.data?.['version'], '2');
    assert.equal((await bed.get(configMapOf('held')))?.data?.['version'], 'theirs');
    assert.ok(await bed.get(configMapOf('leaves')));
    await bed.untilCondition('Held', 'True', 'an update of it waits');
    await bed.setSpec({ holds: [] });
    await bed.untilObject(configMapOf('held'), 'updated', ({ data }) => data?.['version'] === '2');
    await bed.untilGone(configMapOf('leaves'));
  },
);
