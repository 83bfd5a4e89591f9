import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { conditionOf } from '../e2e/tenant.ts';

const hourMs = 3_600_000;

export const behaviour = behaviourOf(
  'a hold that takes another’s place goes on with that one’s time',
  async (open) => {
    const bed = await open({ policy: { maxHold: '1h' } });
    await bed.deliver([bed.configMap('held', { mode: 'safe' })]);
    const holdFor = async (hours: number, target: object): Promise<string> => {
      const reason = `for ${hours} hours`;
      const until = new Date(Date.now() + hours * hourMs).toISOString();
      await bed.setSpec({
        holds: [{ target: { kind: 'ConfigMap', name: 'held', ...target }, until, reason }],
      });
      const told = await bed.untilCondition('Held', 'True', reason);
      return /until (\S+Z):/u.exec(conditionOf(told, 'Held')?.message ?? '')?.[1] ?? '';
    };
    const first = await holdFor(2, {});
    assert.ok(Date.parse(first) <= Date.now() + hourMs, first);
    assert.equal(await holdFor(3, {}), first);
    assert.equal(await holdFor(4, { apiVersion: 'v1' }), first);
    assert.equal(await holdFor(5, { namespace: bed.name }), first);
  },
);
