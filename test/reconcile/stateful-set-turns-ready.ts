import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'a StatefulSet is waited for, and one with a partition as far as it goes',
  async (open) => {
    const bed = await open();
    const set = (image: string, partition: number): object => ({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: bed.name },
      spec: {
        replicas: 2,
        serviceName: 'db',
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: { app: 'db' } },
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } },
        template: {
          metadata: { labels: { app: 'db' } },
          spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image }] },
        },
      },
    });
    await bed.deliver([set('db:1', 0)]);
    await bed.deliver([set('db:2', 1)]);
    const live = await bed.get({ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db' });
    assert.equal(live?.status?.['updatedReplicas'], 1);
    assert.notEqual(live?.status?.['currentRevision'], live?.status?.['updateRevision']);
  },
);
