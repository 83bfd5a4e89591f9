import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { toApplyError } from '../../../../puller/reconcile/apply-errors.ts';
import { toDesired, type Desired } from '../../../../puller/reconcile/desired.ts';
import { statusError } from '../../../../src/kube/status-error.ts';
import { resourceSchema } from '../../../../src/resources/resource.ts';

function desiredOf(kind: string, plural: string): Desired {
  const resource = resourceSchema.parse({
    apiVersion: 'v1',
    kind,
    metadata: { name: 'a', namespace: 'shop' },
  });
  const served = { group: '', version: 'v1', kind, plural, namespaced: true, verbs: [] };
  const owner = { ownerId: 'o', namespace: 'shop', name: 'app', hashKey: Buffer.alloc(32) };
  return toDesired(resource, served, owner);
}

type Answer = {
  readonly status: number;
  readonly message: string;
  readonly causes?: readonly { readonly message: string; readonly field: string }[];
  readonly plural?: string;
};

function explain({ status, message, causes = [], plural = 'configmaps' }: Answer) {
  const path = `/api/v1/namespaces/shop/${plural}/a`;
  const body = { message, reason: 'x', details: { causes } };
  const kind =
    plural === 'secrets'
      ? 'Secret'
      : plural === 'persistentvolumeclaims'
        ? 'PersistentVolumeClaim'
        : 'ConfigMap';
  return toApplyError(desiredOf(kind, plural), statusError({ status, body, method: 'PATCH', path }));
}

suite('a refusal of the API server', () => {
  for (const [name, answer, code, text] of [
    [
      'a policy',
      {
        status: 422,
        message: `configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p.example' with binding 'b' denied request: no`,
      },
      'ADMISSION_DENIED',
      'ValidatingAdmissionPolicy p.example (binding b) denied it: no',
    ],
    [
      'a webhook',
      { status: 400, message: 'admission webhook "w.example" denied the request: not today' },
      'ADMISSION_DENIED',
      'admission webhook w.example denied it: not today',
    ],
    [
      'a webhook that says nothing',
      { status: 403, message: 'admission webhook "w.example" denied the request without explanation' },
      'ADMISSION_DENIED',
      'admission webhook w.example denied it: it does not say why',
    ],
    [
      'a webhook that is down',
      {
        status: 500,
        message:
          'Internal error occurred: failed calling webhook "w.example": failed to call webhook: refused',
      },
      'ADMISSION_DENIED',
      'admission webhook w.example could not be asked: failed to call webhook: refused',
    ],
    [
      'Pod Security',
      { status: 403, message: 'pods "a" is forbidden: violates PodSecurity "restricted:latest": privileged' },
      'ADMISSION_DENIED',
      'PodSecurity restricted:latest denied it: privileged',
    ],
    [
      'a quota',
      {
        status: 403,
        message: 'pods "a" is forbidden: exceeded quota: team, requested: pods=1, used: pods=1',
      },
      'ADMISSION_DENIED',
      'ResourceQuota team is used up: requested: pods=1, used: pods=1',
    ],
    [
      'a namespace that ends',
      {
        status: 403,
        message: 'unable to create new content in namespace shop because it is being terminated',
      },
      'APPLY_FAILED',
      'its namespace is being deleted',
    ],
    [
      'a field that can not change',
      {
        status: 422,
        message: 'a is invalid',
        causes: [{ message: 'Invalid value: "x": field is immutable', field: 'spec.selector' }],
      },
      'FIELD_IMMUTABLE',
      "spec.selector can't be changed",
    ],
    [
      "a Secret's type, whose message is masked",
      {
        status: 422,
        message: 'Secret "a" is invalid: type: Invalid value: "x": field is immutable',
        causes: [{ message: 'Invalid value: "x": field is immutable', field: 'type' }],
        plural: 'secrets',
      },
      'FIELD_IMMUTABLE',
      "type can't be changed",
    ],
    [
      'another invalid value',
      { status: 422, message: 'a is invalid', causes: [{ message: 'must be 1', field: 'spec.x' }] },
      'APPLY_FAILED',
      'a is invalid',
    ],
  ] as const) {
    test(name, () => {
      const error = explain(answer);
      assert.equal(error.code, code);
      assert.ok(error.message.includes('shop/a: '), error.message);
      assert.ok(error.message.includes(text), error.message);
    });
  }

  test('of a webhook that is down may pass, of one that denies it does not', () => {
    const down = { status: 500, message: 'failed calling webhook "w": refused' };
    assert.equal(explain(down).retryable, true);
    assert.equal(
      explain({ status: 403, message: 'admission webhook "w" denied the request: x' }).retryable,
      false,
    );
  });

  test('a claim is not told of spec.force, which leaves it alone', () => {
    const causes = [{ message: 'Forbidden: spec is immutable after creation', field: 'spec' }];
    const { message } = explain({ status: 422, message: 'x', causes, plural: 'persistentvolumeclaims' });
    assert.doesNotMatch(message, /spec\.force/u);
  });
});
