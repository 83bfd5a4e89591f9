import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';

const claim = (storage: string, mode: string, annotations = {}): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', annotations },
  spec: { accessModes: [mode], storageClassName: 'none', resources: { requests: { storage } } },
});
const claimOf = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: 'data' };

export const behaviour = behaviourOf(
  'spec.force never makes a PersistentVolumeClaim anew; its own annotation in the artifact does',
  async (open) => {
    const bed = await open({ delivery: { force: true, wait: false } });
    await bed.deliver([claim('1Gi', 'ReadWriteOnce')]);
    const before = await bed.get(claimOf);
    await bed.publish([claim('1Gi', 'ReadWriteMany')]);
    await bed.look();
    const { status } = await bed.untilCondition('Ready', 'False', 'FIELD_IMMUTABLE');
    const message = status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    assert.doesNotMatch(message, /spec\.force/u);
    assert.equal((await bed.get(claimOf))?.metadata.uid, before?.metadata.uid);

    await bed.deliver([claim('1Gi', 'ReadWriteMany', { 'sealift.dev/force': 'Enabled' })]);
    assert.notEqual((await bed.get(claimOf))?.metadata.uid, before?.metadata.uid);
  },
);
