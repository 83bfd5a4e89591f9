import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf, type Bed } from '../e2e/bed.ts';

const channels = [{ tag: 'prod', authorities: ['promoter'] }];

export const behaviour = behaviourOf(
  'under promotion rollbackTo needs localRollback, leads one step back, and ends with the next sequence',
  async (open) => {
    const bed: Bed = await open({ isPromoted: true });
    const version = async (): Promise<string | undefined> =>
      (await bed.get(configMapOf('settings')))?.data?.['version'];
    const deliver = async (text: string): Promise<string> =>
      (await bed.deliver([bed.configMap('settings', { version: text })])).status?.artifact?.digest ?? '';
    const one = await deliver('one');
    const two = await deliver('two');
    await deliver('three');
    await bed.setSpec({ rollbackTo: { digest: two } });
    await bed.untilCondition('Ready', 'False', "ROLLBACK_NOT_ALLOWED: the policy's localRollback is Never");
    assert.equal(await version(), 'three');
    await bed.setPolicy({ promotion: { channels, localRollback: 'Previous' } });
    await bed.untilCondition('RolledBackLocally', 'True', two);
    await bed.untilObject(configMapOf('settings'), 'as before', ({ data }) => data?.['version'] === 'two');
    // No tenant goes further back than a cluster admin may.
    await bed.setSpec({ rollbackTo: { digest: one } });
    await bed.untilCondition('Ready', 'False', 'ROLLBACK_NOT_ALLOWED: the policy allows just the one');
    assert.equal(await version(), 'two');
    await bed.setSpec({ rollbackTo: { digest: two } });
    await bed.untilCondition('Ready', 'True', two);
    const four = await bed.publish([bed.configMap('settings', { version: 'four' })]);
    await bed.look();
    await bed.untilReady(four);
    assert.equal(await version(), 'four');
    // And it is not taken up again.
    await bed.look();
    assert.equal(await version(), 'four');
  },
);
