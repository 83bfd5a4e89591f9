import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { deploymentOf } from '../e2e/bed.ts';

const selects = (app: string): object => ({
  replicas: 0,
  selector: { matchLabels: { app } },
  template: { metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image: 'app:1' }] } },
});

export const behaviour = behaviourOf(
  'an object with force: Enabled is deleted and made anew where a field of it can not be changed',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.deployment('web', selects('one'))]);
    const before = await bed.get(deploymentOf('web'));
    const annotations = { 'sealift.dev/force': 'Enabled' };
    await bed.deliver([bed.deployment('web', selects('two'), { annotations })]);
    const after = await bed.get(deploymentOf('web'));
    assert.notEqual(after?.metadata.uid, before?.metadata.uid);
    assert.deepEqual(after?.spec?.['selector'], { matchLabels: { app: 'two' } });
  },
);
