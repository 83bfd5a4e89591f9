import assert from 'node:assert/strict';
import { KubeError } from '../../src/errors.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';

export const behaviour = behaviourOf(
  "a Delivery with a cloud's provider is refused with what to use in its place, one with generic is taken",
  async (open) => {
    const bed = await open();
    const source = { url: bed.url, ref: { tag: 'prod' }, interval: '1h' };
    const refused = await assertRejectsWithCode(
      bed.follow({ source: { ...source, provider: 'aws' } }),
      KubeError,
      'KUBE_INVALID',
    );
    assert.match(refused.message, /provider must be generic: .*secretRef/u);
    const artifact = await bed.publish([bed.configMap('settings', {})]);
    await bed.follow({ source: { ...source, provider: 'generic' } });
    await bed.untilReady(artifact);
  },
);
