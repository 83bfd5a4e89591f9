import { behaviourOf } from '../e2e/behaviour.ts';
import type { Bed } from '../e2e/bed.ts';

/** Somebody else's, so that no look of ours follows it. */
async function define(bed: Bed, group: string, plural: string): Promise<string> {
  await bed.apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Index', plural, singular: 'index', listKind: 'IndexList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  });
  return `${plural}.${group}`;
}

export const behaviour = behaviourOf(
  'objects whose definition somebody deletes and makes anew with another plural come back, long before the interval',
  async (open) => {
    const bed = await open();
    const group = `${bed.name}.example`;
    const name = await define(bed, group, 'indexes');
    await bed.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: `watch-${bed.name}`, labels: { 'sealift.dev/aggregate-to-puller': 'true' } },
      rules: [{ apiGroups: [group], resources: ['*'], verbs: ['get', 'list', 'watch'] }],
    });
    const index = {
      apiVersion: `${group}/v1`,
      kind: 'Index',
      metadata: { name: 'one', namespace: bed.name },
    };
    await bed.deliver([index]);
    // The role may have come after the first look.
    await bed.until('watched', ({ status }) =>
      (status?.conditions ?? []).every(({ message }) => !message.includes('not watched')),
    );
    const definition = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name };
    await bed.remove(definition);
    await bed.untilGone(definition);
    await bed.untilCondition('Ready', 'False', '');
    await define(bed, group, 'indices');
    await bed.untilCondition('Ready', 'True', '');
    const path = `/apis/${group}/v1/namespaces/${bed.name}/indices/one`;
    await bed.site.admin.request({ method: 'GET', path });
  },
);
