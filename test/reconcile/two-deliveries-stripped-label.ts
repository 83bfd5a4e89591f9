import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const label = 'sealift.dev/owner';

export const behaviour = behaviourOf(
  "an object stays its Delivery's when its owner label is stripped, also for another Delivery with equal values",
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('shared', { k: 'v' })]);
    const owner = (await bed.get(configMapOf('shared')))?.metadata.labels?.[label];
    assert.ok(owner);
    // While nobody corrects it, the label is really gone.
    await bed.setSpec({ suspend: true });
    await bed.untilCondition('Ready', 'Unknown', 'Suspended');
    await bed.edit(configMapOf('shared'), {
      metadata: { labels: { [label]: null }, annotations: { 'sealift.dev/delivery': null } },
    });
    await bed.follow({ suspend: false }, 'other');
    await bed.untilCondition('Ready', 'False', 'OWNED_BY_ANOTHER', 'other');
    const found = await bed.get(configMapOf('shared'));
    assert.equal(found?.metadata.labels?.[label], undefined, 'what it took is given back');
    assert.equal(found?.metadata.managedFields?.filter(({ operation }) => operation === 'Apply').length, 1);

    await bed.unfollow('other');
    await bed.setSpec({ suspend: false });
    await bed.untilObject(
      configMapOf('shared'),
      'labelled again',
      ({ metadata }) => metadata.labels?.[label] === owner,
    );
  },
);
