import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { waitUntil } from '../control-plane/wait.ts';

export const behaviour = behaviourOf(
  'a release that does not turn healthy is applied again whole, again and again, until it does',
  async (open) => {
    const gate = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gate' };
    const bed = await open({ delivery: { timeout: '1s', retryInterval: '1s', onFailure: 'Retry' } });
    const artifact = await bed.publish([bed.configMap('settings', { a: 'b' })]);
    await bed.follow({ healthChecks: [gate] });
    // Nothing has changed: only a whole apply sends it.
    const sent = async (): Promise<number> =>
      (await bed.requests()).filter(
        ({ verb, stage, objectRef }) =>
          verb === 'patch' && stage === 'ResponseComplete' && objectRef?.resource === 'configmaps',
      ).length;
    await waitUntil(async () => (await sent()) >= 3, { what: 'two retries', timeoutMs: 20_000 });
    await bed.apply(bed.configMap('gate', {}));
    await bed.untilReady(artifact);
    const before = await sent();
    await bed.look();
    assert.equal(await sent(), before);
  },
);
