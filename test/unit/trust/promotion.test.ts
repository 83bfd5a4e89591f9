// The rules of promotion, one row an attack.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PromotionError, VerificationError, type PromotionCode } from '../../../src/errors.ts';
import { signingLimits } from '../../../src/limits.ts';
import { computeDigest } from '../../../src/oci/digest.ts';
import type { Candidates } from '../../../src/signing/candidates.ts';
import { signStatement } from '../../../src/signing/sign-statement.ts';
import { formatStatement, signaturePredicateType } from '../../../src/signing/statement.ts';
import { promotionPredicateType } from '../../../src/trust/promotion-statement.ts';
import {
  decidePromotion,
  highestOf,
  listStatements,
  type Highest,
  type PromotionRequest,
} from '../../../src/trust/promotion.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { authorityNamed, quorumOf } from '../../helpers/authorities.ts';
import {
  candidatesOf,
  joinCandidates,
  promotionOf,
  promotionPredicate,
  subject,
  unreadable,
  type Written,
} from '../../helpers/candidates.ts';
import { noon } from '../../helpers/times.ts';
import { signerNamed } from '../../helpers/signers.ts';

const other = computeDigest('other artifact');
const minute = 60_000;

type Request = {
  readonly promoters?: readonly string[];
  readonly threshold?: number;
  readonly heartbeats?: readonly string[];
};

async function requestOf({
  promoters = ['promoter'],
  threshold,
  heartbeats,
}: Request): Promise<PromotionRequest> {
  return {
    repository: 'org/app',
    channel: 'prod',
    epoch: 1,
    quorum: await quorumOf(promoters, threshold),
    ...(heartbeats === undefined
      ? {}
      : { heartbeatAuthorities: await Promise.all(heartbeats.map((name) => authorityNamed(name))) }),
  };
}

type Given = Request & {
  readonly highest?: Partial<Highest>;
  readonly minSequence?: number;
  readonly maxJump?: number;
  readonly maxAgeMs?: number;
  readonly clockSkewMs?: number;
  readonly nowMs?: number;
};

async function decide(
  candidates: Candidates,
  given: Given = {},
): Promise<ReturnType<typeof decidePromotion>> {
  const rule = {
    channel: 'prod',
    minSequence: given.minSequence ?? 1,
    maxJump: given.maxJump,
    clockSkewMs: given.clockSkewMs ?? signingLimits.clockSkewMs,
    maxAgeMs: given.maxAgeMs,
  };
  const remembered = { epoch: 1, sequence: 1, digest: other, issuedAtMs: 0 };
  return decidePromotion(listStatements(candidates, await requestOf(given)), subject.digest, rule, {
    highest: given.highest === undefined ? undefined : { ...remembered, ...given.highest },
    nowMs: given.nowMs ?? noon,
  });
}

async function sequenceOf(statements: readonly Written[], given: Given = {}): Promise<number> {
  return (await decide(await candidatesOf(...statements), given)).statement.sequence;
}

