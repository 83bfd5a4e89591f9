import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';

const enabled = { 'sealift.dev/prune': 'Enabled' };

export const behaviour = behaviourOf(
  'a CustomResourceDefinition that may be pruned goes after the objects of its kind, also those with a finalizer',
  async (open) => {
    const bed = await open();
    const group = `${bed.name}.example.org`;
    const widget = { apiVersion: `${group}/v1`, kind: 'Widget', name: 'one' };
    const definitionOf = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      name: `widgets.${group}`,
    };
    await bed.deliver([
      definition(group),
      { apiVersion: widget.apiVersion, kind: 'Widget', metadata: { name: 'one' } },
      bed.configMap('rest', {}),
    ]);
    await bed.edit(widget, { metadata: { finalizers: ['example.org/slow'] } });
    await bed.deliver([bed.configMap('rest', {})]);
    await bed.untilCondition('Ready', 'True', `widgets.${group}`);
    assert.ok((await bed.get(widget))?.metadata.deletionTimestamp);

    await bed.edit(widget, { metadata: { finalizers: null } });
    await bed.untilGone(definitionOf);
    await bed.look();
    await bed.until('no note of it', ({ status }) => {
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      return ready?.status === 'True' && !ready.message.includes('being deleted');
    });
  },
);

function definition(group: string): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}`, annotations: enabled },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
      ],
    },
  };
}
