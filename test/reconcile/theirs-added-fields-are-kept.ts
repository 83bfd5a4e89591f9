import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'fields that others add are kept, also by a repair and by a new version',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    await bed.edit(configMapOf('settings'), {
      data: { theirs: '1' },
      metadata: { annotations: { 'example.com/a': '1' } },
    });
    await bed.edit(configMapOf('settings'), { data: { mode: 'theirs' } });
    const repaired = await bed.untilObject(
      configMapOf('settings'),
      'as it was',
      ({ data }) => data?.['mode'] === 'safe',
    );
    assert.equal(repaired.data?.['theirs'], '1');
    await bed.deliver([bed.configMap('settings', { mode: 'safer' })]);
    const { data, metadata } = await bed.untilObject(
      configMapOf('settings'),
      'updated',
      (found) => found.data?.['mode'] === 'safer',
    );
    assert.equal(data?.['theirs'], '1');
    assert.equal(metadata.annotations?.['example.com/a'], '1');
  },
);
