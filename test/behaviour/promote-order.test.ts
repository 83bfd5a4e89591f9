// Promote: a signed statement, and only then the channel's tag.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  ContentError,
  InputError,
  PromotionError,
  RegistryError,
  VerificationError,
} from '../../src/errors.ts';
import { signingLimits } from '../../src/limits.ts';
import type { ContentStore } from '../../src/oci/content-store.ts';
import { pushArtifact } from '../../src/artifact/artifact.ts';
import { packArtifact } from '../../src/artifact/pack.ts';
import { assertTwoSigners } from '../../src/operations/promote.ts';
import { findCandidates } from '../../src/signing/candidates.ts';
import { decidePromotion, listStatements } from '../../src/trust/promotion.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { watchStore } from '../helpers/failing-store.ts';
import { promoteTo, wantedOf } from '../helpers/promotions.ts';
import { configFile, makeStore, noon, publishValue } from '../helpers/published.ts';
import { signerNamed } from '../helpers/signers.ts';

/** What a cluster would decide about the channel's tag. */
async function follow(store: ContentStore, channel = 'prod'): Promise<unknown> {
  const { descriptor } = await store.resolve(channel);
  const rule = {
    channel,
    minSequence: 1,
    maxJump: undefined,
    clockSkewMs: signingLimits.clockSkewMs,
    maxAgeMs: undefined,
  };
  const list = listStatements(await findCandidates(store, descriptor), await wantedOf({ channel }));
  const { statement } = decidePromotion(list, descriptor.digest, rule, { highest: undefined, nowMs: noon });
  return [statement.sequence, statement.subject];
}

suite('promote', () => {
  test('moves the tag to what a cluster accepts', async (t) => {
    const store = await makeStore(t);
    const { digest } = await publishValue(store, 'a', '1.0');
    const promoted = await promoteTo(store, '1.0', { reason: 'first' });
    assert.deepEqual(
      [promoted.digest, promoted.sequence, promoted.action, promoted.previousDigest, promoted.isChanged],
      [digest, 1, 'promote', undefined, true],
    );
    assert.deepEqual(await follow(store), [1, digest]);
  });

  test('counts up, and calls the way back a rollback', async (t) => {
    const store = await makeStore(t);
    const first = await publishValue(store, 'a', '1.0');
    const second = await publishValue(store, 'b', '2.0');
    await promoteTo(store, '1.0');
    const forward = await promoteTo(store, '2.0');
    assert.deepEqual(
      [forward.sequence, forward.action, forward.previousDigest],
      [2, 'promote', first.digest],
    );
    const back = await promoteTo(store, first.digest);
    assert.deepEqual([back.sequence, back.action, back.previousDigest], [3, 'rollback', second.digest]);
    assert.deepEqual(await follow(store), [3, first.digest]);
  });

  test('again changes nothing', async (t) => {
    const store = await makeStore(t);
    const { content } = await publishValue(store, 'a', '1.0');
    const first = await promoteTo(store, '1.0');
    const again = await promoteTo(store, '1.0');
    assert.deepEqual(
      [again.isChanged, again.sequence, again.statementDigest],
      [false, 1, first.statementDigest],
    );
    assert.equal((await store.referrers(content.descriptor)).length, 2);
  });

  test('counts each channel, repository and epoch for itself', async (t) => {
    const store = await makeStore(t);
    await publishValue(store, 'a', '1.0');
    await promoteTo(store, '1.0');
    assert.equal((await promoteTo(store, '1.0', { channel: 'dev' })).sequence, 1);
    await assertRejectsWithCode(
      promoteTo(store, '1.0', { repository: 'org/other' }),
      PromotionError,
      'STATEMENT_MISSING',
    );
    await assertRejectsWithCode(promoteTo(store, '1.0', { epoch: 2 }), PromotionError, 'STATEMENT_MISSING');
  });

  test('takes the highest sequence of all tags, not only of the channel’s', async (t) => {
    const store = await makeStore(t);
    const first = await publishValue(store, 'a', '1.0');
    await publishValue(store, 'b', '2.0');
    await publishValue(store, 'c', '3.0');
    await promoteTo(store, '1.0');
    await promoteTo(store, '2.0');
    // A bare retag to what was promoted before: its statement is good, but not the highest.
    await store.tag(first.content, 'prod');
    assert.equal((await promoteTo(store, '3.0')).sequence, 3);
  });
});

