import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const disabled = { annotations: { 'sealift.dev/reconcile': 'Disabled' } };

export const behaviour = behaviourOf(
  'an object with reconcile: Disabled is made where there is none, and then neither corrected, updated nor pruned',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'one' }, disabled)]);
    assert.deepEqual((await bed.get(configMapOf('settings')))?.data, { mode: 'one' });

    await bed.edit(configMapOf('settings'), { data: { mode: 'edited' } });
    await bed.deliver([bed.configMap('settings', { mode: 'two' }, disabled), bed.configMap('other', {})]);
    await bed.look();
    assert.deepEqual((await bed.get(configMapOf('settings')))?.data, { mode: 'edited' });

    await bed.deliver([bed.configMap('other', {})]);
    assert.ok(await bed.get(configMapOf('settings')));
  },
);
