import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

const flux = (name: string, value: string): object => ({
  annotations: { [`kustomize.toolkit.fluxcd.io/${name}`]: value },
});

export const behaviour = behaviourOf(
  "Flux's annotations in an artifact count as ours do, in any case, and ours win",
  async (open) => {
    const bed = await open();
    const both = { 'kustomize.toolkit.fluxcd.io/prune': 'disabled', 'sealift.dev/prune': 'Enabled' };
    await bed.deliver([
      bed.configMap('kept', {}, flux('prune', 'disabled')),
      bed.configMap('labelled', {}, { labels: { 'kustomize.toolkit.fluxcd.io/prune': 'Disabled' } }),
      bed.configMap('gone', {}, { annotations: both }),
      bed.configMap('made-once', { mode: 'one' }, flux('ssa', 'ifnotpresent')),
    ]);
    await bed.deliver([bed.configMap('made-once', { mode: 'two' }, flux('ssa', 'IFNOTPRESENT'))]);
    assert.deepEqual((await bed.get(configMapOf('made-once')))?.data, { mode: 'one' });
    assert.ok(await bed.get(configMapOf('kept')));
    assert.ok(await bed.get(configMapOf('labelled')));
    assert.equal(await bed.get(configMapOf('gone')), undefined);
  },
);
