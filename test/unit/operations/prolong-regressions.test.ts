// Holes in heartbeats that a review found: they filled up what an artifact may have of referrers, and were told to
// prolong what they did not.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { InputError, PromotionError, SigningError, VerificationError } from '../../../src/errors.ts';
import { signingLimits } from '../../../src/limits.ts';
import type { ContentStore } from '../../../src/oci/content-store.ts';
import { emptyDescriptor } from '../../../src/oci/descriptor.ts';
import { formatManifest } from '../../../src/oci/manifest.ts';
import { prolong, type ProlongRequest } from '../../../src/operations/prolong.ts';
import { parseSubject, type KeylessAuthority } from '../../../src/signing/authority.ts';
import type { KeylessSigner } from '../../../src/signing/signer.ts';
import { parseTrustRoot } from '../../../src/signing/trust-root.ts';
import type { PromotionRequest } from '../../../src/trust/promotion.ts';
import { authorityNamed } from '../../helpers/authorities.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { createTrustDomain, rootTextOf } from '../../helpers/certified.ts';
import { createMemoryStore } from '../../../src/oci/memory-store.ts';
import { promoteTo, wantedOf } from '../../helpers/promotions.ts';
import { makePorts, noon, publishValue } from '../../helpers/published.ts';
import { signerNamed } from '../../helpers/signers.ts';

const hourMs = 3_600_000;

type Beat = Partial<ProlongRequest> & { readonly signerName?: string; readonly atMs?: number };

/** A heartbeat of `prod` by `promoter` now, for eight hours, unless told otherwise. */
async function beat(
  store: ContentStore,
  { signerName = 'promoter', atMs = noon, ...change }: Beat = {},
): Promise<void> {
  const request: ProlongRequest = {
    store,
    channel: 'prod',
    wanted: await wantedOf(),
    signer: await signerNamed(signerName),
    expiresInMs: 8 * hourMs,
    isSparing: true,
    ...change,
  };
  await prolong(request, makePorts(atMs));
}

/** A channel that shows an artifact, promoted for eight hours, unless told otherwise. */
async function makeChannel(change: Parameters<typeof promoteTo>[2] = {}): Promise<ContentStore> {
  const store = createMemoryStore();
  await publishValue(store, 'a', '1.0');
  await publishValue(store, 'b', '2.0');
  await promoteTo(store, '1.0', { expiresInMs: 8 * hourMs, ...change });
  return store;
}

/** How many referrers of what `prod` shows there are. */
async function countReferrers(store: ContentStore): Promise<number> {
  return (await store.referrers((await store.resolve('prod')).descriptor)).length;
}

/** Whether a heartbeat is added. */
async function adds(store: ContentStore, change: Beat): Promise<boolean> {
  const before = await countReferrers(store);
  await beat(store, change);
  return (await countReferrers(store)) > before;
}

/** Adds referrers until there are so many. */
async function fillUp(store: ContentStore, count: number): Promise<void> {
  const { descriptor: subject } = await store.resolve('prod');
  for (let index = await countReferrers(store); index < count; index += 1) {
    const annotations = { index: `${index}` };
    await store.push(
      formatManifest({ artifactType: 'a/b', config: emptyDescriptor, layers: [], annotations, subject }),
    );
  }
  assert.equal(await countReferrers(store), count);
}

suite('a sparing heartbeat', () => {
  test('is not added while less than half of its time is new', async () => {
    const store = await makeChannel();
    assert.equal(await adds(store, {}), false);
    assert.equal(await adds(store, { atMs: noon + 4 * hourMs - 1000 }), false);
    assert.equal(await adds(store, { atMs: noon + 4 * hourMs }), true);
    // From here on, what it was prolonged to counts.
    assert.equal(await adds(store, { atMs: noon + 8 * hourMs - 1000 }), false);
    assert.equal(await adds(store, { atMs: noon + 8 * hourMs }), true);
  });

  test('is measured by the policy’s maxAge, too', async () => {
    const store = await makeChannel({ expiresInMs: undefined });
    const byPolicy = { expiresInMs: undefined, maxAgeMs: 8 * hourMs };
    assert.equal(await adds(store, { ...byPolicy, atMs: noon + 3 * hourMs }), false);
    assert.equal(await adds(store, { ...byPolicy, atMs: noon + 5 * hourMs }), true);
  });

  test('twice a day for a fortnight leaves one for every half of its time', async () => {
    const store = await makeChannel({ expiresInMs: 168 * hourMs });
    const before = await countReferrers(store);
    for (let hour = 0; hour < 336; hour += 12) {
      await beat(store, { expiresInMs: 168 * hourMs, atMs: noon + hour * hourMs });
    }
    assert.equal((await countReferrers(store)) - before, 3);
  });

  test('of a statement that nothing here ends is added once in half of its own time', async () => {
    const store = await makeChannel({ expiresInMs: undefined });
    assert.equal(await adds(store, { atMs: noon + hourMs }), true);
    assert.equal(await adds(store, { atMs: noon + 4 * hourMs }), false);
    assert.equal(await adds(store, { atMs: noon + 5 * hourMs }), true);
    assert.equal(await adds(store, { atMs: noon + 16 * hourMs, expiresInMs: undefined }), false);
    assert.equal(await adds(store, { atMs: noon + 17 * hourMs, expiresInMs: undefined }), true);
  });

  test('that is asked for without sparing is added at once', async () => {
    assert.equal(await adds(await makeChannel(), { isSparing: false }), true);
  });
});

