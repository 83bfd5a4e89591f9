// Which policies are for a source, and what they ask together.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PolicyError, type PolicyCode } from '../../../src/errors.ts';
import { requirementsFor, type Followed } from '../../../src/trust/policy.ts';
import { parseSourceUrl } from '../../../src/trust/source-url.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { compileInput, type PolicyInput } from '../../helpers/policies.ts';

function followed(tag = 'prod', namespace = 'shop', url = 'oci://registry.site/config/app'): Followed {
  return { url: parseSourceUrl(url), tag, namespace };
}

const promotion = { channels: [{ tag: 'prod', authorities: ['promoter'] }] };

suite('requirementsFor', () => {
  test('takes the quorum and the defaults of promotion from the policy', async () => {
    const policy = await compileInput({ repository: 'org/{1}', promotion });
    const [found, ...more] = requirementsFor([policy], followed());
    assert.equal(more.length, 0);
    assert.ok(found);
    assert.deepEqual([found.policy, found.mode], ['policy', 'Enforce']);
    assert.deepEqual(
      found.signatures.authorities.map(({ name }) => name),
      ['release'],
    );
    const { quorum, ...rest } = found.promotion ?? assert.fail('no promotion');
    assert.deepEqual(rest, {
      repository: 'org/app',
      channel: 'prod',
      epoch: 1,
      minSequence: 1,
      maxJump: undefined,
      clockSkewMs: 300_000,
      heartbeatAuthorities: [],
      maxAgeMs: undefined,
      mayRollBackLocally: false,
    });
    assert.equal(quorum.threshold, 1);
  });

  test('takes everything else that a policy may say', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const policy = await compileInput({
      authorities: ['release', 'second', 'promoter', 'pulse', 'builder'],
      signatures: { authorities: ['release', 'second'], threshold: 2 },
      promotion: {
        epoch: 3,
        minSequence: 7,
        maxJump: 10,
        localRollback: 'Previous',
        clockSkew: '1m',
        channels: [
          {
            tag: 'prod',
            authorities: ['promoter'],
            heartbeatAuthorities: ['pulse', 'promoter'],
            maxAge: '24h',
          },
        ],
      },
      spec: {
        attestations: [
          { predicateType: 'a', authorities: ['builder'] },
          { predicateType: 'b', authorities: ['builder', 'release'], expr: 'true' },
        ],
        allowTransforms: ['path'],
        deniedDigests: [digest],
        mode: 'Audit',
      },
    });
    const [found] = requirementsFor([policy], followed());
    assert.ok(found?.promotion);
    assert.equal(found.mode, 'Audit');
    assert.equal(found.signatures.threshold, 2);
    assert.deepEqual([...found.allowedTransforms], ['path']);
    assert.deepEqual([...found.deniedDigests], [digest]);
    assert.deepEqual(
      found.attestations.map(({ predicateType, authorities, expression }) => [
        predicateType,
        authorities.map(({ name }) => name),
        expression?.text,
      ]),
      [
        ['a', ['builder'], undefined],
        ['b', ['builder', 'release'], 'true'],
      ],
    );
    const { quorum: _, heartbeatAuthorities, ...rule } = found.promotion;
    assert.deepEqual(
      heartbeatAuthorities.map(({ name }) => name),
      ['pulse', 'promoter'],
    );
    assert.deepEqual(rule, {
      repository: 'config/app',
      channel: 'prod',
      epoch: 3,
      minSequence: 7,
      maxJump: 10,
      clockSkewMs: 60_000,
      maxAgeMs: 86_400_000,
      mayRollBackLocally: true,
    });
  });

  test('no policy is a refusal, never a free pass', async () => {
    assertThrowsWithCode(() => requirementsFor([], followed()), PolicyError, 'POLICY_MISSING');
    const other = await compileInput({ url: 'oci://registry.site/other/*' });
    assertThrowsWithCode(() => requirementsFor([other], followed()), PolicyError, 'POLICY_MISSING');
  });

  test('no policy is a free pass only where the admin said so, and only then', async () => {
    assert.deepEqual(requirementsFor([], followed(), { mayBeUnverified: true }), []);
    const policy = await compileInput();
    assert.equal(requirementsFor([policy], followed(), { mayBeUnverified: true }).length, 1);
    const broken = await compileInput({ signatures: { authorities: ['nobody'] } });
    assertThrowsWithCode(
      () => requirementsFor([broken], followed(), { mayBeUnverified: true }),
      PolicyError,
      'POLICY_INVALID',
    );
  });

  test('a policy for other namespaces is none', async () => {
    const policy = await compileInput({ namespaces: ['shop'] });
    assert.equal(requirementsFor([policy], followed('prod', 'shop')).length, 1);
    assertThrowsWithCode(
      () => requirementsFor([policy], followed('prod', 'shop2')),
      PolicyError,
      'POLICY_MISSING',
    );
  });

  test('the first pattern that matches names the repository', async () => {
    const match = [
      { url: 'oci://registry.site/config/*', namespaces: ['other'] },
      { url: 'oci://elsewhere.site/*' },
      { url: 'oci://registry.site/*/app' },
      { url: 'oci://registry.site/config/*' },
    ];
    const policy = await compileInput({ repository: 'org/{1}', promotion, spec: { match } });
    const [found] = requirementsFor([policy], followed());
    assert.equal(found?.promotion?.repository, 'org/config');
  });

  test('all that match count', async () => {
    const policies = [
      await compileInput({ name: 'a', promotion }),
      await compileInput({ name: 'b', url: 'oci://registry.site/**' }),
    ];
    assert.deepEqual(
      requirementsFor(policies, followed()).map(({ policy }) => policy),
      ['a', 'b'],
    );
  });

  test('only channels may be followed where there is promotion: no digest, version or other tag around it', async () => {
    const policy = await compileInput({ promotion });
    for (const tag of ['1.4.2', 'Prod', 'prod2', 'latest']) {
      assertThrowsWithCode(() => requirementsFor([policy], followed(tag)), PolicyError, 'REF_NOT_A_CHANNEL');
    }
    assert.equal(requirementsFor([await compileInput()], followed('1.4.2')).length, 1);
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
      const policy = await compileInput(input);
      assertThrowsWithCode(() => requirementsFor([policy], followed()), PolicyError, code);
    });
  }

  test('one that only audits refuses nothing: what is wrong with it is its requirement’s', async () => {
    const spec = { mode: 'Audit' };
    const broken = await compileInput({ name: 'a', signatures: { authorities: ['nobody'] }, spec });
    const elsewhere = await compileInput({ name: 'b', promotion, spec });
    const found = requirementsFor([broken, elsewhere], followed('1.0'));
    assert.deepEqual(
      found.map(({ refusal }) => refusal?.code),
      ['POLICY_INVALID', 'REF_NOT_A_CHANNEL'],
    );
    assert.deepEqual(found[0]?.signatures.authorities, []);
  });
});

