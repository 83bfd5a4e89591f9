import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a hold lasts no longer than the policy’s maxHold, and written again gets no more',
  async (open) => {
    const bed = await open({ policy: { maxHold: '3s' } });
    await bed.deliver([bed.configMap('held', { mode: 'safe' })]);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const holds = [{ target: { kind: 'ConfigMap', name: 'held' }, until, reason: 'for ever' }];
    await bed.setSpec({ holds });
    await bed.untilEvent('sooner than asked for: policy has maxHold');
    await bed.edit(configMapOf('held'), { data: { mode: 'theirs' } });
    await bed.untilObject(configMapOf('held'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
    await bed.untilEvent('HoldEnded');
    // Taken out and put there again, it is the same hold: over.
    await bed.setSpec({ holds: [] });
    await bed.look();
    await bed.setSpec({ holds });
    await bed.look();
    await bed.edit(configMapOf('held'), { data: { mode: 'theirs again' } });
    await bed.untilObject(configMapOf('held'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
  },
);
