import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf('managedFields do not grow with repairs', async (open) => {
  const bed = await open();
  await bed.deliver([bed.configMap('settings', { mode: 'safe', other: '1' })]);
  const sizes: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    await bed.edit(configMapOf('settings'), { data: { mode: `theirs ${turn}` } });
    const { metadata } = await bed.untilObject(
      configMapOf('settings'),
      'as it was',
      ({ data }) => data?.['mode'] === 'safe',
    );
    sizes.push(JSON.stringify(metadata.managedFields).length);
  }
  assert.deepEqual(new Set(sizes).size, 1, sizes.join(', '));
});
