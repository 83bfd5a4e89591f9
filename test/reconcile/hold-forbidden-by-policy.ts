import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf('maxHold: 0s allows no holds', async (open) => {
  const bed = await open({ policy: { maxHold: '0s' } });
  await bed.deliver([bed.configMap('held', { mode: 'safe' })]);
  const until = new Date(Date.now() + 3_600_000).toISOString();
  await bed.setSpec({ holds: [{ target: { kind: 'ConfigMap', name: 'held' }, until, reason: 'please' }] });
  await bed.untilEvent('HoldRefused: ConfigMap held is not held: policy allows no holds');
  await bed.edit(configMapOf('held'), { data: { mode: 'theirs' } });
  await bed.untilObject(configMapOf('held'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
});
