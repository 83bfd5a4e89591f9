import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const finalizers = ['example.org/slow'];

export const behaviour = behaviourOf(
  'an object that finalizers keep from being pruned is named with them, until it is gone',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('held', {}), bed.configMap('rest', {})]);
    await bed.edit(configMapOf('held'), { metadata: { finalizers } });
    await bed.deliver([bed.configMap('rest', {})]);
    await bed.untilCondition('Ready', 'True', '/held (finalizers example.org/slow)');
    assert.ok((await bed.get(configMapOf('held')))?.metadata.deletionTimestamp);

    await bed.edit(configMapOf('held'), { metadata: { finalizers: null } });
    await bed.until('no note of it', ({ status }) => {
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      return ready?.status === 'True' && !ready.message.includes('held');
    });
  },
);
