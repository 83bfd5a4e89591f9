import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { requestedAtAnnotation } from '../../src/api/common.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'an annotation makes the puller look now, Flux’ own as well',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'first' })]);
    await bed.annotate({ [requestedAtAnnotation]: null });
    for (const [annotation, mode] of [
      ['reconcile.fluxcd.io/requestedAt', 'second'],
      ['reconcile.sealift.dev/requestedAt', 'third'],
    ] as const) {
      const artifact = await bed.publish([bed.configMap('settings', { mode })]);
      await bed.annotate({ [annotation]: mode });
      const found = await bed.untilReady(artifact);
      assert.equal((await bed.get(configMapOf('settings')))?.data?.['mode'], mode);
      assert.equal(found.status?.lastHandledReconcileAt, mode);
    }
  },
);