suite('two policies that claim one repository’s channel', () => {
  const table: readonly (readonly [string, PolicyInput, PolicyInput])[] = [
    ['by one url', {}, {}],
    ['by one url for different namespaces', {}, { namespaces: ['other'] }],
    ['by two urls whose paths are one', {}, { url: 'oci://mirror.site/config/*' }],
    ['by two urls whose patterns meet', {}, { url: 'oci://mirror.site/**' }],
    [
      'by two templates',
      { repository: 'org/{1}' },
      { url: 'oci://mirror.site/copies/*', repository: 'org/{1}' },
    ],
    ['by a template and a path', { repository: 'org/{1}' }, { url: 'oci://mirror.site/org/*' }],
    ['by a fixed name', { repository: 'org/{1}' }, { url: 'oci://mirror.site/x', repository: 'org/app' }],
    [
      'of which one can not be judged by',
      {},
      { url: 'oci://mirror.site/**', signatures: { authorities: ['nobody'] } },
    ],
  ];
  for (const [name, first, second] of table) {
    test(`${name} are invalid together`, async () => {
      const policies = [
        await compileInput({ name: 'a', promotion, ...first }),
        await compileInput({ name: 'b', promotion, ...second }),
      ];
      for (const list of [policies, policies.toReversed()]) {
        assertThrowsWithCode(() => requirementsFor(list, followed()), PolicyError, 'POLICY_INVALID');
      }
    });
  }

  const dev = { channels: [{ tag: 'dev', authorities: ['promoter'] }] };
  const apart: readonly (readonly [string, PolicyInput])[] = [
    ['another channel', { url: 'oci://mirror.site/config/*', promotion: dev }],
    ['no promotion', {}],
    ['another repository', { url: 'oci://mirror.site/other/*', promotion }],
    ['another name for its path', { url: 'oci://mirror.site/config/*', repository: 'copies/{1}', promotion }],
    ['nothing but an audit', { promotion, spec: { mode: 'Audit' } }],
  ];
  for (const [name, second] of apart) {
    test(`are none, where the other has ${name}`, async () => {
      const policies = [
        await compileInput({ name: 'a', promotion }),
        await compileInput({ name: 'b', ...second }),
      ];
      assert.equal(requirementsFor(policies, followed())[0]?.promotion?.repository, 'config/app');
    });
  }
});
