import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a range that no tag is in is refused, and what runs is kept and corrected',
  async (open) => {
    const bed = await open({ source: { ref: { semver: '1.x' } } });
    const artifact = await bed.publish([bed.configMap('settings', { mode: 'safe' })], '1.0.0');
    await bed.follow();
    await bed.untilReady(artifact, '1.0.0');
    await bed.setSpec({ source: { ref: { semver: '7.x' } } });
    const { status } = await bed.untilCondition(
      'Ready',
      'False',
      'CONTENT_MISSING: no tag is a version in the range 7.x',
    );
    assert.equal(status?.candidate?.reason, 'CONTENT_MISSING');
    await bed.edit(configMapOf('settings'), { data: { mode: 'evil' } });
    await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
    await bed.setSpec({ source: { ref: { semver: 'newest' } } });
    await bed.untilCondition('Ready', 'False', 'INPUT_INVALID');
  },
);
