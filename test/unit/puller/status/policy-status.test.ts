// A policy's status: whether it can be judged by, and the age and end of its trusted roots.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createReferences, type References } from '../../../../puller/references.ts';
import { computePolicyStatus, writePolicyStatus } from '../../../../puller/status/policy-status.ts';
import {
  trustPolicyStatusSchema,
  type TrustPolicy,
  type TrustPolicyStatus,
} from '../../../../src/api/trust-policy.ts';
import { kubeObjectSchema } from '../../../../src/kube/object.ts';
import type { KubeRequest } from '../../../../src/kube/request.ts';
import { createTrustDomain, rootTextOf } from '../../../helpers/certified.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';
import { makePolicy } from '../../../helpers/policies.ts';
import { noon } from '../../../helpers/times.ts';

const keyless = { issuer: 'i', subject: 's', trustedRootRef: { name: 'roots' } };
const updatedAt = '2026-11-01T00:00:00Z';

/** The ConfigMap `roots` with this text. */
function referencesWith(text: string): References {
  const references = createReferences();
  references.onEvent('ConfigMap', {
    type: 'ADDED',
    object: kubeObjectSchema.parse({
      metadata: { name: 'roots', uid: 'a', resourceVersion: '1', creationTimestamp: updatedAt },
      data: { 'trusted_root.json': text },
    }),
  });
  return references;
}

function withStatus(policy: TrustPolicy, status: TrustPolicyStatus): TrustPolicy {
  return { ...policy, status };
}

suite('the status of a policy', () => {
  test('says that it is judged by', async () => {
    const status = computePolicyStatus(await makePolicy(), undefined, createReferences(), noon);
    assert.deepEqual(status, {
      observedGeneration: 1,
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Succeeded',
          message: 'sources are judged by it',
          lastTransitionTime: '2026-11-22T12:00:00Z',
          observedGeneration: 1,
        },
      ],
    });
    assert.ok(trustPolicyStatusSchema.safeParse(status).success);
  });

  test('says why it is not, in one line and within bounds', async () => {
    const problem = `x\n${'y'.repeat(5000)}`;
    const { conditions } = computePolicyStatus(await makePolicy(), problem, createReferences(), noon);
    const [ready] = conditions ?? [];
    assert.deepEqual([ready?.status, ready?.reason], ['False', 'PolicyInvalid']);
    assert.match(ready?.message ?? '', /^POLICY_INVALID: x y+…$/u);
    assert.ok((ready?.message ?? '').length <= 1024);
  });

  test('keeps its transition time until the state changes', async () => {
    const policy = await makePolicy();
    const first = computePolicyStatus(policy, undefined, createReferences(), noon);
    const timeOf = (problem: string | undefined): string | undefined =>
      computePolicyStatus(withStatus(policy, first), problem, createReferences(), noon + 60_000)
        .conditions?.[0]?.lastTransitionTime;
    assert.deepEqual([timeOf(undefined), timeOf('x')], ['2026-11-22T12:00:00Z', '2026-11-22T12:01:00Z']);
  });

  test('tells the age and the end of each root', async () => {
    const spec = {
      authorities: [
        { name: 'ci', keyless },
        { name: 'other', keyless: { ...keyless, trustedRootRef: { name: 'gone' } } },
      ],
    };
    const policy = await makePolicy({ spec, signatures: { authorities: ['ci'] } });
    const text = rootTextOf(createTrustDomain());
    const statusOf = (root: string, nowMs: number): unknown =>
      computePolicyStatus(policy, undefined, referencesWith(root), nowMs).trustedRoots;
    assert.deepEqual(statusOf(text, noon), [
      { authority: 'ci', updatedAt, expiresAt: '2036-01-01T00:00:00Z' },
      { authority: 'other' },
    ]);
    const ended = [{ authority: 'ci', updatedAt }, { authority: 'other' }];
    assert.deepEqual(statusOf(text, Date.parse('2040-01-01T00:00:00Z')), ended);
    assert.deepEqual(statusOf('{', noon), ended);
  });
});

suite('writing it', () => {
  async function written(policy: TrustPolicy, status: TrustPolicyStatus): Promise<readonly KubeRequest[]> {
    const requests: KubeRequest[] = [];
    await writePolicyStatus(
      answeringClient((request) => requests.push(request)),
      policy,
      status,
    );
    return requests;
  }

  test('is left where it stands already', async () => {
    const status = { observedGeneration: 1 };
    assert.deepEqual(await written(withStatus(await makePolicy(), { ...status }), status), []);
  });

  test('goes to the status alone, of this very policy, and takes away what is gone', async () => {
    const before = { observedGeneration: 1, trustedRoots: [{ authority: 'ci' }] };
    const [request, ...more] = await written(withStatus(await makePolicy(), before), {
      observedGeneration: 2,
    });
    assert.equal(more.length, 0);
    assert.equal(request?.method, 'PATCH');
    assert.match(request.path, /\/trustpolicies\/policy\/status$/u);
    assert.deepEqual(request.body, {
      metadata: { uid: 'policy' },
      status: { trustedRoots: null, observedGeneration: 2 },
    });
  });

  test('happens for the first time as well', async () => {
    const [request] = await written(await makePolicy(), { observedGeneration: 1 });
    assert.deepEqual(Object(request?.body).status, { observedGeneration: 1 });
  });
});
