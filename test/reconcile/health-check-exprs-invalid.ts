import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf('an expression that can not be read changes nothing', async (open) => {
  const bed = await open();
  await bed.deliver([bed.configMap('settings', { mode: 'first' })]);
  const next = await bed.publish([bed.configMap('settings', { mode: 'second' })]);
  await bed.setSpec({ healthCheckExprs: [{ apiVersion: 'v1', kind: 'ConfigMap', current: 'data.' }] });
  const found = await bed.untilCondition('Stalled', 'True', 'spec.healthCheckExprs[0].current');
  assert.equal(conditionOf(found, 'Ready')?.reason, 'InputInvalid');
  await bed.edit(configMapOf('settings'), { data: { mode: 'evil' } });
  await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['mode'] === 'first');
  await bed.setSpec({ healthCheckExprs: null });
  const mended = await bed.untilReady(next);
  assert.equal(conditionOf(mended, 'Stalled'), undefined);
});
