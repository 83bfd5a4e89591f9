import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a denial by a ValidatingAdmissionPolicy names object, policy and reason, and stops no other object',
  async (open) => {
    const bed = await open();
    const group = 'admissionregistration.k8s.io';
    await bed.apply({
      apiVersion: `${group}/v1`,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: bed.name },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['configmaps'],
            },
          ],
        },
        validations: [{ expression: "object.metadata.name != 'bad'", message: 'bad is no name' }],
      },
    });
    await bed.apply({
      apiVersion: `${group}/v1`,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: bed.name },
      spec: {
        policyName: bed.name,
        validationActions: ['Deny'],
        matchResources: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': bed.name } },
        },
      },
    });
    await bed.untilDenied(bed.configMap('bad', {}));
    await bed.publish([bed.configMap('bad', {}), bed.configMap('good', {})]);
    await bed.follow();
    const { status } = await bed.untilCondition('Ready', 'False', 'ADMISSION_DENIED');
    const message = status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    assert.ok(
      message.includes(
        `ConfigMap ${bed.name}/bad: ValidatingAdmissionPolicy ${bed.name} (binding ${bed.name}) denied it: bad is no name`,
      ),
      message,
    );
    assert.ok(await bed.get(configMapOf('good')));
  },
);
