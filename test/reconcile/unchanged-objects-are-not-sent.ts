import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'objects that have not changed are not sent: not by an update of others, and not by a full look',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('same', { k: 'v' }), bed.configMap('changes', { k: 'one' })]);
    await bed.deliver([bed.configMap('same', { k: 'v' }), bed.configMap('changes', { k: 'two' })]);
    await bed.look();
    const requests = (await bed.requests()).filter(
      ({ stage, objectRef }) => stage === 'ResponseComplete' && objectRef?.resource === 'configmaps',
    );
    assert.equal(requests.filter(({ objectRef }) => objectRef?.name === 'same').length, 1);
    assert.equal(requests.filter(({ objectRef }) => objectRef?.name === 'changes').length, 2);
    assert.deepEqual((await bed.get(configMapOf('changes')))?.data, { k: 'two' });
  },
);
