import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const ifNotPresent = { annotations: { 'sealift.dev/ssa': 'IfNotPresent' } };

export const behaviour = behaviourOf(
  'with ssa: IfNotPresent, an object is made where there is none, and never changed',
  async (open) => {
    const bed = await open();
    await bed.apply(bed.configMap('theirs', { mode: 'theirs' }));
    const objects = (mode: string): readonly object[] => [
      bed.configMap('theirs', { mode }, ifNotPresent),
      bed.configMap('ours', { mode }, ifNotPresent),
    ];
    await bed.deliver(objects('one'));
    const theirs = await bed.get(configMapOf('theirs'));
    assert.deepEqual(theirs?.data, { mode: 'theirs' });
    assert.equal(theirs?.metadata.labels, undefined, 'it is not even marked');

    await bed.edit(configMapOf('ours'), { data: { mode: 'edited' } });
    await bed.deliver(objects('two'));
    await bed.look();
    assert.deepEqual((await bed.get(configMapOf('ours')))?.data, { mode: 'edited' }, 'a change is no drift');

    await bed.remove(configMapOf('ours'));
    await bed.untilObject(configMapOf('ours'), 'made again', ({ data }) => data?.['mode'] === 'two');

    await bed.deliver([bed.configMap('other', {})]);
    assert.equal(await bed.get(configMapOf('ours')), undefined, 'ours is pruned');
    assert.deepEqual((await bed.get(configMapOf('theirs')))?.data, { mode: 'theirs' });
  },
);
