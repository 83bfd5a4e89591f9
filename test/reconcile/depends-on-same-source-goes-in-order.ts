import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'Deliveries of one source take an update in their order',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'first' })]);
    await bed.follow({ dependsOn: [{ name: 'app' }], path: './', commonMetadata: {} }, 'second');
    // One object can't be in both: that it was tried shows that it went on.
    await bed.untilCondition('Ready', 'False', 'OWNED_BY_ANOTHER', 'second');
    const next = await bed.publish([bed.configMap('settings', { mode: 'second' })]);
    await bed.look('second');
    // `second` has seen the update, `app` has it first.
    const ready = await bed.untilReady(next);
    assert.equal(conditionOf(ready, 'Ready')?.status, 'True');
    await bed.until(
      'the update',
      ({ status }) => status?.lastAttemptedRevision?.endsWith(next.descriptor.digest) === true,
      'second',
    );
  },
);
