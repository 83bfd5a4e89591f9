import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a label and a manager name of a Delivery that does not exist block nobody: the object is taken over, with a warning',
  async (open) => {
    const bed = await open();
    const labels = { 'sealift.dev/owner': 'aaaaaaaaaaaaaaaaaaaaaaaaaa' };
    const manager = 'sealift-aaaaaaaaaaaaaaaaaaaaaaaaaa';
    await bed.apply(bed.configMap('settings', { k: 'theirs', old: 'x' }, { labels }), { manager });
    await bed.deliver([bed.configMap('settings', { k: 'ours' })]);
    const found = await bed.get(configMapOf('settings'));
    assert.deepEqual(found?.data, { k: 'ours' });
    assert.notEqual(found?.metadata.labels?.['sealift.dev/owner'], labels['sealift.dev/owner']);
    await bed.untilEvent(
      /OwnerUnknown: ConfigMap .*settings was marked as owned by "aaaaaaaaaaaaaaaaaaaaaaaaaa"/u,
    );
  },
);
