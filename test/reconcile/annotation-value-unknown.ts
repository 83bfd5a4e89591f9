import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'an annotation with a value that no rule has is an error that names it, and stops no other object',
  async (open) => {
    const bed = await open();
    const annotations = { 'sealift.dev/prune': 'maybe' };
    await bed.publish([bed.configMap('odd', {}, { annotations }), bed.configMap('good', {})]);
    await bed.follow();
    const { status } = await bed.untilCondition('Ready', 'False', 'sealift.dev/prune');
    const message = status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    assert.match(
      message,
      /ConfigMap .*odd: annotation sealift\.dev\/prune is "maybe", not one of Enabled, Disabled/u,
    );
    assert.ok(await bed.get(configMapOf('good')));
    assert.equal(await bed.get(configMapOf('odd')), undefined);
  },
);
