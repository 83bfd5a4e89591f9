import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'what has failed is not tried again until somebody asks for it',
  async (open) => {
    const gate = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gate' };
    const bed = await open({ delivery: { timeout: '1s', onFailure: 'Previous', healthChecks: [gate] } });
    await bed.apply(bed.configMap('gate', {}));
    await bed.deliver([bed.configMap('settings', { version: 'one' })]);
    const bad = await bed.publish([bed.configMap('settings', { version: 'two' })]);
    await bed.remove(gate);
    await bed.look();
    await bed.untilCondition('RolledBackLocally', 'True', bad.descriptor.digest);
    await bed.untilObject(configMapOf('settings'), 'as before', ({ data }) => data?.['version'] === 'one');
    // The one before is not healthy, either: it stays, and that is told.
    await bed.untilCondition('RolledBackLocally', 'True', 'it is not healthy, either, and stays');
    const { status } = await bed.untilCondition('Ready', 'False', 'HealthCheckFailed');
    assert.equal(status?.artifact?.digest !== bad.descriptor.digest, true);
    await bed.apply(bed.configMap('gate', {}));
    await bed.untilCondition('Ready', 'True', '');
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['version'], 'one');
    await bed.look();
    await bed.untilReady(bad);
  },
);
