import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'what is not healthy in time is told, and is Ready once it is healthy',
  async (open) => {
    const bed = await open();
    const artifact = await bed.publish([bed.configMap('settings', {})]);
    const gate = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gate' };
    await bed.follow({ healthChecks: [gate], timeout: '1s' });
    const found = await bed.untilCondition('Ready', 'False', 'HealthCheckFailed: WAIT_TIMEOUT: ConfigMap');
    assert.equal(conditionOf(found, 'Reconciling'), undefined);
    assert.equal(conditionOf(found, 'Healthy')?.status, 'Unknown');
    await bed.apply(bed.configMap('gate', {}));
    await bed.untilReady(artifact);
  },
);
