import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a right that the service account lacks is named, and what it may apply is applied',
  async (open) => {
    const bed = await open();
    const group = 'rbac.authorization.k8s.io';
    await bed.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'weak' } });
    await bed.apply({
      apiVersion: `${group}/v1`,
      kind: 'Role',
      metadata: { name: 'weak' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'patch', 'delete'] }],
    });
    await bed.apply({
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'weak' },
      roleRef: { apiGroup: group, kind: 'Role', name: 'weak' },
      subjects: [{ kind: 'ServiceAccount', name: 'weak', namespace: bed.name }],
    });
    await bed.edit(
      { apiVersion: `${group}/v1`, kind: 'Role', name: 'impersonate' },
      {
        rules: [
          {
            apiGroups: [''],
            resources: ['serviceaccounts'],
            resourceNames: ['deployer', 'weak'],
            verbs: ['impersonate'],
          },
        ],
      },
    );
    await bed.publish([bed.configMap('settings', {}), bed.deployment('web')]);
    await bed.follow({ serviceAccountName: 'weak' });
    const { status } = await bed.untilCondition('Ready', 'False', 'APPLY_FORBIDDEN');
    const message = status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    assert.ok(
      message.includes(`system:serviceaccount:${bed.name}:weak may not patch deployments.apps`),
      message,
    );
    assert.ok(await bed.get(configMapOf('settings')));
  },
);
