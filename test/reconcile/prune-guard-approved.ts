import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const names = ['a', 'b', 'c', 'd'];

export const behaviour = behaviourOf(
  "what the prune guard holds is deleted once the Delivery's annotation names the artifact, and not for another",
  async (open) => {
    const bed = await open({ delivery: { pruneGuard: { maxPercent: 50 } } });
    await bed.deliver(names.map((name) => bed.configMap(name, {})));
    const artifact = await bed.publish([bed.configMap('a', {})]);
    await bed.look();
    await bed.untilCondition('PruneHeld', 'True', 'maxPercent 50');
    await bed.annotate({ 'sealift.dev/approve-prune': `sha256:${'0'.repeat(64)}` });
    await bed.look();
    for (const name of names) assert.ok(await bed.get(configMapOf(name)));

    await bed.annotate({ 'sealift.dev/approve-prune': artifact.descriptor.digest });
    for (const name of ['b', 'c', 'd']) await bed.untilGone(configMapOf(name));
    await bed.until(
      'no PruneHeld',
      ({ status }) => status?.conditions?.some(({ type }) => type === 'PruneHeld') === false,
    );
    assert.ok(await bed.get(configMapOf('a')));
  },
);
