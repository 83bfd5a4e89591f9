import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';

const secretOf = { apiVersion: 'v1', kind: 'Secret', name: 'login' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

export const behaviour = behaviourOf(
  "a Secret's stringData is applied as data, corrected, and gone with its key",
  async (open) => {
    const bed = await open();
    const secret = (stringData: object): object => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'login' },
      stringData,
    });
    await bed.deliver([secret({ user: 'ann', password: 'one' })]);
    assert.deepEqual((await bed.get(secretOf))?.data, { user: base64('ann'), password: base64('one') });
    await bed.deliver([secret({ user: 'ann' })]);
    assert.deepEqual((await bed.get(secretOf))?.data, { user: base64('ann') });
  },
);
