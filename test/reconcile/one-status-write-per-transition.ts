import assert from 'node:assert/strict';
import { parseDurationMs } from '../../src/api/common.ts';
import type { Delivery } from '../../src/api/delivery.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import type { Bed } from '../e2e/bed.ts';

async function statusWrites(bed: Bed): Promise<number> {
  const requests = await bed.requests();
  return requests.filter(
    ({ verb, objectRef, stage }) =>
      verb === 'patch' &&
      stage === 'ResponseComplete' &&
      objectRef?.resource === 'deliveries' &&
      objectRef.subresource === 'status',
  ).length;
}

/** On a machine that is busy the apply itself may last as long as what is worth telling. */
function isSlow({ status }: Delivery): boolean {
  return parseDurationMs(status?.history?.[0]?.lastReconciledDuration ?? '0s') > 1000;
}

export const behaviour = behaviourOf(
  'a transition is one write of the status, and one more where it takes long',
  async (open) => {
    const bed = await open();
    await bed.publish([bed.configMap('settings', { mode: 'first' })]);
    await bed.follow();
    const created = await bed.untilCondition('Ready', 'True', '');
    const onCreate = await statusWrites(bed);
    assert.ok(onCreate === 1 || isSlow(created), `create: ${onCreate}`);
    const events = await bed.events();
    assert.ok(!events.some((event) => event.startsWith('Applied')), 'an install makes no Event');
    const upgraded = await bed.deliver([bed.configMap('settings', { mode: 'second' })]);
    const onUpgrade = (await statusWrites(bed)) - onCreate;
    assert.ok(onUpgrade === 1 || isSlow(upgraded), `upgrade: ${onUpgrade}`);
    await bed.look();
    assert.equal(await statusWrites(bed), onCreate + onUpgrade + 1, 'only the request was handled');
    await bed.untilEvent('Applied: ');

    const slow = await open();
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: { nodeSelector: { late: slow.name }, containers: [{ name: 'main', image: 'app:1' }] },
    };
    const artifact = await slow.publish([slow.deployment('web', { template })]);
    await slow.follow();
    await slow.untilCondition('Ready', 'Unknown', 'Progressing');
    const node = { apiVersion: 'v1', kind: 'Node', name: 'fake-node' };
    await slow.edit(node, { metadata: { labels: { late: slow.name } } });
    await slow.untilReady(artifact);
    assert.equal(await statusWrites(slow), 2, 'slow');
  },
);
