import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const annotations = {
  'sealift.dev/ssa': 'Ignore',
  'sealift.dev/reconcile': 'Disabled',
  'sealift.dev/prune': 'Disabled',
  'kustomize.toolkit.fluxcd.io/prune': 'disabled',
  'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
};

export const behaviour = behaviourOf(
  'annotations that somebody puts on a live object neither stop its correction nor keep it from being pruned',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    await bed.edit(configMapOf('settings'), { metadata: { annotations }, data: { mode: 'evil' } });
    await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['mode'] === 'safe');

    await bed.deliver([bed.configMap('other', {})]);
    assert.equal(await bed.get(configMapOf('settings')), undefined);
  },
);
