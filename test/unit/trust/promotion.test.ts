// The rules of promotion, one row an attack.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PromotionError, type PromotionCode } from '../../../src/errors.ts';
import { describe } from '../../../src/oci/descriptor.ts';
import { computeDigest } from '../../../src/oci/digest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { signStatement } from '../../../src/signing/sign-statement.ts';
import { formatStatement, signaturePredicateType } from '../../../src/signing/statement.ts';
import type { Candidates } from '../../../src/signing/verifier.ts';
import { promotionPredicateType } from '../../../src/trust/promotion-statement.ts';
import {
  decidePromotion,
  listStatements,
  type Highest,
  type PromotionRequest,
} from '../../../src/trust/promotion.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { noon } from '../../helpers/published.ts';
import { signerNamed } from '../../helpers/signers.ts';

const subject = describe(mediaTypes.manifest, Buffer.from('artifact'));
const other = computeDigest('other artifact');

const predicate = {
  repository: 'org/app',
  channel: 'prod',
  epoch: 1,
  sequence: 5,
  action: 'promote',
  issuedAt: '2026-11-22T11:00:00Z',
};

type Written = {
  readonly predicate?: object;
  readonly signers?: readonly string[];
  readonly type?: string;
  readonly about?: string;
};

/** One candidate for each signer of each statement. */
async function candidatesOf(...statements: readonly Written[]): Promise<Candidates> {
  const bundles = await Promise.all(
    statements.flatMap(
      ({ predicate: members = {}, signers = ['promoter'], type = promotionPredicateType, about }) =>
        signers.map(async (name) => {
          const digest = about === undefined ? subject.digest : computeDigest(about);
          const payload = formatStatement(digest, type, { ...predicate, ...members });
          const bytes = await signStatement(await signerNamed(name), payload);
          return { digest: computeDigest(bytes), bytes };
        }),
    ),
  );
  return { subject, bundles, rejected: [], unreadable: [] };
}

async function requestOf(names: readonly string[] = ['promoter'], threshold = 1): Promise<PromotionRequest> {
  const authorities = await Promise.all(
    names.map(async (name) => ({ name, key: (await signerNamed(name)).verifyKey })),
  );
  return { repository: 'org/app', channel: 'prod', epoch: 1, quorum: { authorities, threshold } };
}

type Given = { readonly highest?: Highest; readonly minSequence?: number; readonly nowMs?: number };

async function decide(
  candidates: Candidates,
  given: Given = {},
  request?: PromotionRequest,
): Promise<ReturnType<typeof decidePromotion>> {
  return decidePromotion(listStatements(candidates, request ?? (await requestOf())), {
    subject: subject.digest,
    channel: 'prod',
    minSequence: given.minSequence ?? 1,
    highest: given.highest,
    nowMs: given.nowMs ?? noon,
  });
}

suite('accepted', () => {
  test('the first statement that a cluster sees', async () => {
    const found = await decide(await candidatesOf({}));
    assert.equal(found.sequence, 5);
    assert.equal(found.subject, subject.digest);
  });

  test('the highest of several', async () => {
    const candidates = await candidatesOf(
      { predicate: { sequence: 2 } },
      { predicate: { sequence: 9 } },
      { predicate: { sequence: 4 } },
    );
    assert.equal((await decide(candidates)).sequence, 9);
  });

  const states: readonly (readonly [string, Given])[] = [
    ['the same sequence and digest again', { highest: { epoch: 1, sequence: 5, digest: subject.digest } }],
    ['a higher sequence than remembered', { highest: { epoch: 1, sequence: 4, digest: other } }],
    ['a gap', { highest: { epoch: 1, sequence: 1, digest: other } }],
    ['a new epoch that starts anew', { highest: { epoch: 0, sequence: 900, digest: other } }],
    ['the lowest sequence allowed', { minSequence: 5 }],
    ['a clock a little behind', { nowMs: Date.parse('2026-11-22T10:56:00Z') }],
  ];
  for (const [name, given] of states) {
    test(name, async () => assert.equal((await decide(await candidatesOf({}), given)).sequence, 5));
  }

  test('one that is for elsewhere hides none that is for here', async () => {
    const candidates = await candidatesOf(
      { predicate: { channel: 'dev', sequence: 90 } },
      {},
      { signers: ['stranger'], predicate: { sequence: 99 } },
    );
    assert.equal((await decide(candidates)).sequence, 5);
  });

  test('two signers over the same bytes for a threshold of two', async () => {
    const candidates = await candidatesOf({ signers: ['promoter', 'second'] });
    assert.equal((await decide(candidates, {}, await requestOf(['promoter', 'second'], 2))).sequence, 5);
  });
});

