import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { withBase } from '../e2e/order.ts';

export const behaviour = behaviourOf(
  'what waits goes on at once, and asks nobody meanwhile',
  async (open) => {
    const { bed, openGate } = await withBase(open);
    const artifact = await bed.publish([bed.configMap('late', { of: 'app' })]);
    await bed.follow({ dependsOn: [{ name: 'base' }] });
    await bed.untilCondition('Ready', 'False', 'DependencyNotReady');
    const startMs = performance.now();
    await openGate();
    // The next look of its own is up to an hour away.
    await bed.untilReady(artifact);
    assert.ok(performance.now() - startMs < 5000);
    const requests = await bed.requests();
    const reads = requests.filter(
      ({ verb, objectRef }) => objectRef?.resource === 'deliveries' && (verb === 'get' || verb === 'list'),
    );
    assert.deepEqual(reads, []);
  },
);
