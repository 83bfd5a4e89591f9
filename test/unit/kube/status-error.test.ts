import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { KubeCode } from '../../../src/errors.ts';
import { statusError } from '../../../src/kube/status-error.ts';

const request = { method: 'GET', path: '/api/v1/namespaces/default/pods' };

const codes: readonly (readonly [status: number, code: KubeCode, isRetryable: boolean])[] = [
  [302, 'KUBE_PROTOCOL', false],
  [400, 'KUBE_INVALID', false],
  [401, 'KUBE_UNAUTHORIZED', false],
  [403, 'KUBE_FORBIDDEN', false],
  [404, 'KUBE_NOT_FOUND', false],
  [405, 'KUBE_INVALID', false],
  [408, 'KUBE_TIMEOUT', true],
  [409, 'KUBE_CONFLICT', false],
  [410, 'KUBE_INVALID', false],
  [413, 'KUBE_INVALID', false],
  [415, 'KUBE_INVALID', false],
  [422, 'KUBE_INVALID', false],
  [429, 'KUBE_THROTTLED', true],
  [500, 'KUBE_UNAVAILABLE', true],
  [503, 'KUBE_UNAVAILABLE', true],
  [504, 'KUBE_UNAVAILABLE', true],
];

for (const [status, code, isRetryable] of codes) {
  test(`${status} is ${code}`, () => {
    const error = statusError({ ...request, status, body: { kind: 'Status', message: 'why' } });
    assert.deepEqual([error.code, error.status, error.retryable], [code, status, isRetryable]);
    assert.equal(error.message, 'GET /api/v1/namespaces/default/pods: why');
  });
}

test('what a Status says is kept', () => {
  const error = statusError({
    ...request,
    status: 409,
    body: {
      kind: 'Status',
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict',
      details: {
        causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "x"', field: '.spec.replicas' }],
        retryAfterSeconds: 3,
      },
    },
  });
  assert.equal(error.reason, 'Conflict');
  assert.deepEqual(error.causes, ['conflict with "x"']);
  assert.equal(error.details['fields'], '.spec.replicas');
  assert.equal(error.retryAfterMs, 3000);
});

test('Retry-After in seconds counts before the Status, anything else not', () => {
  const body = { details: { retryAfterSeconds: 3 } };
  assert.equal(statusError({ ...request, status: 429, body, retryAfter: '7' }).retryAfterMs, 7000);
  assert.equal(
    statusError({ ...request, status: 429, body, retryAfter: 'Wed, 21 Oct 2026' }).retryAfterMs,
    3000,
  );
  assert.equal(statusError({ ...request, status: 429, body: '', retryAfter: '-1' }).retryAfterMs, undefined);
});

test('what does not fit the schema is not worth another try, though it comes as 500', () => {
  for (const message of [
    'failed to create typed patch object (default/a; apps/v1, Kind=Deployment): .spec.b: field not declared in schema',
    'failed to convert new object (default/a; /v1, Kind=Secret) to proper version: illegal base64 data',
  ]) {
    assert.equal(statusError({ ...request, status: 500, body: { message } }).code, 'KUBE_INVALID');
  }
});

test('values are cut out of errors about Secrets only', () => {
  const message = 'Secret "a" is invalid: data[b]: Invalid value: "hunter2: x": no';
  const body = { message, details: { causes: [{ message: 'Invalid value: "hunter2: x": no' }] } };
  const secret = statusError({ ...request, path: '/api/v1/namespaces/a/secrets/a', status: 422, body });
  assert.match(secret.message, /data\[b\]: Invalid value: …$/u);
  assert.deepEqual(secret.causes, ['Invalid value: …']);
  assert.match(statusError({ ...request, status: 422, body }).message, /hunter2/u);
});

test('any body makes an error', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 300, max: 599 }), (body, status) => {
      const error = statusError({ ...request, status, body });
      assert.ok(error.message.startsWith('GET /api/v1/namespaces/default/pods: '));
      assert.ok(error.message.length < 1100);
    }),
  );
});
