import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'conditions at rest are as kubectl wait and kstatus read them',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', {})]);
    await bed.setSpec({ retryInterval: '30s' });
    const found = await bed.until(
      'the new generation to be observed',
      ({ metadata, status }) => status?.observedGeneration === metadata.generation,
    );
    const conditions = found.status?.conditions ?? [];
    for (const { observedGeneration } of conditions)
      assert.equal(observedGeneration, found.metadata.generation);
    const ofType = (type: string): string | undefined => conditions.find((one) => one.type === type)?.status;
    assert.deepEqual(['Ready', 'Healthy', 'SourceVerified', 'Reconciling', 'Stalled'].map(ofType), [
      'True',
      'True',
      'True',
      undefined,
      undefined,
    ]);
  },
);
