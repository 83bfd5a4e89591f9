import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const finalizers = ['example.org/slow'];
const deliveryOf = { apiVersion: 'sealift.dev/v1alpha1', kind: 'Delivery', name: 'app' };

export const behaviour = behaviourOf(
  'a Delivery that waits for the end of its objects is let go after spec.timeout, and says so',
  async (open) => {
    const bed = await open({ delivery: { deletionPolicy: 'WaitForTermination', timeout: '1s' } });
    await bed.deliver([bed.configMap('held', {})]);
    await bed.edit(configMapOf('held'), { metadata: { finalizers } });
    await bed.remove(deliveryOf);
    await bed.untilGone(deliveryOf);
    await bed.untilEvent(/TerminationTimeout: .*1 objects are not gone: ConfigMap .*held/u);
    assert.ok(await bed.get(configMapOf('held')));
    await bed.edit(configMapOf('held'), { metadata: { finalizers: null } });
  },
);
