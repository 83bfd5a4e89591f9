import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf('what somebody changes is as it was again at once', async (open) => {
  const bed = await open();
  await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
  await bed.edit(configMapOf('settings'), { data: { mode: 'evil', more: 'theirs' } });
  const { data } = await bed.untilObject(
    configMapOf('settings'),
    'as it was',
    (found) => found.data?.['mode'] === 'safe',
  );
  // Fields that are not ours are not drift.
  assert.equal(data?.['more'], 'theirs');
  await bed.untilEvent('DriftCorrected: ConfigMap');
});
