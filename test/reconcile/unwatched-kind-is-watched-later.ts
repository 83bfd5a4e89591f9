import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'a kind that the puller may watch only later is not called unwatched any more from then on',
  async (open) => {
    const bed = await open();
    const group = `${bed.name}.example`;
    await bed.apply({
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
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    });
    const backup = {
      apiVersion: `${group}/v1`,
      kind: 'Backup',
      metadata: { name: 'nightly', namespace: bed.name },
    };
    await bed.deliver([backup]);
    await bed.untilCondition('Ready', 'True', '; not watched: Backup.');
    await bed.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: `watch-${bed.name}`, labels: { 'sealift.dev/aggregate-to-puller': 'true' } },
      rules: [{ apiGroups: [group], resources: ['backups'], verbs: ['get', 'list', 'watch'] }],
    });
    await bed.until('watched', ({ status }) =>
      (status?.conditions ?? []).some(
        ({ type, status: state, message }) =>
          type === 'Ready' && state === 'True' && !message.includes('watched'),
      ),
    );
  },
);
