import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'driftMode: Warn without the policy’s leave is refused, and drift is corrected on',
  async (open) => {
    const bed = await open({ policy: { allowTransforms: [] } });
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    await bed.setSpec({ driftMode: 'Warn' });
    await bed.untilCondition('Ready', 'False', 'TRANSFORM_NOT_ALLOWED');
    await bed.edit(configMapOf('settings'), { data: { mode: 'theirs' } });
    await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
  },
);
