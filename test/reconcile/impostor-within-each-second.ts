import { ownerLabel } from '../../src/api/common.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { untilSecondBegins } from '../e2e/seconds.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'who writes in our name within the second of each of our corrections is corrected again',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    const before = await bed.get(configMapOf('settings'));
    const { labels, annotations } = before?.metadata ?? {};
    const evil = bed.configMap('settings', { mode: 'evil' }, { labels, annotations });
    const manager = `sealift-${labels?.[ownerLabel] ?? ''}`;
    const untilSafe = (): Promise<unknown> =>
      bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
    await untilSecondBegins();
    await bed.edit(configMapOf('settings'), { data: { mode: 'other' } });
    for (let round = 0; round < 3; round += 1) {
      await untilSafe();
      await bed.apply(evil, { manager });
    }
    await untilSafe();
  },
);