suite('referrers of heartbeats', () => {
  test('end below their limit, so that the next release can be promoted', async () => {
    const store = await makeChannel();
    const atMs = noon + 6 * hourMs;
    await fillUp(store, signingLimits.heartbeatReferrers - 1);
    await beat(store, { atMs });
    for (const isSparing of [true, false]) {
      await assertRejectsWithCode(
        beat(store, { atMs: atMs + 6 * hourMs, isSparing }),
        VerificationError,
        'CANDIDATE_LIMIT',
      );
    }
    assert.equal(await countReferrers(store), signingLimits.heartbeatReferrers);
    assert.equal((await promoteTo(store, '2.0')).sequence, 2);
  });
});

suite('a heartbeat without an end', () => {
  test('of a statement that has one is missing it: it would prolong nothing', async () => {
    const store = await makeChannel();
    const before = await countReferrers(store);
    await assertRejectsWithCode(
      beat(store, { expiresInMs: undefined, atMs: noon + 6 * hourMs }),
      InputError,
      'INPUT_MISSING',
    );
    assert.equal(await countReferrers(store), before);
  });

  test('is one where the policy sets it', async () => {
    const store = await makeChannel();
    const change = { expiresInMs: undefined, maxAgeMs: 8 * hourMs, atMs: noon + 6 * hourMs };
    assert.equal(await adds(store, change), true);
  });
});

suite('a heartbeat that would not count is not attached', () => {
  async function assertRefused(store: ContentStore, change: Beat): Promise<void> {
    const before = await countReferrers(store);
    await assertRejectsWithCode(
      beat(store, { atMs: noon + 6 * hourMs, ...change }),
      PromotionError,
      'STATEMENT_MISSING',
    );
    assert.equal(await countReferrers(store), before);
  }

  test('by one of two promoters, who prolong as they promote: together', async () => {
    const both = { promoters: ['alice', 'bob'], threshold: 2 };
    const store = createMemoryStore();
    await publishValue(store, 'a', '1.0');
    const first = await promoteTo(store, '1.0', { ...both, signerName: 'alice', expiresInMs: 8 * hourMs });
    await promoteTo(store, '1.0', { ...both, signerName: 'bob', cosign: first.statementDigest });
    const wanted = await wantedOf(both);
    await assertRefused(store, { wanted, signerName: 'alice' });
    // A heartbeat authority needs no second one.
    const heartbeatAuthorities = [await authorityNamed('heart')];
    await assertRefused(store, { wanted: { ...wanted, heartbeatAuthorities }, signerName: 'bob' });
    const byHeart = { wanted: { ...wanted, heartbeatAuthorities }, signerName: 'heart' };
    assert.equal(await adds(store, { ...byHeart, atMs: noon + 6 * hourMs }), true);
  });

  test('by a key that is no authority', async () => {
    await assertRefused(await makeChannel(), { signerName: 'stranger' });
    await assertRefused(await makeChannel(), { signerName: 'release' });
  });

  const root = parseTrustRoot(rootTextOf(createTrustDomain()));

  /** An identity whose certificate is never used: what is to be signed is told by the code of a failure. */
  function identityOf(subject: string): KeylessSigner {
    return {
      kind: 'keyless',
      root,
      logEntryCounts: { bundle: 0, legacy: 0 },
      identity: async () => ({ issuer: 'https://issuer', subject, claims: {} }),
      sign: () => Promise.reject(new SigningError('SIGNER_FAILED', 'it was asked to sign')),
    };
  }

  test('by an identity that is no authority: it is not even asked to sign', async () => {
    const keyless = {
      issuer: 'https://issuer',
      subject: parseSubject('acme/promoter', undefined),
      claims: {},
      root,
      logThreshold: 0,
      timestampThreshold: 0,
    };
    const authority: KeylessAuthority = { name: 'cron', keyless };
    const wanted: PromotionRequest = { ...(await wantedOf()), heartbeatAuthorities: [authority] };
    const store = await makeChannel();
    await assertRefused(store, { wanted, signer: identityOf('acme/stranger') });
    await assertRejectsWithCode(
      beat(store, { wanted, signer: identityOf('acme/promoter'), atMs: noon + 6 * hourMs }),
      SigningError,
      'SIGNER_FAILED',
    );
  });
});

test('a promotion by a key that is no authority is not attached', async () => {
  const store = await makeChannel();
  const { descriptor } = await store.resolve('2.0');
  const before = await store.referrers(descriptor);
  await assertRejectsWithCode(
    promoteTo(store, '2.0', { signerName: 'stranger', promoters: ['promoter'] }),
    PromotionError,
    'STATEMENT_MISSING',
  );
  assert.deepEqual(await store.referrers(descriptor), before);
});
