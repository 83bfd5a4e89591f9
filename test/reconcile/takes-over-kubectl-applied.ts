import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export const behaviour = behaviourOf(
  'what kubectl applied is taken over: fields that only kubectl set are gone, and its entries are',
  async (open) => {
    const bed = await open();
    const metadata = { annotations: { [lastApplied]: '{}' } };
    await bed.apply(bed.configMap('differs', { mode: 'theirs', old: 'x' }, metadata), {
      manager: 'kubectl-client-side-apply',
    });
    await bed.apply(bed.configMap('equals', { mode: 'ours', old: 'x' }, metadata), { manager: 'kubectl' });
    await bed.edit(configMapOf('equals'), { data: { edited: 'y' } }, { manager: 'kubectl-edit' });
    await bed.deliver([
      bed.configMap('differs', { mode: 'ours' }),
      bed.configMap('equals', { mode: 'ours' }),
    ]);
    for (const name of ['differs', 'equals']) {
      const found = await bed.get(configMapOf(name));
      assert.deepEqual(found?.data, { mode: 'ours' }, name);
      assert.equal(found?.metadata.annotations?.[lastApplied], undefined);
      const managers = found?.metadata.managedFields?.map(({ manager }) => manager);
      assert.deepEqual(
        managers?.filter((manager) => manager?.startsWith('kubectl')),
        [],
      );
    }
  },
);
