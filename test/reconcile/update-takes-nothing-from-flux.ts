import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'what another tool has made in place of an object of ours is not taken by the next version',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'one' })]);
    await bed.setSpec({ suspend: true });
    await bed.untilCondition('Ready', 'Unknown', 'Suspended');
    await bed.remove(configMapOf('settings'));
    const labels = {
      'kustomize.toolkit.fluxcd.io/name': 'apps',
      'kustomize.toolkit.fluxcd.io/namespace': 'flux',
    };
    await bed.apply(bed.configMap('settings', { mode: 'flux' }, { labels }), {
      manager: 'kustomize-controller',
    });
    await bed.setSpec({ suspend: false });
    await bed.untilCondition('Ready', 'False', 'OWNED_BY_ANOTHER');
    const { descriptor } = await bed.publish([bed.configMap('settings', { mode: 'two' })]);
    await bed.look();
    await bed.until('the next version to be refused', (found) => {
      const { status, message = '' } = conditionOf(found, 'Ready') ?? {};
      const isAttempted = found.status?.lastAttemptedRevision === `prod@${descriptor.digest}`;
      return isAttempted && status === 'False' && message.includes('OWNED_BY_ANOTHER');
    });
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['mode'], 'flux');
  },
);
