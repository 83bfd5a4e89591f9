import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf('a right that is missing for a health check is named', async (open) => {
  const bed = await open();
  const rbac = 'rbac.authorization.k8s.io';
  const subject = { kind: 'ServiceAccount', name: 'weak', namespace: bed.name };
  const allow = (name: string, rule: object): readonly object[] => [
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name, namespace: bed.name }, rules: [rule] },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name, namespace: bed.name },
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [
        name === 'act-as-weak'
          ? { ...subject, name: 'sealift-puller', namespace: 'sealift-system' }
          : subject,
      ],
    },
  ];
  const objects = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'weak', namespace: bed.name } },
    ...allow('act-as-weak', {
      apiGroups: [''],
      resources: ['serviceaccounts'],
      resourceNames: ['weak'],
      verbs: ['impersonate'],
    }),
    ...allow('settings', { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'patch'] }),
  ];
  for (const object of objects) await bed.apply(object);
  const artifact = await bed.publish([bed.configMap('settings', {})]);
  const gate = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gate' };
  await bed.follow({ serviceAccountName: 'weak', healthChecks: [gate] });
  await bed.untilCondition('Ready', 'Unknown', 'can not be watched (forbidden)');
  for (const object of allow('watch', {
    apiGroups: [''],
    resources: ['configmaps'],
    verbs: ['list', 'watch'],
  }))
    await bed.apply(object);
  await bed.apply(bed.configMap('gate', {}));
  await bed.untilReady(artifact);
});
