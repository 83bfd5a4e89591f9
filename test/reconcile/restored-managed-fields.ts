import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';
import { untilSecondBegins } from '../e2e/seconds.ts';

export const behaviour = behaviourOf(
  'who makes managedFields look untouched while a correction waits is corrected all the same',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    const untilSafe = () =>
      bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
    for (let round = 0; round < 5; round += 1) {
      await bed.edit(configMapOf('settings'), { data: { mode: `evil ${round}` } });
      await untilSafe();
    }
    // What is confirmed after the second of an apply would correct it as well.
    for (let second = 0; second < 3; second += 1) await untilSecondBegins();
    const { metadata } = await untilSafe();
    await bed.edit(configMapOf('settings'), { data: { mode: 'evil' } });
    await bed.edit(configMapOf('settings'), { metadata: { managedFields: metadata.managedFields } });
    await untilSafe();
  },
);
