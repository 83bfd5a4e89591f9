import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { sourceOf } from '../e2e/order.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf('readyExpr must hold beside readiness', async (open) => {
  const bed = await open();
  await bed.publish([bed.configMap('early', {})], 'prod', bed.storeOf(`${bed.name}/base`));
  await bed.follow({ source: sourceOf(bed, 'base') }, 'base');
  await bed.untilCondition('Ready', 'True', '', 'base');
  const artifact = await bed.publish([bed.configMap('late', {})]);
  const readyExpr =
    "has(dep.metadata.annotations) && 'stage' in dep.metadata.annotations && dep.metadata.annotations.stage == self.spec.path";
  await bed.follow({ dependsOn: [{ name: 'base', readyExpr }] });
  await bed.untilCondition('Ready', 'False', 'does not meet readyExpr');
  assert.equal(await bed.get(configMapOf('late')), undefined);
  await bed.annotate({ stage: './' }, 'base');
  await bed.untilReady(artifact);
});
