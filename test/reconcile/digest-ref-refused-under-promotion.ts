import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'under promotion only a channel is followed: no digest, and no range, though it picks a tag that is named like one',
  async (open) => {
    const channel = '1.0.0';
    const promotion = { channels: [{ tag: channel, authorities: ['promoter'] }] };
    const bed = await open({ policy: { promotion } });
    const artifact = await bed.publish([bed.configMap('settings', { version: 'one' })], channel);
    const refs = [
      { digest: artifact.descriptor.digest },
      { semver: channel },
      { semver: '1.x' },
      { tag: 'prod' },
    ];
    for (const [index, ref] of refs.entries()) {
      const name = `app-${index}`;
      await bed.follow({ source: { url: bed.url, interval: '1h', ref } }, name);
      const { status } = await bed.untilCondition('Ready', 'False', 'REF_NOT_A_CHANNEL', name);
      assert.equal(status?.candidate?.reason, 'REF_NOT_A_CHANNEL');
    }
    assert.equal(await bed.get(configMapOf('settings')), undefined);
  },
);
