import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf('the health of a custom kind is told by expressions', async (open) => {
  const bed = await open();
  const group = `${bed.name}.example`;
  await bed.apply({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: `watch-${bed.name}`, labels: { 'sealift.dev/aggregate-to-puller': 'true' } },
    rules: [{ apiGroups: [group], resources: ['backups'], verbs: ['get', 'list', 'watch'] }],
  });
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: 'sealift-puller' };
  await bed.untilObject(role, 'with the new rule', (found) => JSON.stringify(found).includes(group));
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `backups.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Backup', plural: 'backups', singular: 'backup', listKind: 'BackupList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
  const backup = { apiVersion: `${group}/v1`, kind: 'Backup', metadata: { name: 'nightly' }, spec: {} };
  const artifact = await bed.publish([definition, backup]);
  await bed.follow({
    healthCheckExprs: [
      {
        apiVersion: `${group}/v1beta1`,
        kind: 'Backup',
        inProgress: "status.phase == 'Running'",
        failed: "status.phase == 'Failed'",
        current: "status.phase == 'Done'",
      },
    ],
  });
  // Without a status nothing can be said.
  await bed.untilCondition('Ready', 'Unknown', 'can not be judged');
  const live = { apiVersion: `${group}/v1`, kind: 'Backup', name: 'nightly' };
  const tell = (phase: string): Promise<void> =>
    bed.edit(live, { status: { phase } }, { subresource: 'status' });
  await tell('Failed');
  await bed.untilCondition('Ready', 'False', 'HealthCheckFailed');
  await tell('Running');
  await bed.untilCondition('Ready', 'Unknown', 'is in progress');
  await tell('Done');
  await bed.untilReady(artifact);
});
