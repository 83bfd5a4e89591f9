import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { deploymentOf } from '../e2e/bed.ts';

const selects = (app: string): object => ({
  replicas: 0,
  selector: { matchLabels: { app } },
  template: { metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image: 'app:1' }] } },
});

export const behaviour = behaviourOf(
  'spec.force makes any object anew where a field of it can not be changed, and only there',
  async (open) => {
    const bed = await open({ delivery: { force: true } });
    await bed.deliver([bed.deployment('web', selects('one')), bed.deployment('api', selects('api'))]);
    const [web, api] = [await bed.get(deploymentOf('web')), await bed.get(deploymentOf('api'))];
    const scaled = { ...selects('api'), replicas: 1 };
    await bed.deliver([bed.deployment('web', selects('two')), bed.deployment('api', scaled)]);
    assert.notEqual((await bed.get(deploymentOf('web')))?.metadata.uid, web?.metadata.uid);
    assert.equal((await bed.get(deploymentOf('api')))?.metadata.uid, api?.metadata.uid);
  },
);
