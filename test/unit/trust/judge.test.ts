// The one judge: every check of every policy, passed, failed or only warned of.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { TransformName } from '../../../src/api/trust-policy.ts';
import { PolicyError } from '../../../src/errors.ts';
import { assertAccepted, judge, type JudgeContext, type Verdict } from '../../../src/trust/judge.ts';
import { requirementsFor } from '../../../src/trust/policy.ts';
import { parseSourceUrl } from '../../../src/trust/source-url.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { candidatesOf, promotionOf, subject, type Written } from '../../helpers/candidates.ts';
import { createTrustDomain, rootTextOf } from '../../helpers/certified.ts';
import { compileInput, type PolicyInput } from '../../helpers/policies.ts';
import { noon } from '../../helpers/times.ts';

const promotion = { channels: [{ tag: 'prod', authorities: ['promoter'] }] };
const attestations = [{ predicateType: 'sbom', authorities: ['builder'], expr: 'predicate.isGood' }];
const authorities = ['release', 'promoter', 'builder'];
const promoted = promotionOf({ repository: 'config/app' });
const attested: Written = { type: 'sbom', signers: ['builder'], predicate: { isGood: true } };

type Given = Partial<JudgeContext> & { readonly tag?: string };

async function judgeBy(
  policies: readonly PolicyInput[],
  statements: readonly Written[],
  { tag = 'prod', ...context }: Given = {},
): Promise<Verdict> {
  const compiled = await Promise.all(policies.map((policy) => compileInput({ authorities, ...policy })));
  const url = parseSourceUrl('oci://registry.site/config/app');
  const requirements = requirementsFor(compiled, { url, tag, namespace: 'shop' });
  return judge(requirements, await candidatesOf(...statements), {
    highest: () => undefined,
    nowMs: noon,
    transforms: new Set(),
    ...context,
  });
}

/** Each check by name, with how it came out and its code. */
function outcomesOf({ checks }: Verdict): readonly string[] {
  return checks.map(({ name, outcome, error }) => [name, outcome, error?.code].filter(Boolean).join(' '));
}

const full: PolicyInput = { promotion, spec: { attestations, allowTransforms: ['path'] } };

suite('all that is asked', () => {
  test('passes, check by check, and tells what counted', async () => {
    const verdict = await judgeBy([full], [{}, promoted, attested], {
      transforms: new Set(['path'] as const),
    });
    assert.deepEqual(outcomesOf(verdict), [
      'digest passed',
      'transforms passed',
      'signatures passed',
      'attestation passed',
      'promotion passed',
    ]);
    assert.deepEqual([verdict.matched, verdict.formats], [['policy/release'], ['bundle']]);
    assert.deepEqual(
      [verdict.promotion?.statement.sequence, verdict.promotion?.rule.repository],
      [5, 'config/app'],
    );
    assertAccepted(verdict);
  });

  test('is told in words', async () => {
    const { checks } = await judgeBy([full], [{}, promoted, attested]);
    assert.deepEqual(
      checks.map(({ expected }) => expected),
      [
        'not in deniedDigests',
        '1 of release',
        'sbom by builder that meets predicate.isGood',
        'statement for config/app to prod, epoch 1, by 1 of promoter',
      ],
    );
    assert.deepEqual([checks[0]?.found, checks[3]?.found], [subject.digest, 'promote of sequence 5']);
  });

  test('fails, check by check, whatever failed before', async () => {
    const verdict = await judgeBy(
      [{ ...full, spec: { ...full.spec, deniedDigests: [subject.digest] } }],
      [
        promotionOf({ repository: 'config/db' }),
        { type: 'sbom', signers: ['builder'], predicate: { isGood: false } },
      ],
      { transforms: new Set<TransformName>(['path', 'commonMetadata']) },
    );
    assert.deepEqual(outcomesOf(verdict), [
      'digest failed DIGEST_DENIED',
      'transforms failed TRANSFORM_NOT_ALLOWED',
      'signatures failed SIGNATURE_INVALID',
      'attestation failed ATTESTATION_MISSING',
      'promotion failed WRONG_REPOSITORY',
    ]);
    assert.deepEqual([verdict.matched, verdict.promotion], [[], undefined]);
    assertThrowsWithCode(() => assertAccepted(verdict), PolicyError, 'DIGEST_DENIED');
    const [, transforms] = verdict.checks;
    assert.match(transforms?.found ?? '', /commonMetadata$/u);
  });

  test('counts for each policy for itself', async () => {
    const policies = [{ name: 'a' }, { name: 'b', signatures: { authorities: ['builder'] } }];
    const verdict = await judgeBy(policies, [{}]);
    assert.deepEqual(
      verdict.checks.map(({ policy, name, outcome }) => `${policy} ${name} ${outcome}`),
      ['a digest passed', 'a signatures passed', 'b digest passed', 'b signatures failed'],
    );
    assert.deepEqual(verdict.matched, ['a/release']);
  });

  test('is nothing where there is no policy', async () => {
    const { checks, matched } = judge([], await candidatesOf(), {
      highest: () => undefined,
      nowMs: noon,
      transforms: new Set(['path'] as const),
    });
    assert.deepEqual([checks, matched], [[], []]);
  });
});

