import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'an ignore rule that can’t be read is told, and what runs is kept',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    await bed.setSpec({ ignore: [{ paths: ['/data/mode'], target: { name: '(' } }] });
    const told = await bed.untilCondition('Ready', 'False', 'INPUT_INVALID');
    assert.match(
      conditionOf(told, 'Ready')?.message ?? '',
      /spec\.ignore\[0\]\.target\.name: "\(" is no regular expression/u,
    );
    await bed.edit(configMapOf('settings'), { data: { mode: 'theirs' } });
    await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
    // A rule must not take away what objects are kept by.
    await bed.setSpec({ ignore: [{ paths: ['/metadata/labels'] }] });
    await bed.untilCondition('Ready', 'False', '/metadata/labels is what Sealift keeps the object by');
  },
);