suite('refused', () => {
  const table: readonly (readonly [string, readonly Written[], Given, PromotionCode])[] = [
    ['a bare retag', [], {}, 'STATEMENT_MISSING'],
    ['a release signature', [{ type: signaturePredicateType }], {}, 'STATEMENT_MISSING'],
    ['another signer', [{ signers: ['stranger'] }], {}, 'STATEMENT_MISSING'],
    ['a statement about another artifact', [{ about: 'other artifact' }], {}, 'STATEMENT_MISSING'],
    ['no predicate of a promotion', [{ predicate: { sequence: 'five' } }], {}, 'STATEMENT_MISSING'],
    ['a sequence that is no safe integer', [{ predicate: { sequence: 2 ** 53 } }], {}, 'STATEMENT_MISSING'],
    ['a sequence of zero', [{ predicate: { sequence: 0 } }], {}, 'STATEMENT_MISSING'],
    [
      'a time with an offset',
      [{ predicate: { issuedAt: '2026-11-22T11:00:00+02:00' } }],
      {},
      'STATEMENT_MISSING',
    ],
    ['an unknown action', [{ predicate: { action: 'delete' } }], {}, 'STATEMENT_MISSING'],
    ['another repository', [{ predicate: { repository: 'org/app2' } }], {}, 'WRONG_REPOSITORY'],
    ['another channel', [{ predicate: { channel: 'dev' } }], {}, 'WRONG_CHANNEL'],
    ['a channel in other case', [{ predicate: { channel: 'Prod' } }], {}, 'WRONG_CHANNEL'],
    ['a former epoch', [{ predicate: { epoch: 0 } }], {}, 'WRONG_EPOCH'],
    ['a later epoch', [{ predicate: { epoch: 2 } }], {}, 'WRONG_EPOCH'],
    ['a replay', [{}], { highest: { epoch: 1, sequence: 6, digest: other } }, 'SEQUENCE_REPLAYED'],
    [
      'a replay of the same digest',
      [{}],
      { highest: { epoch: 1, sequence: 6, digest: subject.digest } },
      'SEQUENCE_REPLAYED',
    ],
    ['below minSequence', [{}], { minSequence: 6 }, 'SEQUENCE_REPLAYED'],
    [
      'one sequence with two digests',
      [{}],
      { highest: { epoch: 1, sequence: 5, digest: other } },
      'EQUIVOCATION',
    ],
    ['an expired statement', [{ predicate: { expiresAt: '2026-11-22T12:00:00Z' } }], {}, 'STATEMENT_EXPIRED'],
    [
      'a statement from the future',
      [{ predicate: { issuedAt: '2026-11-22T12:05:01Z' } }],
      {},
      'STATEMENT_EXPIRED',
    ],
  ];
  for (const [name, statements, given, code] of table) {
    test(name, async () => {
      const candidates = await candidatesOf(...statements);
      const request = await requestOf();
      const list = listStatements(candidates, request);
      assertThrowsWithCode(
        () =>
          decidePromotion(list, {
            subject: subject.digest,
            channel: 'prod',
            minSequence: given.minSequence ?? 1,
            highest: given.highest,
            nowMs: given.nowMs ?? noon,
          }),
        PromotionError,
        code,
      );
    });
  }

  test('an expired highest statement: a lower one that is still good does not take its place', async () => {
    const candidates = await candidatesOf(
      { predicate: { expiresAt: '2026-11-22T11:30:00Z' } },
      { predicate: { sequence: 4 } },
    );
    await assert.rejects(decide(candidates), { code: 'STATEMENT_EXPIRED' });
  });

  test('two signers of different bytes for a threshold of two', async () => {
    const candidates = await candidatesOf(
      { signers: ['promoter'] },
      { signers: ['second'], predicate: { note: 'x' } },
    );
    const request = await requestOf(['promoter', 'second'], 2);
    await assert.rejects(decide(candidates, {}, request), { code: 'STATEMENT_MISSING' });
  });

  test('one signer twice for a threshold of two', async () => {
    const candidates = await candidatesOf({ signers: ['promoter', 'promoter'] });
    const request = await requestOf(['promoter', 'second'], 2);
    await assert.rejects(decide(candidates, {}, request), { code: 'STATEMENT_MISSING' });
  });
});
