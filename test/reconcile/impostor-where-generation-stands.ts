import { ownerLabel } from '../../src/api/common.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { untilSecondBegins } from '../e2e/seconds.ts';

export const behaviour = behaviourOf(
  'who writes in our name within the second of our apply is corrected, also where no generation counts it',
  async (open) => {
    const bed = await open();
    const reference = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', name: bed.name };
    const make = (description: string, metadata: object = {}): object => ({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: bed.name, ...metadata },
      value: 10,
      description,
    });
    await bed.deliver([make('safe')]);
    const before = await bed.get(reference);
    const { labels, annotations } = before?.metadata ?? {};
    const manager = `sealift-${labels?.[ownerLabel] ?? ''}`;
    const untilSafe = (): Promise<unknown> =>
      bed.untilObject(
        reference,
        'as it was',
        // A PriorityClass has its members beside the metadata.
        (found) => (found as unknown as { description: string }).description === 'safe',
      );
    await untilSecondBegins();
    await bed.edit(reference, { description: 'other' });
    await untilSafe();
    await bed.apply(make('evil', { labels, annotations }), { manager });
    await untilSafe();
  },
);
