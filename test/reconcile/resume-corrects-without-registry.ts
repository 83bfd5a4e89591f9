import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'what is resumed is corrected although its source is gone',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    await bed.setSpec({ suspend: true });
    await bed.untilCondition('Ready', 'Unknown', 'Suspended');
    await bed.edit(configMapOf('settings'), { data: { mode: 'edited' } });
    // Nobody answers there.
    const url = bed.url.replace(/:[0-9]+\//u, ':1/');
    await bed.setSpec({ suspend: false, source: { url } });
    await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
  },
);