test('a policy that allows no transform says so', async () => {
  const { checks } = await judgeBy([{}], [{}], { transforms: new Set(['path'] as const) });
  assert.deepEqual(
    checks.filter(({ name }) => name === 'transforms').map(({ expected, outcome }) => [expected, outcome]),
    [['no transforms', 'failed']],
  );
});

test('an attestation without an expression, and a keyless authority, are told as such', async () => {
  const keyless = { issuer: 'i', subject: 's', trustedRootRef: { name: 'roots' } };
  const spec = {
    authorities: [{ name: 'ci', keyless }],
    attestations: [{ predicateType: 'sbom', authorities: ['ci'] }],
  };
  const rootText = rootTextOf(createTrustDomain());
  const policy = await compileInput({ signatures: { authorities: ['ci'] }, spec }, () => rootText);
  const url = parseSourceUrl('oci://registry.site/config/app');
  const requirements = requirementsFor([policy], { url, tag: 'prod', namespace: 'shop' });
  const { checks } = judge(requirements, await candidatesOf({}), {
    highest: () => undefined,
    nowMs: noon,
    transforms: new Set(),
  });
  assert.deepEqual(
    checks.map(({ expected }) => expected),
    ['not in deniedDigests', '1 of ci (keyless)', 'sbom by ci (keyless)'],
  );
});

suite('a policy that audits', () => {
  const audit: PolicyInput = { ...full, name: 'audit', spec: { ...full.spec, mode: 'Audit' } };

  test('warns of what it would refuse, and lets it through', async () => {
    const verdict = await judgeBy([{ name: 'strict' }, audit], [{}]);
    assert.deepEqual(outcomesOf(verdict), [
      'digest passed',
      'signatures passed',
      'digest passed',
      'signatures passed',
      'attestation warned ATTESTATION_MISSING',
      'promotion warned STATEMENT_MISSING',
    ]);
    assertAccepted(verdict);
  });

  test('is warned of where it can not be applied at all', async () => {
    const verdict = await judgeBy([{ name: 'strict' }, audit], [{}], { tag: '1.0' });
    assert.deepEqual(outcomesOf(verdict).slice(2), ['reference warned REF_NOT_A_CHANNEL']);
    assertAccepted(verdict);
  });

  test('remembers no promotion: its rule is none yet', async () => {
    const verdict = await judgeBy([audit], [{}, promoted, attested]);
    assert.deepEqual(outcomesOf(verdict).at(-1), 'promotion passed');
    assert.equal(verdict.promotion, undefined);
  });
});

