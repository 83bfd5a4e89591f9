import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  "a tenant's expression can't look into another's Delivery",
  async (open) => {
    const bed = await open();
    const other = await open();
    await bed.publish([bed.configMap('late', {})]);
    await bed.follow({ dependsOn: [{ name: 'app', namespace: other.name, readyExpr: 'dep.spec.suspend' }] });
    const found = await bed.untilCondition('Stalled', 'True', 'spec.dependsOn[0].readyExpr');
    assert.equal(conditionOf(found, 'Ready')?.reason, 'InputInvalid');
    // Without an expression it may be waited for, and no more is told of it.
    await bed.setSpec({ dependsOn: [{ name: 'app', namespace: other.name }] });
    await bed.untilCondition('Ready', 'False', `Delivery ${other.name}/app does not exist`);
    await other.deliver([other.configMap('early', {})]);
    await bed.untilCondition('Ready', 'True', '');
  },
);
