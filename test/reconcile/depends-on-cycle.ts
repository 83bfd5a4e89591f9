import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'Deliveries that wait for each other say so, all of them',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'first' })]);
    const next = await bed.publish([bed.configMap('settings', { mode: 'second' })]);
    await bed.follow({ dependsOn: [{ name: 'two' }] });
    await bed.follow({ dependsOn: [{ name: 'app' }] }, 'two');
    const way = new RegExp(`${bed.name}/app → ${bed.name}/two → ${bed.name}/app`, 'u');
    const found = await bed.untilCondition('Stalled', 'True', 'DependencyCycle');
    assert.match(conditionOf(found, 'Stalled')?.message ?? '', way);
    assert.equal(conditionOf(found, 'Ready')?.reason, 'DependencyCycle');
    const other = await bed.untilCondition('Stalled', 'True', 'DependencyCycle', 'two');
    assert.equal(conditionOf(other, 'Ready')?.reason, 'DependencyCycle');
    await bed.setSpec({ dependsOn: null });
    const mended = await bed.untilReady(next);
    assert.equal(conditionOf(mended, 'Stalled'), undefined);
  },
);
