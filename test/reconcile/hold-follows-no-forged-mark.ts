import assert from 'node:assert/strict';
import { deliveryAnnotation } from '../../src/api/common.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { sealift } from '../helpers/cli.ts';

export const behaviour = behaviourOf(
  'sealift hold writes into no Delivery that does not keep the object, whatever its annotation says',
  async (open) => {
    const bed = await open({ delivery: { driftMode: 'Warn' } });
    await bed.deliver([bed.configMap('settings', {})]);
    await bed.publish([bed.configMap('else', {})], 'other');
    await bed.follow({ source: { url: bed.url, ref: { tag: 'other' } } }, 'other');
    await bed.untilCondition('Ready', 'True', '', 'other');
    // Whoever may edit the object may write this.
    await bed.edit(configMapOf('settings'), {
      metadata: { annotations: { [deliveryAnnotation]: `${bed.name}/other` } },
    });
    const { adminKubeconfig, directory } = bed.site.plane;
    const hold = (name: string) =>
      sealift(
        [
          'hold',
          `configmap/${name}`,
          '--for',
          '1h',
          '--reason',
          'x',
          '-n',
          bed.name,
          '--kubeconfig',
          adminKubeconfig,
        ],
        { cwd: directory },
      );
    const { code, stderr } = await hold('settings');
    assert.equal(code, 3, stderr);
    assert.match(stderr, /INPUT_INVALID/u);
    assert.match(stderr, /Delivery \S+\/other does not keep ConfigMap \S+\/settings/u);
    assert.equal((await bed.delivery('other')).spec.holds, undefined);
    assert.equal((await hold('else')).code, 0);
  },
);
