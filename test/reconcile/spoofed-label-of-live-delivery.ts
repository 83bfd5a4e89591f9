import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'marks of a Delivery that exists and does not have the object block nobody: it is taken over, with a warning',
  async (open) => {
    const bed = await open();
    const other = bed.storeOf(`${bed.name}/other`);
    await bed.publish([bed.configMap('own', {})], 'prod', other);
    await bed.follow({ source: { url: bed.url.replace(/app$/u, 'other'), ref: { tag: 'prod' } } }, 'other');
    const { metadata } = await bed.untilObject(configMapOf('own'), 'applied', () => true);
    const [entry] = metadata.managedFields ?? [];
    await bed.apply(bed.configMap('settings', { k: 'theirs', old: 'x' }, { labels: metadata.labels }), {
      manager: entry?.manager ?? '',
    });
    await bed.deliver([bed.configMap('settings', { k: 'ours' })]);
    const found = await bed.get(configMapOf('settings'));
    assert.deepEqual(found?.data, { k: 'ours' });
    assert.equal(found?.metadata.managedFields?.length, 1);
    await bed.untilEvent(/OwnerUnknown: ConfigMap .*settings was marked/u);
    assert.ok(!(await bed.events()).some((event) => event.startsWith('ClaimedByAnother')));
  },
);
