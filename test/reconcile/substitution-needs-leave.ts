import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'substitution without the policy’s leave is refused, and no Secret is read for it',
  async (open) => {
    const bed = await open({ policy: { allowTransforms: ['path'] } });
    await bed.deliver([bed.configMap('settings', { color: '${color}' })]);
    // Without postBuild the text is what it is.
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['color'], '${color}');
    await bed.setSpec({ postBuild: { substituteFrom: [{ kind: 'Secret', name: 'site' }] } });
    await bed.untilCondition('Ready', 'False', 'TRANSFORM_NOT_ALLOWED');
    const read = (await bed.requests()).filter(({ objectRef }) => objectRef?.resource === 'secrets');
    assert.deepEqual(read, []);
    await bed.setPolicy({ allowTransforms: ['substitution'] });
    const metadata = { name: 'site', namespace: bed.name };
    await bed.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { color: 'blue' } });
    await bed.look();
    await bed.untilObject(configMapOf('settings'), 'blue', ({ data }) => data?.['color'] === 'blue');
  },
);
