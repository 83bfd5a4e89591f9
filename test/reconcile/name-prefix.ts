import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'namePrefix and nameSuffix rename what is applied, and the objects of the former names are pruned',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    await bed.setSpec({ namePrefix: 'eu-', nameSuffix: '-v2' });
    const found = await bed.untilObject(configMapOf('eu-settings-v2'), 'there', () => true);
    assert.equal(found.data?.['mode'], 'safe');
    await bed.untilGone(configMapOf('settings'));
  },
);
