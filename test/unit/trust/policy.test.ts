import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PolicyError, type PolicyCode } from '../../../src/errors.ts';
import { requirementsFor, type Followed } from '../../../src/trust/policy.ts';
import { parseSourceUrl } from '../../../src/trust/source-url.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { makePolicy, type PolicyInput } from '../../helpers/policies.ts';

function followed(tag = 'prod', namespace = 'shop', url = 'oci://registry.site/config/app'): Followed {
  return { url: parseSourceUrl(url), tag, namespace };
}

const promotion = { channels: [{ tag: 'prod', authorities: ['promoter'] }] };

suite('requirementsFor', () => {
  test('takes the quorum and the defaults of promotion from the policy', async () => {
    const [found, ...more] = requirementsFor(
      [await makePolicy({ repository: 'org/{1}', promotion })],
      followed(),
    );
    assert.equal(more.length, 0);
    assert.equal(found.policy, 'policy');
    assert.deepEqual(
      found.signatures.authorities.map(({ name }) => name),
      ['release'],
    );
    const { quorum, ...rest } = found.promotion ?? assert.fail('no promotion');
    assert.deepEqual(rest, { repository: 'org/app', channel: 'prod', epoch: 1, minSequence: 1 });
    assert.equal(quorum.threshold, 1);
  });

  test('no policy is a refusal', async () => {
    assertThrowsWithCode(() => requirementsFor([], followed()), PolicyError, 'POLICY_MISSING');
    const other = await makePolicy({ url: 'oci://registry.site/other/*' });
    assertThrowsWithCode(() => requirementsFor([other], followed()), PolicyError, 'POLICY_MISSING');
  });

  test('a policy for other namespaces is none', async () => {
    const policy = await makePolicy({ namespaces: ['shop'] });
    assert.equal(requirementsFor([policy], followed('prod', 'shop')).length, 1);
    assertThrowsWithCode(
      () => requirementsFor([policy], followed('prod', 'shop2')),
      PolicyError,
      'POLICY_MISSING',
    );
  });

  test('all that match count', async () => {
    const policies = [
      await makePolicy({ name: 'a', promotion }),
      await makePolicy({ name: 'b', url: 'oci://registry.site/**' }),
    ];
    assert.deepEqual(
      requirementsFor(policies, followed()).map(({ policy }) => policy),
      ['a', 'b'],
    );
  });

  test('two that claim the promotions are invalid together', async () => {
    const policies = [await makePolicy({ name: 'a', promotion }), await makePolicy({ name: 'b', promotion })];
    assertThrowsWithCode(() => requirementsFor(policies, followed()), PolicyError, 'POLICY_INVALID');
  });

  test('only channels may be followed where there is promotion', async () => {
    for (const tag of ['1.4.2', 'Prod', 'prod2', 'latest']) {
      const policy = await makePolicy({ promotion });
      assertThrowsWithCode(() => requirementsFor([policy], followed(tag)), PolicyError, 'REF_NOT_A_CHANNEL');
    }
    assert.equal(requirementsFor([await makePolicy()], followed('1.4.2')).length, 1);
  });

  const refused: readonly (readonly [string, PolicyInput, PolicyCode])[] = [
    ['a name that no authority has', { signatures: { authorities: ['nobody'] } }, 'POLICY_INVALID'],
    [
      'a threshold above the authorities',
      { signatures: { authorities: ['release'], threshold: 2 } },
      'POLICY_INVALID',
    ],
    [
      'one name twice for a threshold of two',
      { signatures: { authorities: ['release', 'release'], threshold: 2 } },
      'POLICY_INVALID',
    ],
    [
      'one key under two names for a threshold of two',
      {
        authorities: ['release', 'second'],
        keys: { second: 'release' },
        signatures: { authorities: ['release', 'second'], threshold: 2 },
      },
      'POLICY_INVALID',
    ],
    [
      'a release key that promotes',
      { promotion: { channels: [{ tag: 'prod', authorities: ['release'] }] } },
      'POLICY_INVALID',
    ],
    [
      'a release key that promotes under another name',
      { keys: { promoter: 'release' }, promotion },
      'POLICY_INVALID',
    ],
    [
      'a channel with an unknown authority',
      { promotion: { channels: [{ tag: 'prod', authorities: ['nobody'] }] } },
      'POLICY_INVALID',
    ],
    ['a template that forgets a star', { repository: 'org/app', promotion }, 'POLICY_INVALID'],
  ];
  for (const [name, input, code] of refused) {
    test(`${name} is refused`, async () => {
      const policy = await makePolicy(input);
      assertThrowsWithCode(() => requirementsFor([policy], followed()), PolicyError, code);
    });
  }

  test('a key that can not be used is refused', async () => {
    const policy = await makePolicy();
    const [first, ...rest] = policy.spec.authorities;
    assert.ok(first);
    const broken = {
      ...policy,
      spec: { ...policy.spec, authorities: [{ ...first, key: { data: 'x' } }, ...rest] },
    };
    assertThrowsWithCode(() => requirementsFor([broken], followed()), PolicyError, 'POLICY_INVALID');
  });
});
