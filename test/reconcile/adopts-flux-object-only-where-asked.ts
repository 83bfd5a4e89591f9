import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const marks = {
  labels: {
    'kustomize.toolkit.fluxcd.io/name': 'apps',
    'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
  },
};

export const behaviour = behaviourOf(
  "Flux's object is refused, and taken over whole where spec.adopt says so",
  async (open) => {
    const bed = await open();
    await bed.apply(bed.configMap('settings', { k: 'theirs', old: 'x' }, marks), {
      manager: 'kustomize-controller',
    });
    await bed.publish([bed.configMap('settings', { k: 'ours' })]);
    await bed.follow();
    await bed.untilCondition('Ready', 'False', 'is reconciled by Flux');
    assert.deepEqual((await bed.get(configMapOf('settings')))?.data, { k: 'theirs', old: 'x' });

    await bed.setSpec({ adopt: true });
    await bed.untilCondition('Ready', 'True', 'applied');
    const found = await bed.get(configMapOf('settings'));
    assert.deepEqual(found?.data, { k: 'ours' }, 'what only Flux set is gone');
    assert.equal(
      found?.metadata.labels?.['kustomize.toolkit.fluxcd.io/name'],
      undefined,
      'and so is its mark',
    );
    assert.equal(found?.metadata.managedFields?.length, 1);
  },
);
