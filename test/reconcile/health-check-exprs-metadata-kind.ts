import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'expressions reach kinds of which only metadata are watched, as the Delivery’s account',
  async (open) => {
    const bed = await open();
    const artifact = await bed.publish([bed.configMap('job', { of: 'app' })]);
    await bed.follow({
      healthCheckExprs: [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          failed: "'verdict' in data && data.verdict == 'bad'",
          current: "'verdict' in data && data.verdict == 'good'",
        },
      ],
    });
    await bed.untilCondition('Ready', 'Unknown', 'ConfigMap');
    await bed.edit(configMapOf('job'), { data: { verdict: 'bad' } });
    await bed.untilCondition('Ready', 'False', 'has failed');
    await bed.edit(configMapOf('job'), { data: { verdict: 'good' } });
    await bed.untilReady(artifact);
    const reads = (await bed.requests()).filter(
      ({ verb, objectRef }) => verb === 'get' && objectRef?.resource === 'configmaps',
    );
    assert.ok(reads.length > 0);
    for (const { user } of reads) assert.match(user.username, /deployer|sealift-puller/u);
  },
);
