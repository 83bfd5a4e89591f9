import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'driftMode: Warn tells what others changed, and changes nothing',
  async (open) => {
    const bed = await open({ delivery: { driftMode: 'Warn' } });
    await bed.deliver([bed.configMap('settings', { mode: 'safe' }), bed.configMap('other', { a: '1' })]);
    await bed.edit(configMapOf('settings'), { data: { mode: 'theirs' } }, { manager: 'kubectl-edit' });
    const told = await bed.untilCondition('Drifted', 'True', '.data.mode');
    const drifted = conditionOf(told, 'Drifted');
    assert.equal(drifted?.reason, 'NotCorrected');
    assert.match(drifted.message, /^ConfigMap \S+settings was changed \(\.data\.mode\) by kubectl-edit$/u);
    // What is only told of takes no readiness away.
    assert.equal(conditionOf(told, 'Ready')?.status, 'True');
    await bed.untilEvent(
      /^DriftFound: ConfigMap \S+settings was changed \(\.data\.mode\) by kubectl-edit and is not corrected/u,
    );
    await bed.look();
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['mode'], 'theirs');
    // New versions are applied all the same, and what they say of the object counts again.
    await bed.deliver([bed.configMap('settings', { mode: 'safer' }), bed.configMap('other', { a: '1' })]);
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['mode'], 'safer');
    await bed.until('nothing to be Drifted', (found) => conditionOf(found, 'Drifted') === undefined);
  },
);
