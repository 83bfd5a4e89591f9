import { behaviourOf } from '../e2e/behaviour.ts';
import { deploymentOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf('kubectl scale without an autoscaler is corrected', async (open) => {
  const bed = await open();
  await bed.deliver([bed.deployment('web', { replicas: 1 })]);
  await bed.edit(
    deploymentOf('web'),
    { spec: { replicas: 3 } },
    { manager: 'kubectl', subresource: 'scale' },
  );
  await bed.untilEvent(
    /^DriftCorrected: Deployment\.apps \S+web was changed \(\.spec\.replicas\) by kubectl \(scale\)/u,
  );
  await bed.untilObject(deploymentOf('web'), 'as it was', ({ spec }) => spec?.['replicas'] === 1);
});
