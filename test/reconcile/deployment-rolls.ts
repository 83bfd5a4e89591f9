import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { deploymentOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'an update is Ready once its pods are those of the update',
  async (open) => {
    const bed = await open();
    const withImage = (image: string): object =>
      bed.deployment('web', {
        replicas: 3,
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'main', image }] },
        },
      });
    await bed.deliver([withImage('app:1')]);
    const found = await bed.deliver([withImage('app:2')]);
    assert.equal(conditionOf(found, 'Healthy')?.status, 'True');
    const status = (await bed.get(deploymentOf('web')))?.status;
    assert.deepEqual([status?.['updatedReplicas'], status?.['availableReplicas']], [3, 3]);
  },
);
