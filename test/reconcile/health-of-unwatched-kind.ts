import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'the health of objects whose kind the puller may not watch is read as the account, by their kind or by expressions',
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
            subresources: { status: {} },
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    });
    const live = { apiVersion: `${group}/v1`, kind: 'Backup', name: 'nightly' };
    const object = {
      apiVersion: live.apiVersion,
      kind: 'Backup',
      metadata: { name: 'nightly', namespace: bed.name },
    };
    const tell = (status: string, phase: string): Promise<void> =>
      bed.edit(
        live,
        { status: { phase, conditions: [{ type: 'Ready', status, message: 'its disk is full' }] } },
        { subresource: 'status' },
      );
    await bed.apply(object);
    await tell('False', 'Running');
    const artifact = await bed.publish([object]);
    await bed.follow();
    await bed.untilCondition('Ready', 'Unknown', 'its disk is full');
    await tell('True', 'Running');
    await bed.untilReady(artifact);
    await bed.untilCondition('Ready', 'True', '; not watched: Backup.');
    await bed.setSpec({
      healthCheckExprs: [
        {
          apiVersion: live.apiVersion,
          kind: 'Backup',
          current: "status.phase == 'Done'",
          inProgress: "status.phase == 'Running'",
        },
      ],
    });
    await bed.untilCondition('Healthy', 'Unknown', 'is in progress');
    await tell('True', 'Done');
    await bed.untilCondition('Healthy', 'True', '');
  },
);
