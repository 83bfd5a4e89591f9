import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'an account that the puller may not impersonate is named, with the right that is missing',
  async (open) => {
    const bed = await open();
    await bed.publish([bed.configMap('settings', {})]);
    await bed.follow({ serviceAccountName: 'stranger' });
    const { status } = await bed.untilCondition('Ready', 'False', 'APPLY_FORBIDDEN');
    const message = status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    assert.match(
      message,
      /settings: the puller may not impersonate service account stranger: give .* the verb impersonate/u,
    );
  },
);
