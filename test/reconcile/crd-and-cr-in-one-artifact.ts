import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'a CustomResourceDefinition and an object of its kind in one artifact are applied at once, with one request each',
  async (open) => {
    const bed = await open();
    const group = `${bed.name}.example.org`;
    const widget = { apiVersion: `${group}/v1`, kind: 'Widget', name: 'one' };
    await bed.deliver([
      {
        apiVersion: widget.apiVersion,
        kind: 'Widget',
        metadata: { name: 'one', namespace: bed.name },
        size: 3,
      },
      definition(group),
      { apiVersion: widget.apiVersion, kind: 'Widget', metadata: { name: 'two' }, size: 4 },
    ]);
    assert.ok(await bed.get(widget));
    assert.ok(await bed.get({ ...widget, name: 'two' }), 'in the namespace of the Delivery');
    const patches = (await bed.requests()).filter(
      ({ verb, objectRef, stage }) =>
        verb === 'patch' && objectRef?.resource === 'widgets' && stage === 'ResponseComplete',
    );
    // Of a kind that is not watched, a full look sends objects again; none was ever refused.
    const codes = patches.map(({ responseStatus }) => responseStatus?.code);
    assert.equal(codes.filter((code) => code === 201).length, 2);
    assert.deepEqual(
      codes.filter((code) => code !== 201 && code !== 200),
      [],
    );
  },
);

function definition(group: string): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { size: { type: 'integer' } } } },
        },
      ],
    },
  };
}
