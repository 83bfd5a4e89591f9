import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { withBase } from '../e2e/order.ts';

export const behaviour = behaviourOf('nothing is applied until what it depends on is ready', async (open) => {
  const { bed, openGate } = await withBase(open);
  const artifact = await bed.publish([bed.configMap('late', { of: 'app' })]);
  await bed.follow({ dependsOn: [{ name: 'base' }] });
  const waiting = await bed.untilCondition('Ready', 'False', 'DependencyNotReady');
  assert.match(JSON.stringify(waiting.status?.conditions), /Delivery [^ ]+\/base is not ready/u);
  await bed.look();
  assert.equal(await bed.get(configMapOf('late')), undefined);
  await openGate();
  await bed.untilReady(artifact);
  assert.ok(await bed.get(configMapOf('late')));
});
