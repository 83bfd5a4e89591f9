import assert from 'node:assert/strict';
import { apiVersion } from '../../src/api/common.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a readyExpr over labels of the dependency is asked again when nothing but a label has changed',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('base', {})]);
    const artifact = await bed.publish([bed.configMap('late', {})], 'late');
    const source = { url: bed.url, ref: { tag: 'late' }, interval: '1h' };
    const readyExpr = "has(dep.metadata.labels) && 'approved' in dep.metadata.labels";
    await bed.follow({ source, dependsOn: [{ name: 'app', readyExpr }] }, 'late');
    await bed.untilCondition('Ready', 'False', 'does not meet readyExpr', 'late');
    assert.equal(await bed.get(configMapOf('late')), undefined);
    const delivery = { apiVersion, kind: 'Delivery', name: 'app' };
    await bed.edit(delivery, { metadata: { labels: { approved: 'yes' } } });
    await bed.untilReady(artifact, 'late', 'late');
  },
);
