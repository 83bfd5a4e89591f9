import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { sourceOf } from '../e2e/order.ts';

export const behaviour = behaviourOf(
  'a dependency that does not exist is named and waited for',
  async (open) => {
    const bed = await open();
    const artifact = await bed.publish([bed.configMap('late', { of: 'app' })]);
    await bed.publish([bed.configMap('early', { of: 'base' })], 'prod', bed.storeOf(`${bed.name}/base`));
    await bed.follow({ dependsOn: [{ name: 'base' }] });
    await bed.untilCondition(
      'Ready',
      'False',
      `DependencyNotReady: Delivery ${bed.name}/base does not exist`,
    );
    assert.equal(await bed.get(configMapOf('late')), undefined);
    await bed.follow({ source: sourceOf(bed, 'base') }, 'base');
    await bed.untilReady(artifact);
  },
);
