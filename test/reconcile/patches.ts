import { behaviourOf } from '../e2e/behaviour.ts';
import { deploymentOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'patches changes objects before they are applied, drift of what they set is corrected, and they go as they came',
  async (open) => {
    const bed = await open();
    const spec = { containers: [{ name: 'main', image: 'app:1' }] };
    await bed.deliver([bed.deployment('web', { template: { metadata: { labels: { app: 'web' } }, spec } })]);
    const untilText = (what: string, isThere = true): Promise<unknown> =>
      bed.untilObject(
        deploymentOf('web'),
        what,
        (found) => JSON.stringify(found.spec).includes(what) === isThere,
      );
    const merge =
      'spec: { template: { spec: { containers: [{ name: main, env: [{ name: SITE, value: north }] }] } } }';
    const operations = '- { op: add, path: /spec/minReadySeconds, value: 7 }';
    await bed.setSpec({
      patches: [
        { patch: merge, target: { kind: 'Deployment' } },
        { patch: operations, target: { name: 'web' } },
      ],
    });
    await untilText('north');
    await untilText('"minReadySeconds":7');
    await bed.edit(deploymentOf('web'), { spec: { minReadySeconds: 9 } });
    await untilText('"minReadySeconds":7');
    await bed.setSpec({ patches: null });
    await untilText('north', false);
  },
);
