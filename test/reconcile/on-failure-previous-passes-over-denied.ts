import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';
import type { Delivery } from '../../src/api/delivery.ts';

const digestOf = ({ status }: Delivery): string => status?.artifact?.digest ?? '';

export const behaviour = behaviourOf(
  'onFailure goes back to the healthy one before that which policy denies by now, and calls nothing else refused',
  async (open) => {
    const gate = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gate' };
    const bed = await open({ delivery: { timeout: '1s', onFailure: 'Previous', healthChecks: [gate] } });
    const settings = (version: string): object => bed.configMap('settings', { version });
    await bed.apply(bed.configMap('gate', {}));
    const good = digestOf(await bed.deliver([settings('one')]));
    const denied = digestOf(await bed.deliver([settings('two')]));
    await bed.setPolicy({ deniedDigests: [denied] });
    await bed.untilCondition('Ready', 'False', 'DIGEST_DENIED');
    await bed.remove(gate);
    const bad = await bed.publish([settings('three')]);
    await bed.look();
    const back = await bed.untilCondition('RolledBackLocally', 'True', 'which did not turn healthy here');
    assert.equal(digestOf(back), good);
    assert.deepEqual(back.status?.candidate, { digest: bad.descriptor.digest, reason: 'ReleaseFailed' });
    assert.equal(conditionOf(back, 'SourceVerified')?.status, 'True');
    await bed.untilObject(
      configMapOf('settings'),
      'as it was first',
      ({ data }) => data?.['version'] === 'one',
    );

    // Where that one is denied as well there is no way back: what is shown runs, and is not what is refused.
    await bed.setPolicy({ deniedDigests: [denied, good] });
    const { status } = await bed.until(
      'what is shown to run, and to be told of as what failed',
      (found) =>
        found.status?.lastAppliedRevision === `prod@${bad.descriptor.digest}` &&
        conditionOf(found, 'Ready')?.reason === 'HealthCheckFailed',
    );
    assert.equal(status?.candidate, undefined);
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['version'], 'three');
    await bed.untilEvent(`stays: ${good} is not gone back to: DIGEST_DENIED`);
  },
);
