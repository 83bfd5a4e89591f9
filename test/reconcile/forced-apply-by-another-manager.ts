import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'what another manager takes by a forced apply is taken back',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    await bed.apply(bed.configMap('settings', { mode: 'theirs' }), { manager: 'other-tool', force: true });
    await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
    await bed.untilEvent(/^DriftCorrected: .*\(\.data\.mode\) by other-tool/u);
  },
);
