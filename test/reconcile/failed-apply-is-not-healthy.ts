import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'what could not be applied has not been healthy: once it can be, Ready waits for it',
  async (open) => {
    const bed = await open();
    const namespace = `${bed.name}-late`;
    // Its pods are not available within the hour.
    const web = bed.deployment(
      'web',
      { minReadySeconds: 3600, progressDeadlineSeconds: 7200 },
      { namespace },
    );
    await bed.publish([web]);
    await bed.follow();
    await bed.untilCondition('Ready', 'False', 'APPLY_FAILED');
    await bed.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await bed.untilCondition('Ready', 'Unknown', 'has 0 of 1 available');
  },
);
