import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a spoofed owner label gets nothing deleted: not with a manager name of ours, nor under a name that was pruned',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', {}), bed.configMap('other', {})]);
    const labels = (await bed.get(configMapOf('settings')))?.metadata.labels;
    const [entry] = (await bed.get(configMapOf('settings')))?.metadata.managedFields ?? [];
    await bed.apply(bed.configMap('impostor', { k: 'v' }, { labels }), { manager: entry?.manager ?? '' });
    await bed.apply(bed.configMap('labelled', { k: 'v' }, { labels }));
    await bed.deliver([bed.configMap('other', {})]);
    assert.equal(await bed.get(configMapOf('settings')), undefined);
    await bed.unfollow();
    assert.equal(await bed.get(configMapOf('other')), undefined);
    assert.ok(await bed.get(configMapOf('impostor')));
    assert.ok(await bed.get(configMapOf('labelled')));
  },
);
