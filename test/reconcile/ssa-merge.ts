import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const merge = { annotations: { 'sealift.dev/ssa': 'merge' } };

export const behaviour = behaviourOf(
  'with ssa: Merge, fields that kubectl set beside ours stay, also when the object is taken over',
  async (open) => {
    const bed = await open();
    await bed.apply(bed.configMap('settings', { mode: 'unsafe', theirs: 'kept' }), { manager: 'kubectl' });
    await bed.deliver([bed.configMap('settings', { mode: 'safe' }, merge)]);
    const found = await bed.get(configMapOf('settings'));
    assert.deepEqual(found?.data, { mode: 'safe', theirs: 'kept' });
    const managers = found?.metadata.managedFields?.map(({ manager }) => manager);
    assert.ok(managers?.includes('kubectl'), 'its entry is not taken over');
  },
);
