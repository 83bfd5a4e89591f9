import { behaviourOf } from '../e2e/behaviour.ts';
import { deploymentOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a repair’s Event has the fields, who changed them, and the command to hold',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.deployment('web')]);
    const template = { spec: { containers: [{ name: 'main', image: 'app:evil' }] } };
    await bed.edit(deploymentOf('web'), { spec: { template } }, { manager: 'kubectl-edit' });
    await bed.untilEvent(
      /^DriftCorrected: Deployment\.apps \S+web was changed \(\.spec\.template\.spec\.containers\[\{"name":"main"\}\]\.image\) by kubectl-edit and is as it was again; .* sealift hold deployment\.apps\/web -n \S+ --for 1h --reason TEXT$/u,
    );
  },
);
