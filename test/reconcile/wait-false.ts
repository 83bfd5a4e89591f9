import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf('without wait, Ready comes right after the apply', async (open) => {
  const bed = await open();
  const never = { nodeSelector: { nowhere: 'true' }, containers: [{ name: 'main', image: 'app:1' }] };
  const template = { metadata: { labels: { app: 'web' } }, spec: never };
  const artifact = await bed.publish([bed.deployment('web', { template })]);
  await bed.follow({ wait: false });
  const found = await bed.untilReady(artifact);
  assert.equal(conditionOf(found, 'Reconciling'), undefined);
  await bed.untilCondition('Healthy', 'Unknown', 'Deployment.apps');
});
