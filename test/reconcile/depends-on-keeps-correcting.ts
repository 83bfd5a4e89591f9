import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf('what runs is corrected while an update waits', async (open) => {
  const bed = await open();
  const first = await bed.deliver([bed.configMap('settings', { mode: 'first' })]);
  await bed.publish([bed.configMap('settings', { mode: 'second' })]);
  await bed.setSpec({ dependsOn: [{ name: 'nowhere' }] });
  await bed.untilCondition('Ready', 'False', 'DependencyNotReady');
  await bed.edit(configMapOf('settings'), { data: { mode: 'evil' } });
  await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['mode'] === 'first');
  const found = await bed.look();
  assert.equal(found.status?.artifact?.digest, first.status?.artifact?.digest);
  assert.equal((await bed.get(configMapOf('settings')))?.data?.['mode'], 'first');
});
