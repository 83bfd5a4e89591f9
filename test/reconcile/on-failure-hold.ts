import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a release that does not turn healthy stays, is not Ready, and is corrected all the same',
  async (open) => {
    const gate = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gate' };
    const bed = await open({ delivery: { timeout: '1s' } });
    await bed.deliver([bed.configMap('settings', { version: 'one' })]);
    const next = await bed.publish([bed.configMap('settings', { version: 'two' })]);
    await bed.setSpec({ healthChecks: [gate] });
    await bed.untilCondition('Ready', 'False', 'HealthCheckFailed');
    await bed.until('two', ({ status }) => status?.artifact?.digest === next.descriptor.digest);
    await bed.look();
    await bed.edit(configMapOf('settings'), { data: { version: 'edited' } });
    await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['version'] === 'two');
    const { status } = await bed.delivery();
    assert.equal(status?.history?.[0]?.lastReconciledStatus, 'HealthCheckFailed');
    assert.equal(status?.candidate, undefined);
  },
);
