import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'targetNamespace moves all objects into another namespace and back, but never into the puller’s own',
  async (open) => {
    const bed = await open();
    const elsewhere = `${bed.name}-elsewhere`;
    await bed.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: elsewhere } });
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    await bed.setSpec({ targetNamespace: elsewhere });
    await bed.untilObject(configMapOf('settings', elsewhere), 'there', () => true);
    await bed.untilGone(configMapOf('settings'));
    await bed.setSpec({ targetNamespace: 'sealift-system' });
    await bed.untilCondition('Ready', 'False', 'SELF_MODIFICATION');
    await bed.setSpec({ targetNamespace: null });
    await bed.untilObject(configMapOf('settings'), 'there', () => true);
    await bed.untilGone(configMapOf('settings', elsewhere));
  },
);
