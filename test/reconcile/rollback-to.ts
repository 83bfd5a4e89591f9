import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf, type Bed } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

const version = async (bed: Bed): Promise<string | undefined> =>
  (await bed.get(configMapOf('settings')))?.data?.['version'];

export const behaviour = behaviourOf(
  'rollbackTo brings an artifact back that was healthy here, alarmed; without it the tag counts again',
  async (open) => {
    const bed = await open();
    const [one, two] = [
      await bed.deliver([bed.configMap('settings', { version: 'one' }), bed.configMap('only-one', {})]),
      await bed.deliver([bed.configMap('settings', { version: 'two' }), bed.configMap('only-two', {})]),
    ].map(({ status }) => status?.artifact);
    assert.ok(one !== undefined && two !== undefined);
    await bed.setSpec({ rollbackTo: { digest: one.digest } });
    const back = await bed.untilCondition('RolledBackLocally', 'True', `instead of ${two.revision}`);
    assert.equal(conditionOf(back, 'RolledBackLocally')?.reason, 'AskedBySpec');
    const { status } = await bed.until(
      'the rollback',
      ({ status: found }) => found?.lastAppliedRevision === one.revision,
    );
    const totals = status?.history?.map(({ digest, totalReconciliations }) => [digest, totalReconciliations]);
    assert.deepEqual(totals, [
      [one.digest, 2],
      [two.digest, 1],
    ]);
    assert.deepEqual(status?.history?.[0]?.metadata, { revision: one.revision });
    assert.deepEqual(status?.candidate, { digest: two.digest, reason: 'AskedBySpec' });
    assert.equal(await version(bed), 'one');
    await bed.untilGone(configMapOf('only-two'));
    await bed.untilEvent(`RolledBackLocally: returned to ${one.revision}, as spec.rollbackTo asks`);
    // What is newer is still looked at, and told.
    const three = await bed.publish([bed.configMap('settings', { version: 'three' })]);
    const { digest } = three.descriptor;
    await bed.look();
    await bed.until('the newer one to be told', ({ status: found }) => found?.candidate?.digest === digest);
    assert.equal(await version(bed), 'one');
    await bed.setSpec({ rollbackTo: null });
    const forward = await bed.untilReady(three);
    assert.equal(await version(bed), 'three');
    assert.equal(conditionOf(forward, 'RolledBackLocally'), undefined);
    assert.equal(forward.status?.candidate, undefined);
  },
);
