// Vandalism and repair, timed from the vandal's answer to the watch event that shows the object as it was.
import * as z from 'zod';
import type { Cluster, ObjectName } from './cluster.ts';
import type { Story } from './story.ts';

const web: ObjectName = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' };

const deploymentSchema = z.looseObject({
  metadata: z.looseObject({ uid: z.string() }),
  spec: z.looseObject({
    replicas: z.number(),
    template: z.looseObject({
      spec: z.looseObject({
        containers: z.array(z.looseObject({ name: z.string(), image: z.string() })).min(1),
      }),
    }),
  }),
  status: z.looseObject({ availableReplicas: z.number().optional() }).optional(),
});
type Deployment = z.infer<typeof deploymentSchema>;

export async function showDrift(story: Story, cluster: Cluster): Promise<void> {
  story.chapter('Somebody changes the cluster by hand');
  const original = deploymentSchema.parse(
    await cluster.until(web, 'Deployment web', (object) => object !== undefined),
  );
  const [container] = original.spec.template.spec.containers;
  const isRight = (found: Deployment): boolean => imageOf(found) === imageOf(original);

  story.command(`kubectl -n shop set image deployment/web ${container?.name ?? ''}=registry.example/miner:1`);
  const repaired = cluster.until(
    web,
    'the repaired Deployment',
    after((found) => found !== undefined && !isRight(found), isRight),
  );
  const containers = [{ ...container, image: 'registry.example/miner:1' }];
  const changedMs = await cluster.patch(web, { spec: { template: { spec: { containers } } } });
  await repaired;
  story.seen(`repaired ${formatSince(changedMs)} after the change; a watch told of it, nobody polled`);

  story.command('kubectl -n shop delete deployment web');
  const recreated = cluster.until(
    web,
    'the new Deployment',
    after((found) => found?.metadata.uid !== original.metadata.uid, isRight),
  );
  const deletedMs = await cluster.remove(web);
  await recreated;
  story.seen(`created again ${formatSince(deletedMs)} after it was deleted`);
  await cluster.until(web, 'web available again', (object) => {
    const found = deploymentSchema.safeParse(object);
    return found.success && found.data.status?.availableReplicas === original.spec.replicas;
  });
}

/** True from the moment on at which the first condition was true and then the second is. */
function after(
  first: (found: Deployment | undefined) => boolean,
  then: (found: Deployment) => boolean,
): (object: unknown) => boolean {
  let isArmed = false;
  return (object) => {
    const parsed = deploymentSchema.safeParse(object);
    const found = parsed.success ? parsed.data : undefined;
    isArmed ||= first(found);
    return isArmed && found !== undefined && then(found);
  };
}

function imageOf({ spec }: Deployment): string | undefined {
  return spec.template.spec.containers[0]?.image;
}

/** An event may overtake the answer to the request that caused it. */
function formatSince(sinceMs: number): string {
  return `${Math.max(1, Math.round(performance.now() - sinceMs))} ms`;
}
