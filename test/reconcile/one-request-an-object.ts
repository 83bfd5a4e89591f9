import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { readStoredRecords } from '../helpers/stored-records.ts';

const names = Array.from({ length: 10 }, (_, index) => `settings-${index}`);

export const behaviour = behaviourOf(
  'an apply costs one request an object, on create and on upgrade, and two writes of the record, beside that of its outcome',
  async (open) => {
    const bed = await open();
    const objects = (k: string): readonly object[] => [
      bed.deployment('web', { replicas: 0 }, { annotations: { k } }),
      ...names.map((name) => bed.configMap(name, { k })),
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'r', labels: { k } },
        rules: [],
      },
    ];
    await bed.deliver(objects('one'));
    const owner = (await bed.get(configMapOf('settings-0')))?.metadata.labels?.['sealift.dev/owner'];
    const count = async () => {
      const applied = (await bed.requests()).filter(
        ({ stage, objectRef }) =>
          stage === 'ResponseComplete' &&
          ['configmaps', 'deployments', 'roles'].includes(objectRef?.resource ?? ''),
      );
      return {
        verbs: [...new Set(applied.map(({ verb }) => verb))],
        applied: applied.length,
        recorded: (await readStoredRecords(bed.site.admin)).get(owner ?? '')?.serial ?? 0,
      };
    };
    const created = await count();
    assert.deepEqual([created.verbs, created.applied], [['patch'], 12]);
    assert.ok(created.recorded <= 3, `${created.recorded} writes of the record`);
    await bed.deliver(objects('two'));
    const upgraded = await count();
    assert.deepEqual([upgraded.verbs, upgraded.applied], [['patch'], 24]);
    assert.ok(upgraded.recorded <= 6, `${upgraded.recorded} writes of the record`);
  },
);