suite('accepted', () => {
  test('the first statement that a cluster sees', async () => {
    const { statement, deadlineMs, issuedAtMs } = await decide(await candidatesOf(promotionOf()));
    assert.deepEqual([statement.sequence, statement.subject], [5, subject.digest]);
    assert.deepEqual([deadlineMs, issuedAtMs], [undefined, Date.parse('2026-11-22T11:00:00Z')]);
  });

  test('the highest of several', async () => {
    const statements = [2, 9, 4].map((sequence) => promotionOf({ sequence }));
    assert.equal(await sequenceOf(statements), 9);
  });

  const states: readonly (readonly [string, Given])[] = [
    ['the same sequence and digest again', { highest: { sequence: 5, digest: subject.digest } }],
    ['a higher sequence than remembered', { highest: { sequence: 4 } }],
    ['a gap', { highest: { sequence: 1 } }],
    ['a new epoch that starts anew', { highest: { epoch: 0, sequence: 900 } }],
    ['the lowest sequence allowed', { minSequence: 5 }],
    ['a clock a little behind', { nowMs: Date.parse('2026-11-22T10:55:00Z') }],
    ['the widest jump allowed', { highest: { sequence: 2 }, maxJump: 3 }],
    ['first contact, however far: it is no jump', { maxJump: 1 }],
    ['a jump in a new epoch', { highest: { epoch: 0, sequence: 1 }, maxJump: 1 }],
    [
      'a jump that the admin let pass by minSequence',
      { highest: { sequence: 1 }, maxJump: 1, minSequence: 4 },
    ],
    [
      'going on behind a minSequence that was passed',
      { highest: { sequence: 4 }, maxJump: 1, minSequence: 2 },
    ],
  ];
  for (const [name, given] of states) {
    test(name, async () => assert.equal(await sequenceOf([promotionOf()], given), 5));
  }

  test('one that is for elsewhere hides none that is for here', async () => {
    const statements = [
      promotionOf({ channel: 'dev', sequence: 90 }),
      promotionOf(),
      promotionOf({ sequence: 99 }, { signers: ['stranger'] }),
    ];
    assert.equal(await sequenceOf(statements), 5);
  });

  test('two signers over the same bytes for a threshold of two', async () => {
    const statement = promotionOf({}, { signers: ['promoter', 'second'] });
    assert.equal(await sequenceOf([statement], { promoters: ['promoter', 'second'], threshold: 2 }), 5);
  });

  test('one that can be read beside one that can not', async () => {
    const candidates = joinCandidates(await candidatesOf(promotionOf()), unreadable);
    assert.equal((await decide(candidates)).statement.sequence, 5);
  });
});

