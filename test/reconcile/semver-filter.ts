import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'only tags that match semverFilter count for the range',
  async (open) => {
    const bed = await open({ source: { ref: { semver: '>=1.0.0-0', semverFilter: '-site[0-9]+$' } } });
    const object = (version: string): readonly object[] => [bed.configMap('settings', { version })];
    await bed.publish(object('plain'), '1.9.0');
    const site = await bed.publish(object('site'), '1.2.0-site3');
    await bed.publish(object('older'), '1.2.0-site2');
    await bed.publish(object('other'), '1.8.0-lab1');
    await bed.follow();
    await bed.untilReady(site, '1.2.0-site3');
  },
);
