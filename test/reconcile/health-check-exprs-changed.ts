import { behaviourOf } from '../e2e/behaviour.ts';

const rule = (current: string): object => ({
  healthCheckExprs: [{ apiVersion: 'v1', kind: 'ConfigMap', current }],
});

export const behaviour = behaviourOf(
  'changed expressions count without anybody touching an object',
  async (open) => {
    const bed = await open();
    const artifact = await bed.publish([bed.configMap('settings', { size: '3' })]);
    await bed.follow(rule("data.size == '4'"));
    await bed.untilCondition('Ready', 'Unknown', 'by its expressions');
    await bed.setSpec(rule("data.size == '3'"));
    await bed.untilReady(artifact);
  },
);
