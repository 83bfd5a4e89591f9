import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'driftMode: Warn tells of a deleted object, and makes it not again',
  async (open) => {
    const bed = await open({ delivery: { driftMode: 'Warn' } });
    await bed.deliver(['a', 'b', 'c', 'd', 'e'].map((name) => bed.configMap(name, { mode: 'safe' })));
    for (const name of ['a', 'b', 'c', 'd', 'e']) await bed.remove(configMapOf(name));
    await bed.untilCondition('Drifted', 'True', 'was deleted');
    // Three are named, of the others there is the number.
    await bed.untilCondition('Drifted', 'True', '; and 2 more');
    await bed.untilEvent(/^DriftFound: ConfigMap \S+a was deleted and is not corrected/u);
    await bed.look();
    assert.equal(await bed.get(configMapOf('a')), undefined);
  },
);
