import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'the tag with the highest version in the range is followed, and a higher one as soon as it is there',
  async (open) => {
    const bed = await open({ source: { ref: { semver: '1.x' } } });
    const object = (version: string): readonly object[] => [bed.configMap('settings', { version })];
    await bed.publish(object('1.2.0'), '1.2.0');
    const highest = await bed.publish(object('1.10.0'), 'v1.10.0');
    await bed.publish(object('2.0.0'), '2.0.0');
    await bed.publish(object('1.11.0-rc.1'), '1.11.0-rc.1');
    await bed.follow();
    const { status } = await bed.untilReady(highest, 'v1.10.0');
    assert.equal(status?.artifact?.revision, `v1.10.0@${highest.descriptor.digest}`);
    const newer = await bed.publish(object('1.11.0'), '1.11.0');
    await bed.look();
    await bed.untilReady(newer, '1.11.0');
    // A range that names a pre-release takes them.
    const next = await bed.publish(object('1.12.0-rc.1'), '1.12.0-rc.1');
    await bed.setSpec({ source: { ref: { semver: '>=1.0.0-0 <2.0.0-0' } } });
    await bed.untilReady(next, '1.12.0-rc.1');
  },
);
