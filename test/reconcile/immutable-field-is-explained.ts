import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { deploymentOf } from '../e2e/bed.ts';

const selects = (app: string): object => ({
  replicas: 0,
  selector: { matchLabels: { app } },
  template: { metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image: 'app:1' }] } },
});

export const behaviour = behaviourOf(
  'a field that can not be changed is named, with how to have the object made anew; what ran is kept',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.deployment('web', selects('one'))]);
    const before = await bed.get(deploymentOf('web'));
    await bed.publish([bed.deployment('web', selects('two'))]);
    await bed.look();
    const { status } = await bed.untilCondition('Ready', 'False', 'FIELD_IMMUTABLE');
    const message = status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    assert.match(
      message,
      /Deployment\.apps .*web: spec\.selector can't be changed; .*sealift\.dev\/force: Enabled/u,
    );
    assert.equal((await bed.get(deploymentOf('web')))?.metadata.uid, before?.metadata.uid);

    await bed.setSpec({ force: true });
    await bed.untilObject(
      deploymentOf('web'),
      'made anew',
      ({ metadata }) => metadata.uid !== before?.metadata.uid,
    );
    await bed.untilCondition('Ready', 'True', 'applied');
  },
);
