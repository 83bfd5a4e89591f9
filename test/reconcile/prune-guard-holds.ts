import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const names = ['a', 'b', 'c', 'd', 'e'];

export const behaviour = behaviourOf(
  'an update that would delete more than the prune guard allows deletes nothing, and what is held is not corrected',
  async (open) => {
    const bed = await open({ delivery: { pruneGuard: { maxObjects: 2, maxPercent: 90 } } });
    await bed.deliver(names.map((name) => bed.configMap(name, { k: 'v' })));
    const artifact = await bed.publish([bed.configMap('a', { k: 'new' })]);
    await bed.look();
    const { status } = await bed.untilCondition('PruneHeld', 'True', 'PRUNE_HELD: 4 of 5 objects');
    const held = status?.conditions?.find(({ type }) => type === 'PruneHeld')?.message ?? '';
    assert.ok(held.includes(artifact.descriptor.digest));
    assert.match(held, /maxObjects 2\): ConfigMap .*b, ConfigMap .*c, ConfigMap .*d and 1 more/u);
    await bed.untilReady(artifact);
    assert.deepEqual((await bed.get(configMapOf('a')))?.data, { k: 'new' });
    await bed.untilEvent('PruneHeld: PRUNE_HELD');

    await bed.edit(configMapOf('b'), { data: { k: 'theirs' } });
    await bed.edit(configMapOf('a'), { data: { k: 'theirs' } });
    await bed.untilObject(configMapOf('a'), 'as it was', ({ data }) => data?.['k'] === 'new');
    assert.deepEqual((await bed.get(configMapOf('b')))?.data, { k: 'theirs' });
    for (const name of names) assert.ok(await bed.get(configMapOf(name)));
  },
);