suite('promote refuses', () => {
  test('one key for both roles', async () => {
    const [release, promoter] = await Promise.all([signerNamed('release'), signerNamed('promoter')]);
    const releases = [{ name: 'release', key: release.verifyKey }];
    await assertRejectsWithCode(assertTwoSigners(release, releases), InputError, 'INPUT_CONFLICT');
    await assertTwoSigners(promoter, releases);
  });

  test('what is not signed', async (t) => {
    const store = await makeStore(t);
    const packed = packArtifact([configFile('a')], {});
    await pushArtifact(store, packed);
    await store.tag(packed.manifest, '1.0');
    await assertRejectsWithCode(promoteTo(store, '1.0'), VerificationError, 'SIGNATURE_MISSING');
    assert.deepEqual(await store.tags(), ['1.0']);
  });

  test('what another signed', async (t) => {
    const store = await makeStore(t);
    await publishValue(store, 'a', '1.0', 'stranger');
    await assertRejectsWithCode(promoteTo(store, '1.0'), VerificationError, 'SIGNATURE_INVALID');
  });

  test('what is not there', async (t) => {
    await assertRejectsWithCode(promoteTo(await makeStore(t), '1.0'), ContentError, 'CONTENT_MISSING');
  });

  test('a channel whose tag was moved by hand', async (t) => {
    const store = await makeStore(t);
    await publishValue(store, 'a', '1.0');
    const second = await publishValue(store, 'b', '2.0');
    await promoteTo(store, '1.0');
    await store.tag(second.content, 'prod');
    await assertRejectsWithCode(promoteTo(store, '1.0'), PromotionError, 'STATEMENT_MISSING');
    assert.equal((await store.resolve('prod')).descriptor.digest, second.digest);
  });

  test('a registry that fails while the chain is read', async (t) => {
    const store = await makeStore(t);
    await publishValue(store, 'a', '1.0');
    const failing: ContentStore = {
      ...store,
      tags: () => Promise.reject(new RegistryError('REGISTRY_UNAVAILABLE', 'x')),
    };
    await assertRejectsWithCode(promoteTo(failing, '1.0'), RegistryError, 'REGISTRY_UNAVAILABLE');
  });
});

suite('promote loses a race', () => {
  test('when the tag moves between reading and writing', async (t) => {
    const store = await makeStore(t);
    await publishValue(store, 'a', '1.0');
    const { content: other } = await publishValue(store, 'b', '2.0');
    let asked = 0;
    const racing = watchStore(store, async ({ method, subject }) => {
      if (method !== 'resolve' || subject !== 'prod') return;
      asked += 1;
      if (asked === 2) await store.tag(other, 'prod');
    });
    await assertRejectsWithCode(promoteTo(racing, '1.0'), PromotionError, 'TAG_MOVED');
    assert.equal((await store.resolve('prod')).descriptor.digest, other.descriptor.digest);
  });

  test('when the tag is written over afterwards', async (t) => {
    const store = await makeStore(t);
    await publishValue(store, 'a', '1.0');
    const { content: other } = await publishValue(store, 'b', '2.0');
    const racing: ContentStore = {
      ...store,
      tag: async (content, tag, signal) => {
        await store.tag(content, tag, signal);
        await store.tag(other, tag, signal);
      },
    };
    await assertRejectsWithCode(promoteTo(racing, '1.0'), PromotionError, 'TAG_MOVED');
  });
});

test('a failure at any call leaves the channel on something that a cluster accepts', async (t) => {
  const prepare = async (): Promise<{ store: ContentStore; digests: readonly string[] }> => {
    const store = await makeStore(t);
    const first = await publishValue(store, 'a', '1.0');
    const second = await publishValue(store, 'b', '2.0');
    await promoteTo(store, '1.0');
    return { store, digests: [first.digest, second.digest] };
  };
  let calls = 0;
  await promoteTo(
    watchStore((await prepare()).store, ({ number }) => void (calls = number)),
    '2.0',
  );
  assert.ok(calls > 10, 'the steps are there');
  for (let failing = 1; failing <= calls; failing += 1) {
    const { store, digests } = await prepare();
    const broken = watchStore(store, ({ number }) => {
      if (number === failing) throw new RegistryError('REGISTRY_UNAVAILABLE', `call ${number}`);
    });
    // A signature that can't be read is missed only where no other one is good.
    const isPromoted = await promoteTo(broken, '2.0').then(
      () => true,
      () => false,
    );
    const shown = (await store.resolve('prod')).descriptor.digest;
    if (isPromoted) assert.equal(shown, digests[1], `call ${failing} of ${calls}`);
    assert.ok(digests.includes(shown));
    assert.deepEqual(await follow(store), [shown === digests[0] ? 1 : 2, shown]);
    await promoteTo(store, '2.0');
    assert.equal((await store.resolve('prod')).descriptor.digest, digests[1]);
  }
});
