import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { conditionOf, isReady } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'a fight names the object, the fields and the other manager',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    const isContested = async (): Promise<boolean> =>
      conditionOf(await bed.delivery(), 'Contested') !== undefined;
    for (let turn = 0; turn < 40 && !(await isContested()); turn += 1) {
      await bed.edit(
        configMapOf('settings'),
        { data: { mode: `theirs ${turn}` } },
        { manager: 'other-operator' },
      );
      const isCorrected = async (): Promise<boolean> =>
        (await bed.get(configMapOf('settings')))?.data?.['mode'] === 'safe';
      await bed.until('an answer', async () => (await isCorrected()) || (await isContested()));
    }
    const told = await bed.untilCondition('Contested', 'True', 'by other-operator');
    assert.match(
      conditionOf(told, 'Contested')?.message ?? '',
      /ConfigMap \S+settings \(\.data\.mode\) by other-operator/u,
    );
    assert.ok(isReady(told.status));
  },
);
