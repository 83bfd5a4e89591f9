import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'without wait, only what healthChecks name is waited for',
  async (open) => {
    const bed = await open();
    const never = { nodeSelector: { nowhere: 'true' }, containers: [{ name: 'main', image: 'app:1' }] };
    const template = { metadata: { labels: { app: 'web' } }, spec: never };
    const artifact = await bed.publish([bed.deployment('web', { template }), bed.deployment('api')]);
    await bed.follow({
      wait: false,
      healthChecks: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' }],
    });
    await bed.untilReady(artifact);
    await bed.setSpec({
      healthChecks: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }],
      timeout: '1s',
    });
    const found = await bed.untilCondition('Ready', 'False', 'HealthCheckFailed');
    assert.match(conditionOf(found, 'Ready')?.message ?? '', /Deployment\.apps [^ ]+\/web/u);
  },
);
