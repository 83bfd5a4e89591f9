import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'from Warn to Correct, what had drifted is corrected at once',
  async (open) => {
    const bed = await open({ delivery: { driftMode: 'Warn' } });
    await bed.deliver([
      bed.configMap('edited', { mode: 'safe' }),
      bed.configMap('deleted', { mode: 'safe' }),
    ]);
    await bed.edit(configMapOf('edited'), { data: { mode: 'theirs' } });
    await bed.remove(configMapOf('deleted'));
    await bed.untilCondition('Drifted', 'True', 'deleted');
    await bed.setSpec({ driftMode: 'Correct' });
    await bed.untilObject(configMapOf('edited'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
    await bed.untilObject(configMapOf('deleted'), 'back', ({ data }) => data?.['mode'] === 'safe');
    await bed.until('nothing to be Drifted', (found) => conditionOf(found, 'Drifted') === undefined);
  },
);
