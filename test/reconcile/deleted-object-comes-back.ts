import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf('a deleted object is made again', async (open) => {
  const bed = await open();
  await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
  const before = await bed.get(configMapOf('settings'));
  await bed.remove(configMapOf('settings'));
  const after = await bed.untilObject(
    configMapOf('settings'),
    'back',
    ({ data }) => data?.['mode'] === 'safe',
  );
  assert.notEqual(after.metadata.uid, before?.metadata.uid);
  await bed.untilEvent(/^DriftCorrected: ConfigMap \S+settings was deleted/u);
});
