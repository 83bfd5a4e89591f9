import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'without the ignore rule the artifact’s value comes back',
  async (open) => {
    const bed = await open({ delivery: { ignore: [{ paths: ['/data/theirs'] }] } });
    await bed.deliver([bed.configMap('settings', { ours: '1', theirs: '1' })]);
    await bed.edit(configMapOf('settings'), { data: { theirs: '2' } });
    await bed.look();
    await bed.setSpec({ ignore: null });
    await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['theirs'] === '1');
    // And it is kept from then on.
    await bed.edit(configMapOf('settings'), { data: { theirs: '3' } });
    await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['theirs'] === '1');
  },
);
