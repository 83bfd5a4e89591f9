import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a suspended Delivery corrects nothing, and resumed it does at once',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    await bed.setSpec({ suspend: true });
    await bed.untilCondition('Ready', 'Unknown', 'Suspended');
    await bed.edit(configMapOf('settings'), { data: { mode: 'edited' } });
    await bed.publish([bed.configMap('settings', { mode: 'next' })]);
    await bed.look();
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['mode'], 'edited');
    await bed.setSpec({ suspend: false });
    await bed.untilObject(
      configMapOf('settings'),
      'as the tag has it',
      ({ data }) => data?.['mode'] === 'next',
    );
    await bed.untilCondition('Ready', 'True', '');
  },
);
