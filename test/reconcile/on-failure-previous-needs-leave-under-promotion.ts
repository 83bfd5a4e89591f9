import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const channels = [{ tag: 'prod', authorities: ['promoter'] }];

export const behaviour = behaviourOf(
  'under promotion onFailure goes back only where localRollback allows it',
  async (open) => {
    const gate = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gate' };
    const bed = await open({
      isPromoted: true,
      delivery: { timeout: '1s', onFailure: 'Previous', healthChecks: [gate] },
    });
    await bed.apply(bed.configMap('gate', {}));
    await bed.deliver([bed.configMap('settings', { version: 'one' })]);
    await bed.remove(gate);
    await bed.publish([bed.configMap('settings', { version: 'two' })]);
    await bed.look();
    await bed.untilEvent('RollbackNotAllowed: ');
    await bed.untilCondition('Ready', 'False', 'HealthCheckFailed');
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['version'], 'two');
    await bed.setPolicy({ promotion: { channels, localRollback: 'Previous' } });
    await bed.untilCondition('RolledBackLocally', 'True', 'which did not turn healthy here');
    await bed.untilObject(configMapOf('settings'), 'as before', ({ data }) => data?.['version'] === 'one');
    // The next sequence is tried, though its artifact is the same.
    await bed.apply(bed.configMap('gate', {}));
    const again = await bed.publish([bed.configMap('settings', { version: 'two' })]);
    await bed.look();
    const { status } = await bed.untilReady(again);
    assert.equal(status?.promotion?.sequence, 3);
  },
);
