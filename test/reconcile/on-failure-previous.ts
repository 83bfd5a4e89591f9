import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf, deploymentOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'a release that does not turn healthy makes room for the last healthy one, until there is another',
  async (open) => {
    const bed = await open({ delivery: { timeout: '2s', onFailure: 'Previous' } });
    const settings = (version: string): object => bed.configMap('settings', { version });
    const { status: first } = await bed.deliver([settings('one'), bed.deployment('web')]);
    const good = first?.artifact;
    // Its pods are not available within the hour. They are others: those of before would pass for them for a moment.
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'app:2' }] },
    };
    const stuck = bed.deployment('web', { minReadySeconds: 3600, progressDeadlineSeconds: 7200, template });
    const bad = await bed.publish([settings('two'), stuck, bed.configMap('only-two', {})]);
    await bed.look();
    const back = await bed.untilCondition('RolledBackLocally', 'True', 'which did not turn healthy here');
    assert.equal(conditionOf(back, 'RolledBackLocally')?.reason, 'ReleaseFailed');
    const { status } = await bed.until(
      'the one before',
      ({ status: found }) =>
        found?.lastAppliedRevision === good?.revision &&
        conditionOf({ ...back, status: found }, 'Ready')?.status === 'True',
    );
    assert.deepEqual(status?.candidate, { digest: bad.descriptor.digest, reason: 'ReleaseFailed' });
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['version'], 'one');
    await bed.untilGone(configMapOf('only-two'));
    await bed.untilEvent(`RolledBackLocally: returned to ${good?.revision ?? ''}`);
    const failed = status?.history?.find(({ digest }) => digest === bad.descriptor.digest);
    assert.equal(failed?.lastReconciledStatus, 'HealthCheckFailed');
    assert.ok(await bed.get(deploymentOf('web')));
    // Another digest is tried.
    const third = await bed.publish([settings('three'), bed.deployment('web')]);
    await bed.look();
    await bed.untilReady(third);
  },
);
