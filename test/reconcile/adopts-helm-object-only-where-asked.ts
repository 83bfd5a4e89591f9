import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const marks = { annotations: { 'meta.helm.sh/release-name': 'app' } };

export const behaviour = behaviourOf(
  "Helm's object is refused, and taken over whole where spec.adopt says so",
  async (open) => {
    const bed = await open();
    await bed.apply(bed.configMap('settings', { k: 'theirs', old: 'x' }, marks), { manager: 'helm' });
    await bed.publish([bed.configMap('settings', { k: 'ours' })]);
    await bed.follow();
    await bed.untilCondition('Ready', 'False', 'is reconciled by Helm');
    assert.deepEqual((await bed.get(configMapOf('settings')))?.data, { k: 'theirs', old: 'x' });

    await bed.setSpec({ adopt: true });
    await bed.untilCondition('Ready', 'True', 'applied');
    const found = await bed.get(configMapOf('settings'));
    assert.deepEqual(found?.data, { k: 'ours' }, 'what only Helm set is gone');
    assert.equal(found?.metadata.annotations?.['meta.helm.sh/release-name'], undefined, 'and so is its mark');
    assert.equal(found?.metadata.managedFields?.length, 1);
  },
);
