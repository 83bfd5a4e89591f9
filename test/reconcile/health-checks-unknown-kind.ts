import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'a kind that is not served is named by the health check',
  async (open) => {
    const bed = await open();
    const artifact = await bed.publish([bed.configMap('settings', {})]);
    await bed.follow({ healthChecks: [{ apiVersion: 'nothing.example/v1', kind: 'Nothing', name: 'one' }] });
    await bed.untilCondition('Ready', 'Unknown', 'is of a kind that is not served');
    await bed.setSpec({ healthChecks: null });
    await bed.untilReady(artifact);
  },
);
