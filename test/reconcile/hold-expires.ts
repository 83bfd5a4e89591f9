import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a hold ends by itself, and the object is corrected then',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('held', { mode: 'safe' })]);
    const untilMs = Date.now() + 4000;
    const until = new Date(untilMs).toISOString();
    const target = { kind: 'ConfigMap', name: 'held' };
    await bed.setSpec({ holds: [{ target, until, reason: 'a moment' }] });
    await bed.untilEvent(/^HoldBegun: .* a moment$/u);
    await bed.edit(configMapOf('held'), { data: { mode: 'theirs' } });
    const wasInTime = Date.now() < untilMs - 200;
    await bed.untilObject(configMapOf('held'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
    if (wasInTime) assert.ok(Date.now() >= untilMs, 'it was corrected too early');
    await bed.untilEvent('HoldEnded: hold of ConfigMap held is over');
  },
);
