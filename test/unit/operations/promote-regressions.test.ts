// Holes in promoting that a review found: one signer alone could end it, a raised threshold too, and --after was not
// heard where the channel shows the artifact already.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PromotionError } from '../../../src/errors.ts';
import { signingLimits } from '../../../src/limits.ts';
import type { ContentStore } from '../../../src/oci/content-store.ts';
import { attachStatement } from '../../../src/operations/promotion-statements.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { createMemoryStore } from '../../../src/oci/memory-store.ts';
import { promoteTo, wantedOf } from '../../helpers/promotions.ts';
import { makePorts, publishValue } from '../../helpers/published.ts';
import { signerNamed } from '../../helpers/signers.ts';

const both = { promoters: ['alice', 'bob'], threshold: 2 } as const;
const byAlice = { ...both, signerName: 'alice' } as const;
const byBob = { ...both, signerName: 'bob' } as const;

async function makeStore(): Promise<ContentStore> {
  const store = createMemoryStore();
  await publishValue(store, 'a', '1.0');
  await publishValue(store, 'b', '2.0');
  return store;
}

suite('a statement that one of two has begun', () => {
  /** Sequence 1 is promoted by both; then `bob` alone begins this one, of the same artifact. */
  async function makeBegun(sequence: number): Promise<ContentStore> {
    const store = await makeStore();
    const { statementDigest } = await promoteTo(store, '1.0', byAlice);
    await promoteTo(store, '1.0', { ...byBob, cosign: statementDigest });
    const wanted = await wantedOf(both);
    const { repository, channel, epoch } = wanted;
    await attachStatement(
      { store, wanted, signer: await signerNamed('bob'), artifact: await store.resolve('1.0') },
      { repository, channel, epoch, sequence, action: 'promote', issuedAt: '2026-11-22T12:00:00Z' },
      makePorts(),
    );
    return store;
  }

  test('uses up no sequences beyond reach: the next one follows what was promoted', async () => {
    for (const sequence of [Number.MAX_SAFE_INTEGER, 2 + signingLimits.begunReach]) {
      const store = await makeBegun(sequence);
      const { statementDigest, ...next } = await promoteTo(store, '2.0', byAlice);
      assert.deepEqual([next.sequence, next.missingSigners], [2, 1]);
      const done = await promoteTo(store, '2.0', { ...byBob, cosign: statementDigest });
      assert.deepEqual([done.sequence, done.missingSigners, done.isChanged], [2, 0, true]);
    }
  });

  test('uses up its sequence within reach', async () => {
    const sequence = 1 + signingLimits.begunReach;
    const next = await promoteTo(await makeBegun(sequence), '2.0', byAlice);
    assert.equal(next.sequence, sequence + 1);
  });
});

suite('a threshold that was raised', () => {
  test('is met by signing along what the channel shows; then the next release is promoted', async () => {
    const store = await makeStore();
    const { statementDigest, digest } = await promoteTo(store, '1.0', { signerName: 'alice' });
    await assertRejectsWithCode(promoteTo(store, '2.0', byAlice), PromotionError, 'STATEMENT_MISSING');
    const completed = await promoteTo(store, '1.0', { ...byBob, cosign: statementDigest });
    assert.deepEqual(
      [completed.digest, completed.sequence, completed.missingSigners, completed.isChanged],
      [digest, 1, 0, false],
    );
    const next = await promoteTo(store, '2.0', byAlice);
    const done = await promoteTo(store, '2.0', { ...byBob, cosign: next.statementDigest });
    assert.deepEqual([done.sequence, done.missingSigners, done.isChanged], [2, 0, true]);
  });

  test('lets nobody sign along past a tag that nobody promoted', async () => {
    const store = await makeStore();
    const { statementDigest } = await promoteTo(store, '1.0', { signerName: 'alice' });
    await store.tag(await store.resolve('2.0'), 'prod');
    await assertRejectsWithCode(
      promoteTo(store, '1.0', { ...byBob, cosign: statementDigest }),
      PromotionError,
      'STATEMENT_MISSING',
    );
  });
});

suite('--after', () => {
  test('is heard where the channel shows the artifact already', async () => {
    const store = await makeStore();
    await promoteTo(store, '1.0');
    const again = await promoteTo(store, '1.0', { after: 6 });
    assert.deepEqual([again.sequence, again.isChanged], [7, false]);
    assert.equal((await promoteTo(store, '1.0', { after: 6 })).sequence, 7, 'and once is enough');
  });
});