suite('refused', () => {
  const table: readonly (readonly [string, readonly Written[], Given, PromotionCode])[] = [
    ['a bare retag', [], {}, 'STATEMENT_MISSING'],
    ['a release signature', [promotionOf({}, { type: signaturePredicateType })], {}, 'STATEMENT_MISSING'],
    ['another signer', [promotionOf({}, { signers: ['stranger'] })], {}, 'STATEMENT_MISSING'],
    ['a statement about another artifact', [promotionOf({}, { about: other })], {}, 'STATEMENT_MISSING'],
    ['no predicate of a promotion', [promotionOf({ sequence: 'five' })], {}, 'STATEMENT_MISSING'],
    ['a sequence that is no safe integer', [promotionOf({ sequence: 2 ** 53 })], {}, 'STATEMENT_MISSING'],
    ['a sequence of zero', [promotionOf({ sequence: 0 })], {}, 'STATEMENT_MISSING'],
    [
      'a time with an offset',
      [promotionOf({ issuedAt: '2026-11-22T11:00:00+02:00' })],
      {},
      'STATEMENT_MISSING',
    ],
    ['an unknown action', [promotionOf({ action: 'delete' })], {}, 'STATEMENT_MISSING'],
    [
      'another repository: app’s used for db',
      [promotionOf({ repository: 'org/db' })],
      {},
      'WRONG_REPOSITORY',
    ],
    ['another channel', [promotionOf({ channel: 'dev' })], {}, 'WRONG_CHANNEL'],
    ['a channel in other case', [promotionOf({ channel: 'Prod' })], {}, 'WRONG_CHANNEL'],
    ['a former epoch', [promotionOf({ epoch: 0 })], {}, 'WRONG_EPOCH'],
    ['a later epoch', [promotionOf({ epoch: 2 })], {}, 'WRONG_EPOCH'],
    [
      'elsewhere tells more than an unknown signer',
      [promotionOf({}, { signers: ['second'] }), promotionOf({ channel: 'dev' })],
      { heartbeats: ['second'] },
      'WRONG_CHANNEL',
    ],
    ['a replay', [promotionOf()], { highest: { sequence: 6 } }, 'SEQUENCE_REPLAYED'],
    [
      'a replay of the same digest',
      [promotionOf()],
      { highest: { sequence: 6, digest: subject.digest } },
      'SEQUENCE_REPLAYED',
    ],
    ['what a higher epoch left behind', [promotionOf()], { highest: { epoch: 2 } }, 'SEQUENCE_REPLAYED'],
    ['below minSequence', [promotionOf()], { minSequence: 6 }, 'SEQUENCE_REPLAYED'],
    ['one sequence with two digests', [promotionOf()], { highest: { sequence: 5 } }, 'EQUIVOCATION'],
    ['a sequence jump', [promotionOf()], { highest: { sequence: 1 }, maxJump: 3 }, 'SEQUENCE_JUMP'],
    [
      'a jump above minSequence',
      [promotionOf()],
      { highest: { sequence: 1 }, maxJump: 1, minSequence: 3 },
      'SEQUENCE_JUMP',
    ],
    ['an expired statement', [promotionOf({ expiresAt: '2026-11-22T12:00:00Z' })], {}, 'STATEMENT_EXPIRED'],
    ['a statement beyond maxAge', [promotionOf()], { maxAgeMs: 60 * minute }, 'STATEMENT_EXPIRED'],
    [
      'a statement whose own end is beyond maxAge',
      [promotionOf({ expiresAt: '2027-11-22T12:00:00Z' })],
      { maxAgeMs: 60 * minute },
      'STATEMENT_EXPIRED',
    ],
    [
      'a statement from the future',
      [promotionOf({ issuedAt: '2026-11-22T12:05:01Z' })],
      {},
      'STATEMENT_EXPIRED',
    ],
    [
      'an expired statement under a clock set back',
      [promotionOf({ expiresAt: '2026-11-22T11:30:00Z' })],
      {
        highest: { sequence: 5, digest: subject.digest, issuedAtMs: noon },
        nowMs: Date.parse('2026-11-22T11:10:00Z'),
      },
      'STATEMENT_EXPIRED',
    ],
    [
      'a heartbeat key that promotes',
      [promotionOf({}, { signers: ['pulse'] })],
      { heartbeats: ['pulse'] },
      'STATEMENT_MISSING',
    ],
    [
      'a heartbeat key that rolls back',
      [promotionOf({ action: 'rollback' }, { signers: ['pulse'] })],
      { heartbeats: ['pulse'] },
      'STATEMENT_MISSING',
    ],
    [
      'a heartbeat key that helps to a threshold',
      [promotionOf({}, { signers: ['pulse', 'promoter'] })],
      { promoters: ['promoter', 'second'], threshold: 2, heartbeats: ['pulse'] },
      'STATEMENT_MISSING',
    ],
    [
      'nothing but a heartbeat',
      [promotionOf({ action: 'heartbeat' }, { signers: ['pulse'] })],
      { heartbeats: ['pulse'] },
      'STATEMENT_MISSING',
    ],
    [
      'a heartbeat of a higher sequence, which was never promoted',
      [
        promotionOf({ expiresAt: '2026-11-22T11:30:00Z' }),
        promotionOf({ action: 'heartbeat', sequence: 6 }, { signers: ['pulse'] }),
      ],
      { heartbeats: ['pulse'], maxAgeMs: 300 * minute },
      'STATEMENT_EXPIRED',
    ],
    [
      'two signers of different bytes for a threshold of two',
      [promotionOf(), promotionOf({ note: 'x' }, { signers: ['second'] })],
      { promoters: ['promoter', 'second'], threshold: 2 },
      'STATEMENT_MISSING',
    ],
    [
      'one signer twice for a threshold of two',
      [promotionOf({}, { signers: ['promoter', 'promoter'] })],
      { promoters: ['promoter', 'second'], threshold: 2 },
      'STATEMENT_MISSING',
    ],
  ];
  for (const [name, statements, given, code] of table) {
    test(`${name} is ${code}`, async () => {
      await assertRejectsWithCode(sequenceOf(statements, given), PromotionError, code);
    });
  }

  test('an expired highest statement: a lower one that is still good does not take its place', async () => {
    const statements = [promotionOf({ expiresAt: '2026-11-22T11:30:00Z' }), promotionOf({ sequence: 4 })];
    await assertRejectsWithCode(sequenceOf(statements), PromotionError, 'STATEMENT_EXPIRED');
  });

  test('none that can be read, where one can not be, is no absence', async () => {
    const candidates = joinCandidates(await candidatesOf(promotionOf({ channel: 'dev' })), unreadable);
    await assertRejectsWithCode(decide(candidates), VerificationError, 'SIGNATURE_UNCHECKABLE');
  });

  test('a statement about two artifacts at once', async () => {
    const text = formatStatement(subject.digest, promotionPredicateType, promotionPredicate).toString();
    const two = text.replace('"subject":[', `"subject":[{"digest":{"sha256":"${other.slice(7)}"}},`);
    const bytes = await signStatement(await signerNamed('promoter'), Buffer.from(two));
    const found = [{ format: 'bundle', digest: computeDigest(bytes), bytes } as const];
    const candidates = { subject, found, rejected: [], unreadable: [] };
    await assertRejectsWithCode(decide(candidates), PromotionError, 'STATEMENT_MISSING');
  });
});

