import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf('driftMode: Ignore changes nothing and tells nothing', async (open) => {
  const bed = await open({ delivery: { driftMode: 'Ignore' } });
  await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
  await bed.edit(configMapOf('settings'), { data: { mode: 'theirs' } });
  const looked = await bed.look();
  assert.equal((await bed.get(configMapOf('settings')))?.data?.['mode'], 'theirs');
  assert.equal(conditionOf(looked, 'Drifted'), undefined);
  assert.deepEqual(
    (await bed.events()).filter((event) => event.startsWith('Drift')),
    [],
  );
});
