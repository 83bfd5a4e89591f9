// What of a policy can't be used, and what becomes of it then.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PolicyError, VerificationError } from '../../../src/errors.ts';
import { compilePolicy } from '../../../src/trust/compiled-policy.ts';
import { requirementsFor, type Followed } from '../../../src/trust/policy.ts';
import { parseSourceUrl } from '../../../src/trust/source-url.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { compileInput, makePolicy, noReferences } from '../../helpers/policies.ts';

function followed(url = 'oci://registry.site/config/app'): Followed {
  return { url: parseSourceUrl(url), tag: 'prod', namespace: 'shop' };
}

suite('compilePolicy', () => {
  const problems: readonly (readonly [string, object])[] = [
    ['a key that can not be used', { authorities: [{ name: 'release', key: { data: 'x' } }] }],
    ['a Secret that is not there', { authorities: [{ name: 'release', key: { secretRef: { name: 'x' } } }] }],
    [
      'an expression that can not be read',
      { attestations: [{ predicateType: 'a', authorities: ['release'], expr: '(' }] },
    ],
    [
      'an attestation by an unknown authority',
      { attestations: [{ predicateType: 'a', authorities: ['x'] }] },
    ],
    [
      'a heartbeat by an unknown authority',
      {
        promotion: {
          channels: [{ tag: 'prod', authorities: ['promoter'], heartbeatAuthorities: ['x'], maxAge: '1h' }],
        },
      },
    ],
    [
      'heartbeats without maxAge, of which one would prolong for ever',
      {
        promotion: {
          channels: [{ tag: 'prod', authorities: ['promoter'], heartbeatAuthorities: ['promoter'] }],
        },
      },
    ],
    [
      'a maxAge of more than a hundred years, whose end is no date',
      { promotion: { channels: [{ tag: 'prod', authorities: ['promoter'], maxAge: '876001h' }] } },
    ],
    [
      'a clockSkew of more than a hundred years',
      { promotion: { clockSkew: '9999999999h', channels: [{ tag: 'prod', authorities: ['promoter'] }] } },
    ],
  ];
  for (const [name, spec] of problems) {
    test(`${name} is the policy’s problem, and refuses what it matches`, async () => {
      const policy = await compileInput({ spec });
      assert.equal(policy.problem?.code, 'POLICY_INVALID');
      assert.equal(policy.rules, undefined);
      assertThrowsWithCode(() => requirementsFor([policy], followed()), PolicyError, 'POLICY_INVALID');
      const elsewhere = followed('oci://other.site/app');
      const other = await compileInput({ name: 'other', url: 'oci://other.site/*' });
      assert.equal(requirementsFor([policy, other], elsewhere).length, 1);
    });
  }

  test('a maxAge of a hundred years is taken', async () => {
    const promotion = { channels: [{ tag: 'prod', authorities: ['promoter'], maxAge: '876000h' }] };
    const { problem, rules } = await compileInput({ promotion });
    assert.equal(problem, undefined);
    assert.equal(rules?.channels?.get('prod')?.maxAgeMs, 876_000 * 3_600_000);
  });

  test('a trusted root that can not be read names its cause', async () => {
    const keyless = { issuer: 'i', subject: 's', trustedRootRef: { name: 'roots' } };
    const spec = { authorities: [{ name: 'release', keyless }] };
    const { problem } = await compileInput({ spec }, () => '{}');
    assert.ok(problem?.cause instanceof VerificationError);
    assert.equal(problem.cause.code, 'TRUST_ROOT_INVALID');
  });

  test('a pattern that can not be read blocks everything: nobody knows what it was for', async () => {
    // The schema knows no such pattern; a policy may have been stored past it.
    const policy = await makePolicy();
    const past = { ...policy, spec: { ...policy.spec, match: [{ url: 'oci://registry.site/*a*' }] } };
    assertThrowsWithCode(() => compilePolicy(past, noReferences), PolicyError, 'POLICY_INVALID');
  });

  test('a reader that fails is the problem’s cause', async () => {
    const failure = new TypeError('x');
    const spec = { authorities: [{ name: 'release', key: { secretRef: { name: 'x' } } }] };
    const { problem } = await compileInput({ spec }, () => {
      throw failure;
    });
    assert.equal(problem?.cause, failure);
  });

  test('a fault of our own is no problem of the policy', async () => {
    const policy = await makePolicy();
    const failure = new TypeError('x');
    const spec = {
      ...policy.spec,
      get signatures(): never {
        throw failure;
      },
    };
    assert.throws(() => compilePolicy({ ...policy, spec }, noReferences), failure);
  });
});
