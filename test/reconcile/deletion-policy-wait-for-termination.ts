import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const finalizers = ['example.org/slow'];
const deliveryOf = { apiVersion: 'sealift.dev/v1alpha1', kind: 'Delivery', name: 'app' };

export const behaviour = behaviourOf(
  'with deletionPolicy: WaitForTermination, a Delivery stays until its objects are gone',
  async (open) => {
    const bed = await open({ delivery: { deletionPolicy: 'WaitForTermination' } });
    await bed.deliver([bed.configMap('held', {}), bed.configMap('rest', {})]);
    await bed.edit(configMapOf('held'), { metadata: { finalizers } });
    await bed.remove(deliveryOf);
    await bed.untilCondition('Ready', 'Unknown', '/held (finalizers example.org/slow)');
    assert.equal(await bed.get(configMapOf('rest')), undefined);

    await bed.edit(configMapOf('held'), { metadata: { finalizers: null } });
    await bed.untilGone(deliveryOf);
    assert.equal(await bed.get(configMapOf('held')), undefined);
  },
);
