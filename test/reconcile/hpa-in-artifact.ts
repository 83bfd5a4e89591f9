import assert from 'node:assert/strict';
import { autoscaler, autoscalerOf, scale } from '../e2e/autoscaler.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { deploymentOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'replicas are left to an autoscaler of the same artifact, until it goes',
  async (open) => {
    const bed = await open();
    const web = (image: string): object => bed.deployment('web', { replicas: 2, template: podOf(image) });
    await bed.deliver([web('app:1'), autoscaler(bed, 'web')]);
    assert.equal(
      (await bed.get(deploymentOf('web')))?.spec?.['replicas'],
      2,
      'it is made with the artifact’s replicas',
    );
    await scale(bed, 'web', 4);
    await bed.deliver([web('app:2'), autoscaler(bed, 'web')]);
    const { spec } = await bed.untilObject(deploymentOf('web'), 'updated', (found) =>
      JSON.stringify(found).includes('app:2'),
    );
    assert.equal(spec?.['replicas'], 4);
    assert.equal(conditionOf(await bed.look(), 'Contested'), undefined);
    assert.deepEqual(
      (await bed.events()).filter((event) => event.startsWith('DriftCorrected')),
      [],
    );
    await bed.deliver([web('app:2')]);
    await bed.untilObject(
      deploymentOf('web'),
      'with its own replicas',
      (found) => found.spec?.['replicas'] === 2,
    );
    await bed.untilGone(autoscalerOf('web'));
  },
);

function podOf(image: string): object {
  return { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image }] } };
}
