import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a field that kubectl set with an equal value is gone when it leaves the artifact',
  async (open) => {
    const bed = await open();
    await bed.apply(bed.configMap('settings', { a: '1', b: '2' }), { manager: 'kubectl' });
    await bed.deliver([bed.configMap('settings', { a: '1', b: '2' })]);
    await bed.deliver([bed.configMap('settings', { a: '1' })]);
    assert.deepEqual((await bed.get(configMapOf('settings')))?.data, { a: '1' });
  },
);