suite('a heartbeat', () => {
  const beat = (members: object = {}, signer = 'pulse'): Written =>
    promotionOf({ action: 'heartbeat', issuedAt: '2026-11-22T11:55:00Z', ...members }, { signers: [signer] });
  const given: Given = { heartbeats: ['pulse'], maxAgeMs: 30 * minute };

  test('prolongs what is promoted, up to maxAge', async () => {
    const { statement, deadlineMs, issuedAtMs } = await decide(
      await candidatesOf(promotionOf(), beat()),
      given,
    );
    const heardMs = Date.parse('2026-11-22T11:55:00Z');
    assert.deepEqual([statement.action, deadlineMs, issuedAtMs], ['promote', heardMs + 30 * minute, heardMs]);
  });

  test('may come from a promoter as well, or from one that is of both lists', async () => {
    for (const heartbeats of [['pulse'], ['promoter', 'pulse']]) {
      const candidates = await candidatesOf(promotionOf(), beat({}, 'promoter'));
      const { deadlineMs } = await decide(candidates, { ...given, heartbeats });
      assert.equal(deadlineMs, Date.parse('2026-11-22T12:25:00Z'));
    }
  });

  test('of a stranger, or for another place, prolongs nothing', async () => {
    for (const statement of [beat({}, 'stranger'), beat({ channel: 'dev' }), beat({ epoch: 2 })]) {
      await assertRejectsWithCode(
        sequenceOf([promotionOf(), statement], given),
        PromotionError,
        'STATEMENT_EXPIRED',
      );
    }
  });

  test('beyond its maxAge is overdue as well', async () => {
    await assertRejectsWithCode(
      sequenceOf([promotionOf(), beat({ issuedAt: '2026-11-22T11:30:00Z' })], given),
      PromotionError,
      'STATEMENT_EXPIRED',
    );
  });

  test('issued a little in the future, again and again, does not set the cluster’s time forward', async () => {
    // An unattended key could else make every true promotion overdue, for good.
    const skewMs = 5 * minute;
    const beats = Array.from({ length: 12 }, (_, number) =>
      beat({ issuedAt: new Date(noon + (number + 1) * skewMs).toISOString() }),
    );
    const statement = promotionOf({ issuedAt: '2026-11-22T11:59:00Z' });
    const candidates = await candidatesOf(statement, ...beats);
    let issuedAtMs = 0;
    for (let look = 0; look < 12; look += 1) {
      const highest = { sequence: 5, digest: subject.digest, issuedAtMs };
      ({ issuedAtMs } = await decide(candidates, { ...given, highest, clockSkewMs: skewMs }));
    }
    assert.equal(issuedAtMs, noon + skewMs);
  });

  test('that was counted stays counted under a clock set back', async () => {
    const highest = { sequence: 5, digest: subject.digest, issuedAtMs: Date.parse('2026-11-22T11:55:00Z') };
    const { deadlineMs } = await decide(await candidatesOf(promotionOf(), beat()), {
      ...given,
      highest,
      nowMs: Date.parse('2026-11-22T09:00:00Z'),
    });
    assert.equal(deadlineMs, Date.parse('2026-11-22T12:25:00Z'));
  });
});

test('the highest statement is the same in whatever order they are listed', async () => {
  const list = listStatements(
    await candidatesOf(promotionOf(), promotionOf({ note: 'x' }), promotionOf({ sequence: 2 })),
    await requestOf({}),
  );
  const first = highestOf(list.statements);
  assert.deepEqual(highestOf(list.statements.toReversed()), first);
  assert.equal(highestOf([]), undefined);
  assert.equal(first?.sequence, 5);
});