suite('what the cluster remembers', () => {
  test('is asked for by repository and channel, and counts', async () => {
    const asked: string[] = [];
    const verdict = await judgeBy([{ promotion }], [{}, promoted], {
      highest: (repository, channel) => {
        asked.push(`${repository} ${channel}`);
        return { epoch: 1, sequence: 6, digest: subject.digest, issuedAtMs: 0 };
      },
    });
    assert.deepEqual(asked, ['config/app prod']);
    assert.equal(outcomesOf(verdict).at(-1), 'promotion failed SEQUENCE_REPLAYED');
  });

  test('that can not be read refuses', async () => {
    const verdict = await judgeBy([{ promotion }], [{}, promoted], {
      highest: () => {
        throw new PolicyError('POLICY_INVALID', 'x');
      },
    });
    assert.equal(outcomesOf(verdict).at(-1), 'promotion failed POLICY_INVALID');
  });

  test('that fails otherwise is no verdict', async () => {
    const failure = new TypeError('x');
    const failing = judgeBy([{ promotion }], [{}, promoted], {
      highest: () => {
        throw failure;
      },
    });
    await assert.rejects(failing, failure);
  });
});

test('a deadline is told', async () => {
  const { checks, promotion: decided } = await judgeBy(
    [{ promotion: { channels: [{ tag: 'prod', authorities: ['promoter'], maxAge: '2h' }] } }],
    [{}, promoted],
  );
  assert.equal(decided?.deadlineMs, Date.parse('2026-11-22T13:00:00Z'));
  assert.match(checks.at(-1)?.found ?? '', /fresh until 2026-11-22T13:00:00/u);
});

suite('what runs', () => {
  const overdue = promotionOf({ repository: 'config/app', expiresAt: '2026-11-22T11:30:00Z' });
  const runs = async (
    statements: readonly Written[],
    sequence: number | undefined,
    rule: object = {},
  ): Promise<string | undefined> => {
    const verdict = await judgeBy([{ promotion: { ...promotion, ...rule } }], [{}, ...statements], {
      running: { sequence },
      highest: () => assert.fail('asked'),
    });
    assert.equal(verdict.promotion, undefined);
    return outcomesOf(verdict).at(-1);
  };

  test('stays by the statement that brought it, whatever the time and whatever was promoted since', async () => {
    assert.equal(await runs([promoted], 5), 'promotion passed');
    assert.equal(await runs([overdue], 5), 'promotion passed');
    assert.equal(
      await runs([promoted, promotionOf({ repository: 'config/app', sequence: 9 })], 5),
      'promotion passed',
    );
  });

  test('does not stay by another statement, or by one whose signer is revoked', async () => {
    const missing = 'promotion failed STATEMENT_MISSING';
    assert.equal(await runs([promoted], 4), missing);
    assert.equal(await runs([promoted], undefined), missing);
    assert.equal(await runs([], 5), missing);
    const revoked = promotionOf({ repository: 'config/app' }, { signers: ['revoked'] });
    assert.equal(await runs([revoked], 5), missing);
    const beat = promotionOf({ repository: 'config/app', action: 'heartbeat' });
    assert.equal(await runs([beat], 5), missing);
  });

  test('does not stay below the floor that the admin raised', async () => {
    assert.equal(await runs([promoted], 5, { minSequence: 5 }), 'promotion passed');
    assert.equal(await runs([promoted], 5, { minSequence: 6 }), 'promotion failed SEQUENCE_REPLAYED');
  });

  test('does not stay once it is denied, or its signature is no longer accepted', async () => {
    const running = { sequence: undefined };
    const denied = await judgeBy([{ spec: { deniedDigests: [subject.digest] } }], [{}], { running });
    assert.deepEqual(outcomesOf(denied), ['digest failed DIGEST_DENIED', 'signatures passed']);
    const revoked = await judgeBy([{ keys: { release: 'new key' } }], [{}], { running });
    assert.deepEqual(outcomesOf(revoked), ['digest passed', 'signatures failed SIGNATURE_INVALID']);
  });
});
