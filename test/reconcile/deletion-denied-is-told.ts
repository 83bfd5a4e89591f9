import assert from 'node:assert/strict';
import { waitUntil } from '../control-plane/wait.ts';
import { apiVersion } from '../../src/api/common.ts';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a Delivery whose objects may not be deleted by admission is not let go, and says why, until they may',
  async (open) => {
    const bed = await open();
    const group = 'admissionregistration.k8s.io';
    const policy = { apiVersion: `${group}/v1`, kind: 'ValidatingAdmissionPolicy', name: bed.name };
    await bed.apply({
      apiVersion: policy.apiVersion,
      kind: policy.kind,
      metadata: { name: bed.name },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'], resources: ['configmaps'] },
          ],
        },
        // As webhooks usually deny.
        validations: [{ expression: 'false', message: 'it is still in use', reason: 'Forbidden' }],
      },
    });
    const binding = { ...policy, kind: 'ValidatingAdmissionPolicyBinding' };
    await bed.apply({
      apiVersion: binding.apiVersion,
      kind: binding.kind,
      metadata: { name: bed.name },
      spec: {
        policyName: bed.name,
        validationActions: ['Deny'],
        matchResources: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': bed.name } },
        },
      },
    });
    await bed.deliver([bed.configMap('settings', {})]);
    await bed.apply(bed.configMap('probe', {}));
    await waitUntil(
      async () => {
        await bed.apply(bed.configMap('probe', {}));
        return bed.remove(configMapOf('probe')).then(
          () => false,
          () => true,
        );
      },
      { what: 'a denial', timeoutMs: 20_000 },
    );
    const delivery = { apiVersion, kind: 'Delivery', name: 'app' };
    await bed.remove(delivery);
    await bed.untilCondition('Ready', 'False', 'it is still in use');
    assert.ok(await bed.get(configMapOf('settings')));
    await bed.remove(binding);
    await bed.untilGone(delivery);
    assert.equal(await bed.get(configMapOf('settings')), undefined);
  },
);
