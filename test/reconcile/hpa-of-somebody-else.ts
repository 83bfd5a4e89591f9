import assert from 'node:assert/strict';
import { autoscaler, autoscalerOf, scale } from '../e2e/autoscaler.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { deploymentOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'replicas are left to an autoscaler that somebody else made, until it goes',
  async (open) => {
    const bed = await open();
    const web = (annotation: string): object =>
      bed.deployment('web', { replicas: 2 }, { annotations: { 'example.com/version': annotation } });
    await bed.deliver([web('1')]);
    await bed.apply(autoscaler(bed, 'web'));
    await scale(bed, 'web', 3);
    await scale(bed, 'web', 4);
    // Other fields are corrected all the same.
    await bed.edit(deploymentOf('web'), { metadata: { annotations: { 'example.com/version': 'x' } } });
    const versionOf = ({
      metadata,
    }: {
      metadata: { annotations?: Readonly<Record<string, string>> };
    }): string | undefined => metadata.annotations?.['example.com/version'];
    await bed.untilObject(deploymentOf('web'), 'corrected', (found) => versionOf(found) === '1');
    await bed.deliver([web('2')]);
    const { spec } = await bed.untilObject(
      deploymentOf('web'),
      'updated',
      (found) => versionOf(found) === '2',
    );
    assert.equal(spec?.['replicas'], 4);
    const looked = await bed.look();
    assert.equal(conditionOf(looked, 'Contested'), undefined);
    assert.deepEqual(
      (await bed.events()).filter((event) => event.includes('.spec.replicas')),
      [],
    );
    await bed.remove(autoscalerOf('web'));
    await bed.untilObject(
      deploymentOf('web'),
      'with its own replicas',
      (found) => found.spec?.['replicas'] === 2,
    );
  },
);
