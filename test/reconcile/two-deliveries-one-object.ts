import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'of two Deliveries that want one object the first keeps it, and both are told',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('shared', { owner: 'first' })]);
    const other = bed.storeOf(`${bed.name}/other`);
    await bed.publish(
      [bed.configMap('shared', { owner: 'second' }), bed.configMap('own', {})],
      'prod',
      other,
    );
    await bed.follow({ source: { url: bed.url.replace(/app$/u, 'other'), ref: { tag: 'prod' } } }, 'other');
    await bed.untilCondition('Ready', 'False', 'OWNED_BY_ANOTHER', 'other');
    await bed.untilEvent(/ClaimedByAnother: ConfigMap .*shared is claimed by Delivery other/u);
    await bed.look('other');
    assert.deepEqual((await bed.get(configMapOf('shared')))?.data, { owner: 'first' });
    assert.ok(await bed.get(configMapOf('own')), 'its other objects are applied');
    const told = (await bed.events()).filter((event) => event.startsWith('ClaimedByAnother'));
    assert.equal(told.length, 1, 'once');

    await bed.unfollow('other');
    assert.deepEqual((await bed.get(configMapOf('shared')))?.data, { owner: 'first' });
  },
);
