import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf('the status lists what is kept, as Flux writes it', async (open) => {
  const bed = await open();
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: `${bed.name}:reader` },
    rules: [],
  };
  const { status } = await bed.deliver([bed.configMap('settings', { a: 'b' }), bed.deployment('web'), role]);
  assert.deepEqual(status?.inventory?.entries, [
    { id: `_${bed.name}__reader_rbac.authorization.k8s.io_ClusterRole`, v: 'v1' },
    { id: `${bed.name}_settings__ConfigMap`, v: 'v1' },
    { id: `${bed.name}_web_apps_Deployment`, v: 'v1' },
  ]);
  const smaller = await bed.deliver([bed.configMap('settings', { a: 'b' })]);
  assert.deepEqual(smaller.status?.inventory?.entries, [{ id: `${bed.name}_settings__ConfigMap`, v: 'v1' }]);
});
