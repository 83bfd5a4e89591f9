import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

export const behaviour = behaviourOf(
  'an ignored field is set when the object is made, and then left to others',
  async (open) => {
    const ignore = [{ paths: ['/data/theirs'], target: { kind: 'ConfigMap', name: 'settings' } }];
    const bed = await open({ delivery: { ignore } });
    const data = { ours: '1', theirs: '1' };
    await bed.deliver([bed.configMap('settings', data), bed.configMap('other', data)]);
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['theirs'], '1');
    await bed.edit(configMapOf('settings'), { data: { theirs: '2' } });
    // The rule is for one object only.
    await bed.edit(configMapOf('other'), { data: { theirs: '2' } });
    await bed.untilObject(configMapOf('other'), 'as it was', (found) => found.data?.['theirs'] === '1');
    const sent = (await bed.requests()).filter(
      ({ verb, objectRef }) => verb === 'patch' && objectRef?.name === 'settings',
    );
    assert.equal(sent.length, 1, 'what others do to it costs no request');
    // Of the same object other fields are corrected, and the ignored one stays.
    await bed.edit(configMapOf('settings'), { data: { ours: '2' } });
    const { data: now } = await bed.untilObject(
      configMapOf('settings'),
      'as it was',
      (found) => found.data?.['ours'] === '1',
    );
    assert.equal(now?.['theirs'], '2');
    const looked = await bed.look();
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['theirs'], '2');
    assert.equal(conditionOf(looked, 'Drifted'), undefined);
    const events = (await bed.events()).filter((event) => event.startsWith('DriftCorrected'));
    assert.deepEqual(
      events.filter((event) => event.includes('settings was') && event.includes('.data.theirs')),
      [],
    );
  },
);
