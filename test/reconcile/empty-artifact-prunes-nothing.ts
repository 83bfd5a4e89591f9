import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { attestTo, pushFiles } from '../helpers/forging.ts';
import { signerNamed } from '../helpers/signers.ts';

export const behaviour = behaviourOf(
  'an artifact without objects, at all or below spec.path, is an error and prunes nothing',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    const empty = await pushFiles(bed.store, [{ path: 'README.md', bytes: Buffer.from('# nothing') }]);
    await attestTo(bed.store, empty.descriptor, await signerNamed('ci'));
    await bed.store.tag(empty, 'prod');
    await bed.look();
    await bed.untilCondition('Ready', 'False', 'RESOURCE_INVALID');
    assert.ok(await bed.get(configMapOf('settings')));
    // The path first: a look may come at any time.
    await bed.setSpec({ path: './nowhere' });
    await bed.look();
    const full = await bed.publish([bed.configMap('settings', { mode: 'safer' })]);
    await bed.look();
    await bed.untilCondition('Ready', 'False', 'INPUT_INVALID: spec.path ./nowhere holds no object');
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['mode'], 'safe');
    await bed.setSpec({ path: './' });
    await bed.untilReady(full);
  },
);
