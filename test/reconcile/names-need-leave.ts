import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'patches, targetNamespace, names and images without the policy’s leave are refused, and what runs stays',
  async (open) => {
    const bed = await open({ policy: { allowTransforms: ['path'] } });
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    for (const spec of [
      { namePrefix: 'eu-' },
      { namePrefix: null, targetNamespace: 'elsewhere' },
      { targetNamespace: null, images: [{ name: 'nginx', newTag: '1' }] },
      { images: null, patches: [{ patch: 'data: { mode: wild }', target: { kind: 'ConfigMap' } }] },
    ]) {
      await bed.setSpec(spec);
      await bed.untilCondition('Ready', 'False', 'TRANSFORM_NOT_ALLOWED');
    }
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['mode'], 'safe');
    assert.equal(await bed.get(configMapOf('eu-settings')), undefined);
  },
);
