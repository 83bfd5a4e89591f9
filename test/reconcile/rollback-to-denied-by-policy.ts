import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf('rollbackTo is judged by the policies of now', async (open) => {
  const bed = await open();
  const { status } = await bed.deliver([bed.configMap('settings', { version: 'one' })]);
  const digest = status?.artifact?.digest ?? '';
  await bed.deliver([bed.configMap('settings', { version: 'two' })]);
  await bed.setPolicy({ deniedDigests: [digest] });
  await bed.setSpec({ rollbackTo: { digest } });
  await bed.untilCondition('Ready', 'False', 'DIGEST_DENIED');
  assert.equal((await bed.get(configMapOf('settings')))?.data?.['version'], 'two');
});
