import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { InputError, SigningError, VerificationError } from '../../../src/errors.ts';
import { signingLimits } from '../../../src/limits.ts';
import type { ContentStore } from '../../../src/oci/content-store.ts';
import { signArtifact, type SignedArtifact, type SigningRequest } from '../../../src/operations/sign.ts';
import { legacySignatureTag } from '../../../src/signing/candidates.ts';
import { signaturePredicateType } from '../../../src/signing/statement.ts';
import { promotionPredicateType } from '../../../src/trust/promotion-statement.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makePorts, makeStore, publishValue } from '../../helpers/published.ts';
import { signerNamed } from '../../helpers/signers.ts';

async function sign(
  store: ContentStore,
  request: Partial<SigningRequest> = {},
  name = 'other',
): Promise<SignedArtifact> {
  const signer = await signerNamed(name);
  return signArtifact(store, '1.0', { signer, repository: 'h/r', ...request }, makePorts());
}

const added = ({ signed }: SignedArtifact): readonly unknown[] =>
  signed.map(({ format, isNew }) => `${format} ${isNew}`);

const type = 'https://example.org/tests/v1';

suite('sign', () => {
  test('adds each format once a signer', async (t) => {
    const store = await makeStore(t);
    const { digest, content } = await publishValue(store, 'a', '1.0');
    const both = { formats: ['bundle', 'legacy'] } as const;
    const first = await sign(store, both);
    assert.equal(first.digest, digest);
    assert.deepEqual(added(first), ['bundle true', 'legacy true']);
    assert.deepEqual(added(await sign(store, both)), ['bundle false', 'legacy false']);
    assert.deepEqual(added(await sign(store, both, 'release')), ['bundle false', 'legacy true']);
    assert.equal((await store.referrers(content.descriptor)).length, 2);
    assert.ok((await store.tags()).includes(legacySignatureTag(digest)));
  });

  test('attests what is not attested yet', async (t) => {
    const store = await makeStore(t);
    await publishValue(store, 'a', '1.0');
    const attest = (predicate: object, isOncePerArtifact = false): Promise<SignedArtifact> =>
      sign(store, { formats: [], attestations: [{ predicateType: type, predicate, isOncePerArtifact }] });
    assert.deepEqual(added(await attest({ passed: 1 })), ['bundle true']);
    assert.deepEqual(added(await attest({ passed: 1 })), ['bundle false']);
    assert.deepEqual(added(await attest({ passed: 2 })), ['bundle true']);
    assert.deepEqual(added(await attest({ passed: 3 }, true)), ['bundle false']);
  });

  test('refuses attestations that are none, before anything is written', async (t) => {
    const store = await makeStore(t);
    await publishValue(store, 'a', '1.0');
    const large = { text: 'x'.repeat(signingLimits.predicateBytes) };
    for (const [predicateType, predicate] of [
      [signaturePredicateType, {}],
      [promotionPredicateType, {}],
      ['tests', {}],
      ['https://a b', {}],
      [type, large],
    ] as const) {
      const work = sign(
        { ...store, push: () => assert.fail('written') },
        { attestations: [{ predicateType, predicate }] },
      );
      await assertRejectsWithCode(work, InputError, 'INPUT_INVALID');
    }
  });

  test('fails where the registry does not show what was added', async (t) => {
    const store = await makeStore(t);
    await publishValue(store, 'a', '1.0');
    const hiding: ContentStore = { ...store, referrers: async () => [] };
    const error = await assertRejectsWithCode(sign(hiding), VerificationError, 'SIGNATURE_MISSING');
    assert.match(error.message, /does not list it/u);
  });

  test('of a signer that signs something else is refused', async (t) => {
    const store = await makeStore(t);
    await publishValue(store, 'a', '1.0');
    const [signer, other] = await Promise.all([signerNamed('liar'), signerNamed('other')]);
    const liar = { ...signer, sign: other.sign };
    await assertRejectsWithCode(sign(store, { signer: liar }), VerificationError, 'SIGNATURE_INVALID');
  });

  test('without the repository’s name makes no legacy signature', async (t) => {
    const store = await makeStore(t);
    await publishValue(store, 'a', '1.0');
    const signer = await signerNamed('other');
    await assertRejectsWithCode(
      signArtifact(store, '1.0', { signer, formats: ['legacy'] }, makePorts()),
      InputError,
      'INPUT_MISSING',
    );
  });

  test('gives the signer’s own failure', async (t) => {
    const store = await makeStore(t);
    await publishValue(store, 'a', '1.0');
    const failing = {
      ...(await signerNamed('other')),
      sign: () => Promise.reject(new SigningError('SIGNER_FAILED', 'no')),
    };
    await assertRejectsWithCode(sign(store, { signer: failing }), SigningError, 'SIGNER_FAILED');
  });
});
