import assert from 'node:assert/strict';
import { waitUntil } from '../control-plane/wait.ts';
import { apiVersion } from '../../src/api/common.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf, type Bed } from '../e2e/bed.ts';
import { readStoredRecords, type StoredRecord } from '../helpers/stored-records.ts';

export const behaviour = behaviourOf(
  'the record of a Delivery whose finalizer was removed by force goes with it, and its objects stay',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', {})]);
    assert.equal((await recordsOf(bed)).length, 1);
    // While it is suspended the puller has nothing to write.
    await bed.setSpec({ suspend: true });
    await bed.untilCondition('Ready', 'Unknown', 'Suspended');
    const delivery = { apiVersion, kind: 'Delivery', name: 'app' };
    await bed.edit(delivery, { metadata: { finalizers: null } });
    await bed.remove(delivery);
    await bed.untilGone(delivery);
    await waitUntil(async () => (await recordsOf(bed)).length === 0, {
      what: 'the end of the record',
      timeoutMs: 20_000,
    });
    assert.ok(await bed.get(configMapOf('settings')));
  },
);

/** The records of a bed's Delivery. */
async function recordsOf({ site, name }: Bed): Promise<readonly StoredRecord[]> {
  const records = [...(await readStoredRecords(site.admin)).values()];
  return records.filter(({ delivery }) => delivery.namespace === name && delivery.name === 'app');
}
