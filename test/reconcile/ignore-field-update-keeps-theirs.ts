import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf, deploymentOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a new version overwrites no ignored field, whether or not others changed it',
  async (open) => {
    const image = '/spec/template/spec/containers/0/image';
    const bed = await open({ delivery: { ignore: [{ paths: ['/data/theirs', image] }] } });
    const objects = (version: string): readonly object[] => [
      bed.configMap('changed', { ours: version, theirs: version }),
      bed.configMap('unchanged', { ours: version, theirs: version }),
      bed.deployment('web', { template: podOf(version) }),
    ];
    await bed.deliver(objects('1'));
    await bed.edit(configMapOf('changed'), { data: { theirs: 'x' } });
    await bed.deliver(objects('2'));
    assert.deepEqual((await bed.get(configMapOf('changed')))?.data, { ours: '2', theirs: 'x' });
    assert.deepEqual((await bed.get(configMapOf('unchanged')))?.data, { ours: '2', theirs: '1' });
    const web = await bed.get(deploymentOf('web'));
    assert.match(JSON.stringify(web?.spec), /"image":"app:1".*|"env":\[\{"name":"VERSION","value":"2"\}\]/u);
    assert.ok(
      JSON.stringify(web?.spec).includes('"value":"2"') &&
        JSON.stringify(web?.spec).includes('"image":"app:1"'),
    );
    // Nobody's any more once others have taken it out: it does not come back.
    await bed.edit(configMapOf('changed'), { data: { theirs: null } });
    await bed.deliver(objects('3'));
    assert.deepEqual((await bed.get(configMapOf('changed')))?.data, { ours: '3' });
  },
);

function podOf(version: string): object {
  return {
    metadata: { labels: { app: 'web' } },
    spec: {
      containers: [{ name: 'main', image: `app:${version}`, env: [{ name: 'VERSION', value: version }] }],
    },
  };
}
