import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf, deploymentOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'variables of spec, ConfigMap and Secret are filled in, later ones and the spec win, and marked objects stay',
  async (open) => {
    const bed = await open();
    const { name: namespace } = bed;
    const variables = { color: 'blue', size: 'small', host: 'from-map' };
    await bed.apply({ ...bed.configMap('site', variables), metadata: { name: 'site', namespace } });
    await bed.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'site', namespace },
      stringData: { size: 'large\n', token: 'hunter: "2"\nx: y', 'tls.crt': 'not a variable' },
    });
    await bed.publish([
      bed.configMap('settings', {
        color: '${color}',
        size: '${size}',
        host: '${host}.${domain:=example.org}',
        token: '${token}',
        script: 'echo $${HOME}',
      }),
      { ...bed.deployment('web'), spec: { ...specOf(bed.deployment('web')), replicas: '${replicas}' } },
      bed.configMap('raw', { k: '${HOME}' }, { annotations: { 'sealift.dev/substitute': 'Disabled' } }),
      bed.configMap(
        'flux',
        { k: '${HOME}' },
        { labels: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' } },
      ),
      { ...bed.configMap('placed', {}), metadata: { name: 'in-${namespace}', namespace: '${namespace}' } },
    ]);
    await bed.follow({
      wait: false,
      postBuild: {
        substitute: { host: 'from-spec', replicas: '2', namespace },
        substituteFrom: [
          { kind: 'ConfigMap', name: 'site' },
          { kind: 'ConfigMap', name: 'absent', optional: true },
          { kind: 'Secret', name: 'site' },
        ],
      },
    });
    await bed.untilCondition('Ready', 'True', '');
    assert.deepEqual((await bed.get(configMapOf('settings')))?.data, {
      color: 'blue',
      size: 'large',
      host: 'from-spec.example.org',
      token: 'hunter: "2"\nx: y',
      script: 'echo ${HOME}',
    });
    assert.equal((await bed.get(deploymentOf('web')))?.spec?.['replicas'], 2);
    assert.equal((await bed.get(configMapOf('raw')))?.data?.['k'], '${HOME}');
    assert.equal((await bed.get(configMapOf('flux')))?.data?.['k'], '${HOME}');
    assert.ok((await bed.get(configMapOf(`in-${namespace}`))) !== undefined);
  },
);

function specOf(object: object): object {
  return 'spec' in object && typeof object.spec === 'object' ? (object.spec ?? {}) : {};
}
