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

export const behaviour = behaviourOf('a Job that has failed fails its Delivery at once', async (open) => {
  const bed = await open();
  await bed.publish([job(bed)]);
  await bed.follow();
  await bed.untilCondition('Ready', 'Unknown', 'is not complete');
  const failed = { status: 'True', lastProbeTime: time, lastTransitionTime: time, message: 'no such table' };
  await bed.edit(
    live,
    {
      status: {
        startTime: time,
        failed: 1,
        conditions: [
          { type: 'FailureTarget', ...failed },
          { type: 'Failed', ...failed },
        ],
      },
    },
    { subresource: 'status' },
  );
  await bed.untilCondition('Ready', 'False', 'no such table');
});
