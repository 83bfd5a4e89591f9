import { behaviourOf } from '../e2e/behaviour.ts';
import type { Bed } from '../e2e/bed.ts';

const job = (bed: Bed): object => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'migrate', namespace: bed.name },
  spec: {
    // Nothing runs it: what came of it is told by hand.
    managedBy: 'test.example/by-hand',
    backoffLimit: 0,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'app:1' }] } },
  },
});
const live = { apiVersion: 'batch/v1', kind: 'Job', name: 'migrate' };
const time = '2026-01-01T00:00:00Z';

export const behaviour = behaviourOf('a Job is waited for until it is complete', async (open) => {
  const bed = await open();
  const artifact = await bed.publish([job(bed)]);
  await bed.follow();
  await bed.untilCondition('Ready', 'Unknown', 'is not complete');
  const tell = (status: object): Promise<void> => bed.edit(live, { status }, { subresource: 'status' });
  // By kstatus alone a Job that has started is done.
  await tell({ startTime: time, active: 1 });
  await bed.look();
  await bed.untilCondition('Ready', 'Unknown', 'is not complete');
  const done = { status: 'True', lastProbeTime: time, lastTransitionTime: time };
  await tell({
    active: 0,
    succeeded: 1,
    completionTime: time,
    conditions: [
      { type: 'SuccessCriteriaMet', ...done },
      { type: 'Complete', ...done },
    ],
  });
  await bed.untilReady(artifact);
});
