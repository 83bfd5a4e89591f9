import { ownerLabel } from '../../src/api/common.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { untilSecondBegins } from '../e2e/seconds.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'who writes in our name within the second of our apply, without a field that is ignored, is corrected',
  async (open) => {
    const ignore = [{ paths: ['/data/theirs'], target: { kind: 'ConfigMap', name: 'settings' } }];
    const bed = await open({ delivery: { ignore } });
    await bed.deliver([bed.configMap('settings', { mode: 'safe', theirs: '1' })]);
    const before = await bed.get(configMapOf('settings'));
    const { labels, annotations } = before?.metadata ?? {};
    const evil = bed.configMap('settings', { mode: 'evil' }, { labels, annotations });
    const manager = `sealift-${labels?.[ownerLabel] ?? ''}`;
    const untilSafe = (): Promise<unknown> =>
      bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
    await untilSecondBegins();
    await bed.edit(configMapOf('settings'), { data: { mode: 'other' } });
    await untilSafe();
    await bed.apply(evil, { manager });
    await untilSafe();
  },
);
