import { waitUntil } from '../control-plane/wait.ts';
import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'drift is corrected at once also where the version is served no longer by which the kind was watched first',
  async (open) => {
    const bed = await open();
    const group = `${bed.name}.example`;
    const rbac = 'rbac.authorization.k8s.io/v1';
    await bed.apply({
      apiVersion: rbac,
      kind: 'ClusterRole',
      metadata: { name: `watch-${bed.name}`, labels: { 'sealift.dev/aggregate-to-puller': 'true' } },
      rules: [{ apiGroups: [group], resources: ['widgets'], verbs: ['get', 'list', 'watch'] }],
    });
    const role = { apiVersion: rbac, kind: 'ClusterRole', name: 'sealift-puller' };
    await bed.untilObject(role, 'with the new rule', (found) => JSON.stringify(found).includes(group));
    const definition = (isOldServed: boolean): object => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `widgets.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
        versions: [
          { name: 'v1', served: true, storage: true, schema },
          { name: 'v1beta1', served: isOldServed, storage: false, schema },
        ],
      },
    });
    const widget = (version: string): object => ({
      apiVersion: `${group}/${version}`,
      kind: 'Widget',
      metadata: { name: 'one', namespace: bed.name },
      spec: { size: 3 },
    });
    await bed.deliver([definition(true), widget('v1beta1')]);
    await bed.deliver([definition(false), widget('v1')]);
    const live = { apiVersion: `${group}/v1`, kind: 'Widget', name: 'one' };
    // The watch of the old version ends a while after the definition has changed.
    await waitUntil(
      async () => (await bed.puller().readLog()).includes(`"group":"${group}","state":"missing"`),
      {
        what: `the end of the watch on ${group}`,
        timeoutMs: 60_000,
      },
    );
    await bed.edit(live, { spec: { size: 7 } });
    await bed.untilObject(live, 'as it was', ({ spec }) => spec?.['size'] === 3);
  },
);

const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
