import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'rollbackTo a digest that was never healthy here is refused, and what runs stays',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { version: 'one' })]);
    // Signed and there, but never applied here.
    const other = await bed.publish([bed.configMap('settings', { version: 'other' })], 'other');
    const { digest } = other.descriptor;
    await bed.setSpec({ rollbackTo: { digest } });
    await bed.untilCondition(
      'Ready',
      'False',
      `ROLLBACK_NOT_ALLOWED: ${digest} is not gone back to: it is not in the history`,
    );
    // Neither back nor forward while it stands there.
    await bed.publish([bed.configMap('settings', { version: 'two' })]);
    await bed.look();
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['version'], 'one');
    await bed.edit(configMapOf('settings'), { data: { version: 'edited' } });
    await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['version'] === 'one');
    await bed.setSpec({ rollbackTo: null });
    await bed.untilObject(configMapOf('settings'), 'new', ({ data }) => data?.['version'] === 'two');
  },
);
