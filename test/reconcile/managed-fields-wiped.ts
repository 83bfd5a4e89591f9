import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'an object whose managedFields were wiped is ours again, and corrected from then on',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    await bed.edit(configMapOf('settings'), { metadata: { managedFields: [{}] }, data: { mode: 'theirs' } });
    const isOurs = ({ manager = '', operation = '' }): boolean =>
      manager.startsWith('sealift-') && operation === 'Apply';
    await bed.untilObject(
      configMapOf('settings'),
      'ours again',
      ({ metadata, data }) => data?.['mode'] === 'safe' && metadata.managedFields?.some(isOurs) === true,
    );
    await bed.edit(configMapOf('settings'), { data: { mode: 'theirs' } });
    await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
  },
);
