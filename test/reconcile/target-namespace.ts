import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'targetNamespace can not put objects into the puller’s own namespace',
  async (open) => {
    const bed = await open();
    await bed.follow({ targetNamespace: 'sealift-system' });
    await bed.publish([bed.configMap('settings', { mode: 'safe' })]);
    await bed.untilCondition('Ready', 'False', 'SELF_MODIFICATION');
  },
);
