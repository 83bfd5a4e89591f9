import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { conditionOf } from '../e2e/tenant.ts';

const apiVersion = 'admissionregistration.k8s.io/v1';

export const behaviour = behaviourOf(
  'a MutatingAdmissionPolicy that rewrites what we sent is no fight',
  async (open) => {
    const bed = await open();
    await bed.site.apply(policyObjects(bed.name));
    // The API server takes a policy up a moment later.
    for (let turn = 0; ; turn += 1) {
      await bed.apply(bed.configMap(`probe-${turn}`, { mode: 'safe' }, { labels: { app: 'mutated' } }));
      if ((await bed.get(configMapOf(`probe-${turn}`)))?.data?.['mode'] === 'MUTATED') break;
      assert.ok(turn < 300, 'policy takes no effect');
    }
    const settings = bed.configMap('settings', { mode: 'safe', other: '1' }, { labels: { app: 'mutated' } });
    await bed.deliver([settings]);
    assert.equal((await bed.get(configMapOf('settings')))?.data?.['mode'], 'MUTATED');
    const sizes: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      await bed.edit(configMapOf('settings'), { data: { other: `theirs ${turn}` } });
      const { metadata } = await bed.untilObject(
        configMapOf('settings'),
        'as it was',
        ({ data }) => data?.['other'] === '1' && data['mode'] === 'MUTATED',
      );
      sizes.push(JSON.stringify(metadata.managedFields).length);
    }
    assert.equal(new Set(sizes).size, 1, sizes.join(', '));
    const before = (await bed.get(configMapOf('settings')))?.metadata.resourceVersion;
    const looked = await bed.look();
    assert.equal((await bed.get(configMapOf('settings')))?.metadata.resourceVersion, before);
    assert.equal(conditionOf(looked, 'Contested'), undefined);
  },
);

function policyObjects(name: string) {
  const mutated = 'Object{data: {"mode": "MUTATED"}}';
  return [
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        reinvocationPolicy: 'IfNeeded',
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
          objectSelector: { matchLabels: { app: 'mutated' } },
          resourceRules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['configmaps'],
            },
          ],
        },
        mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: mutated } }],
      },
    },
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name },
    },
  ];
}
