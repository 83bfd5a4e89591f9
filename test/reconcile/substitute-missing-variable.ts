import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a variable without value and default is refused by name, file and object, and what runs is kept',
  async (open) => {
    const bed = await open({ delivery: { postBuild: { substitute: { color: 'blue' } } } });
    await bed.deliver([bed.configMap('settings', { color: '${color}' }), bed.configMap('old', {})]);
    await bed.publish([bed.configMap('settings', { color: '${colour}' })]);
    const { status } = await bed.look();
    assert.equal(status?.candidate?.reason, 'INPUT_MISSING');
    await bed.untilCondition(
      'SourceVerified',
      'False',
      `ConfigMap ${bed.name}/settings: variable colour has no value and no default`,
    );
    await bed.edit(configMapOf('settings'), { data: { color: 'theirs' } });
    await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['color'] === 'blue');
    assert.ok((await bed.get(configMapOf('old'))) !== undefined);
    await bed.setSpec({ postBuild: { substitute: { color: null, colour: 'green' } } });
    await bed.untilObject(configMapOf('settings'), 'green', ({ data }) => data?.['color'] === 'green');
    await bed.untilGone(configMapOf('old'));
  },
);
