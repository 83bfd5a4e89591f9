import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'an object of somebody else is waited for beside one’s own',
  async (open) => {
    const bed = await open();
    const artifact = await bed.publish([bed.configMap('settings', {})]);
    await bed.follow({ healthChecks: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'theirs' }] });
    await bed.untilCondition('Ready', 'Unknown', 'Deployment.apps');
    await bed.apply(bed.deployment('theirs'));
    await bed.untilReady(artifact);
    const watches = (await bed.requests()).filter(
      ({ verb, objectRef }) => verb === 'watch' && objectRef?.resource === 'deployments',
    );
    assert.ok(watches.length > 0, 'by a watch');
    assert.ok(watches.every(({ requestURI }) => requestURI.includes('metadata.name%3Dtheirs')));
    // Health is looked at as long as it is asked for.
    await bed.remove({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'theirs' });
    await bed.untilCondition('Healthy', 'Unknown', 'is gone');
    await bed.setSpec({ healthChecks: null });
    await bed.untilCondition('Healthy', 'True', '');
  },
);
