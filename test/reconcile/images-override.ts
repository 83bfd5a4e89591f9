import { behaviourOf } from '../e2e/behaviour.ts';
import { deploymentOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'images gives containers another name and tag, and back again once it is gone',
  async (open) => {
    const bed = await open();
    const spec = { containers: [{ name: 'main', image: 'app:1' }] };
    const template = { metadata: { labels: { app: 'web' } }, spec };
    await bed.deliver([bed.deployment('web', { template })]);
    const untilImage = (image: string): Promise<unknown> =>
      bed.untilObject(deploymentOf('web'), image, (found) =>
        JSON.stringify(found).includes(`"image":"${image}"`),
      );
    await bed.setSpec({ images: [{ name: 'app', newName: 'mirror.example.com/app', newTag: '2' }] });
    await untilImage('mirror.example.com/app:2');
    await bed.setSpec({ images: null });
    await untilImage('app:1');
  },
);
