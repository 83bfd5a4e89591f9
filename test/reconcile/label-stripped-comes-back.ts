import assert from 'node:assert/strict';
import { ownerLabel } from '../../src/api/common.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'an owner label that somebody takes off is back at once',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    const before = await bed.get(configMapOf('settings'));
    const label = before?.metadata.labels?.[ownerLabel];
    await bed.edit(configMapOf('settings'), { metadata: { labels: null }, data: { mode: 'theirs' } });
    const after = await bed.untilObject(
      configMapOf('settings'),
      'labelled',
      ({ metadata, data }) => metadata.labels?.[ownerLabel] === label && data?.['mode'] === 'safe',
    );
    assert.equal(after.metadata.uid, before?.metadata.uid);
  },
);
