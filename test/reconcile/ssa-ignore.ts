import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const ignore = { annotations: { 'sealift.dev/ssa': 'Ignore' } };

export const behaviour = behaviourOf(
  'with ssa: Ignore, an object is not applied, not corrected, and not pruned while it is in the artifact',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('one', { mode: 'ours' }), bed.configMap('kept', {})]);
    const ignored = [
      bed.configMap('one', { mode: 'new' }, ignore),
      bed.configMap('never', {}, ignore),
      bed.configMap('kept', {}),
    ];
    await bed.deliver(ignored);
    await bed.edit(configMapOf('one'), { data: { mode: 'theirs' } });
    await bed.look();
    assert.deepEqual((await bed.get(configMapOf('one')))?.data, { mode: 'theirs' });
    assert.equal(await bed.get(configMapOf('never')), undefined);

    await bed.deliver([bed.configMap('kept', {})]);
    assert.equal(await bed.get(configMapOf('one')), undefined, 'it left the artifact: it is pruned');
  },
);
