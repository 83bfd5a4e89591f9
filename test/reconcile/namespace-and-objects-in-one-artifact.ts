import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a Namespace and the objects in it are applied from one artifact, whatever their order in it',
  async (open) => {
    const bed = await open();
    const namespace = `${bed.name}-made`;
    await bed.deliver([
      bed.configMap('inner', { k: 'v' }, { namespace }),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    ]);
    assert.deepEqual((await bed.get(configMapOf('inner', namespace)))?.data, { k: 'v' });
  },
);
