import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'a hold for an object that the Delivery does not keep is told',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await bed.setSpec({
      holds: [{ target: { kind: 'ConfigMap', name: 'setings' }, until, reason: 'a typo' }],
    });
    await bed.untilCondition('Held', 'False', 'this Delivery does not keep ConfigMap setings');
    await bed.untilEvent('HoldUnmatched: hold is for ConfigMap setings');
  },
);
