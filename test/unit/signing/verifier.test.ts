// Finding and judging signatures in a store where others write, too.
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import {
  ContentError,
  PolicyError,
  RegistryError,
  VerificationError,
  type VerificationCode,
} from '../../../src/errors.ts';
import { ociLimits } from '../../../src/limits.ts';
import type { ContentStore } from '../../../src/oci/content-store.ts';
import { describe, emptyContent, emptyDescriptor, type Descriptor } from '../../../src/oci/descriptor.ts';
import { computeDigest, type Digest } from '../../../src/oci/digest.ts';
import { formatManifest, type Content } from '../../../src/oci/manifest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { attachBundle } from '../../../src/signing/attach.ts';
import { signStatement } from '../../../src/signing/sign-statement.ts';
import { formatStatement, signaturePredicateType } from '../../../src/signing/statement.ts';
import { findCandidates } from '../../../src/signing/candidates.ts';
import { searchStatements } from '../../../src/signing/verifier.ts';
import { verifySignatures } from '../../../src/trust/signatures.ts';
import { promotionPredicateType } from '../../../src/trust/promotion-statement.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { quorumOf } from '../../helpers/authorities.ts';
import { pushManifest } from '../../helpers/content-store-contract.ts';
import { makeStore } from '../../helpers/layout-store.ts';
import { signerNamed } from '../../helpers/signers.ts';

type Attached = {
  readonly by?: string;
  readonly type?: string;
  readonly about?: Digest;
  readonly bytes?: Uint8Array;
};

/** Attaches a bundle; a good release signature unless told otherwise. */
async function attach(store: ContentStore, subject: Descriptor, given: Attached = {}): Promise<Content> {
  const { by = 'release', type = signaturePredicateType, about = subject.digest } = given;
  const bytes = given.bytes ?? (await signStatement(await signerNamed(by), formatStatement(about, type, {})));
  return attachBundle(store, subject, { bytes, predicateType: type, created: '2026-11-22T12:00:00Z' });
}

async function makeSubject(t: TestContext): Promise<{ store: ContentStore; subject: Descriptor }> {
  const store = await makeStore(t);
  const { descriptor } = await pushManifest(store, 'artifact');
  return { store, subject: descriptor };
}

async function verify(
  store: ContentStore,
  subject: Descriptor,
  names: readonly string[] = ['release'],
  threshold = 1,
): Promise<readonly string[]> {
  return verifySignatures(await findCandidates(store, subject), await quorumOf(names, threshold));
}

suite('a good signature', () => {
  test('is found', async (t) => {
    const { store, subject } = await makeSubject(t);
    await attach(store, subject);
    assert.deepEqual(await verify(store, subject), ['release']);
    assert.deepEqual(await verify(store, subject, ['other', 'release']), ['release']);
  });

  const foreign: readonly (readonly [string, Attached])[] = [
    ['another signer’s', { by: 'stranger' }],
    ['another predicate type', { type: promotionPredicateType }],
    ['another subject in its statement', { about: computeDigest('other') }],
    ['bytes that are no bundle', { bytes: Buffer.from('{') }],
    ['bytes that are no JSON', { bytes: Buffer.from([0xff]) }],
    ['a bundle above the limit', { bytes: Buffer.alloc(ociLimits.bundleBytes + 1, ' ') }],
  ];
  for (const [name, given] of foreign) {
    test(`is not hidden by a bundle with ${name}`, async (t) => {
      const { store, subject } = await makeSubject(t);
      await attach(store, subject, given);
      await attach(store, subject);
      await attach(store, subject, given);
      assert.deepEqual(await verify(store, subject), ['release']);
    });
  }

  test('is not hidden by referrers that are no bundles', async (t) => {
    const { store, subject } = await makeSubject(t);
    await pushManifest(store, 'sbom', { subject });
    await pushManifest(store, 'empty', { subject, layers: [] });
    await attach(store, subject);
    assert.deepEqual(await verify(store, subject), ['release']);
  });

  test('is found whatever the list says of its type', async (t) => {
    const { store, subject } = await makeSubject(t);
    await attach(store, subject);
    const lying: ContentStore = {
      ...store,
      referrers: async (of, signal) =>
        (await store.referrers(of, signal)).map((entry) => ({
          ...entry,
          artifactType: mediaTypes.empty,
          annotations: {},
        })),
    };
    assert.deepEqual(await verify(lying, subject), ['release']);
  });

  test('counts once, however often it is attached', async (t) => {
    const { store, subject } = await makeSubject(t);
    await attach(store, subject);
    await attach(store, subject);
    await assertRejectsWithCode(
      verify(store, subject, ['release', 'second'], 2),
      PolicyError,
      'THRESHOLD_NOT_MET',
    );
    await attach(store, subject, { by: 'second' });
    assert.deepEqual((await verify(store, subject, ['release', 'second'], 2)).toSorted(), [
      'release',
      'second',
    ]);
  });
});

suite('no good signature', () => {
  const table: readonly (readonly [string, Attached | undefined, VerificationCode])[] = [
    ['none at all', undefined, 'SIGNATURE_MISSING'],
    ['another signer', { by: 'stranger' }, 'SIGNATURE_INVALID'],
    ['a promotion statement of the release key', { type: promotionPredicateType }, 'PREDICATE_UNEXPECTED'],
    ['provenance of the release key', { type: 'https://slsa.dev/provenance/v1' }, 'PREDICATE_UNEXPECTED'],
    ['a signature of another artifact', { about: computeDigest('other') }, 'SIGNATURE_INVALID'],
    ['rubbish', { bytes: Buffer.from('{}') }, 'SIGNATURE_INVALID'],
  ];
  for (const [name, given, code] of table) {
    test(`${name} is ${code}`, async (t) => {
      const { store, subject } = await makeSubject(t);
      if (given !== undefined) await attach(store, subject, given);
      const { candidates } = await assertRejectsWithCode(verify(store, subject), VerificationError, code);
      assert.equal(candidates.length, given === undefined ? 0 : 1);
    });
  }

  test('a referrer that is listed, but has another subject', async (t) => {
    const { store, subject } = await makeSubject(t);
    const other = await pushManifest(store, 'other artifact');
    const referrer = await attach(store, other.descriptor, { about: subject.digest });
    const lying: ContentStore = { ...store, referrers: async () => [referrer.descriptor] };
    await assertRejectsWithCode(verify(lying, subject), VerificationError, 'SIGNATURE_INVALID');
  });

  test('a good bundle in a second layer', async (t) => {
    const { store, subject } = await makeSubject(t);
    const bytes = await signStatement(
      await signerNamed('release'),
      formatStatement(subject.digest, signaturePredicateType, {}),
    );
    const bundle = { descriptor: describe(mediaTypes.sigstoreBundle, bytes), bytes };
    await store.push({ descriptor: emptyDescriptor, bytes: emptyContent });
    await store.push(bundle);
    const manifest = formatManifest({
      config: emptyDescriptor,
      layers: [emptyDescriptor, bundle.descriptor],
      subject,
    });
    await store.push(manifest);
    await assertRejectsWithCode(verify(store, subject), VerificationError, 'SIGNATURE_INVALID');
  });

  const listed: readonly (readonly [string, Partial<Descriptor>])[] = [
    ['an index', { mediaType: mediaTypes.index }],
    ['a manifest above the limit', { size: ociLimits.manifestBytes + 1 }],
  ];
  for (const [name, change] of listed) {
    test(`${name} among the referrers is told, and never fetched`, async (t) => {
      const { store, subject } = await makeSubject(t);
      const { descriptor } = await attach(store, subject);
      const lying: ContentStore = {
        ...store,
        referrers: async () => [{ ...descriptor, ...change }],
        fetch: () => assert.fail('fetched'),
      };
      await assertRejectsWithCode(verify(lying, subject), VerificationError, 'SIGNATURE_INVALID');
    });
  }

  test('a referrer that is no manifest', async (t) => {
    const { store, subject } = await makeSubject(t);
    const bytes = Buffer.from('{}');
    const lying: ContentStore = {
      ...store,
      referrers: async () => [describe(mediaTypes.manifest, bytes)],
      async *fetch() {
        yield bytes;
      },
    };
    await assertRejectsWithCode(verify(lying, subject), VerificationError, 'SIGNATURE_INVALID');
  });

  test('a flood', async (t) => {
    const { store, subject } = await makeSubject(t);
    const signature = await attach(store, subject);
    const flooded: ContentStore = {
      ...store,
      referrers: async () => Array.from({ length: ociLimits.referrers + 1 }, () => signature.descriptor),
    };
    await assertRejectsWithCode(verify(flooded, subject), VerificationError, 'CANDIDATE_LIMIT');
  });
});

suite('a store that fails', () => {
  const failures: readonly (readonly [string, Error])[] = [
    ['an unavailable registry', new RegistryError('REGISTRY_UNAVAILABLE', 'x', { retryable: true })],
    ['a refusal', new RegistryError('REGISTRY_DENIED', 'x')],
    ['an invalid index', new ContentError('MANIFEST_INVALID', 'x')],
    ['anything else', new TypeError('x')],
  ];
  for (const [name, failure] of failures) {
    test(`${name} on listing is SIGNATURE_UNCHECKABLE`, async (t) => {
      const { store, subject } = await makeSubject(t);
      const failing: ContentStore = { ...store, referrers: () => Promise.reject(failure) };
      const error = await assertRejectsWithCode(
        verify(failing, subject),
        VerificationError,
        'SIGNATURE_UNCHECKABLE',
      );
      assert.equal(error.cause, failure);
    });
  }

  test('a registry that fails on the only candidate is SIGNATURE_UNCHECKABLE', async (t) => {
    const { store, subject } = await makeSubject(t);
    await attach(store, subject);
    const failing: ContentStore = {
      ...store,
      fetch: () => {
        throw new RegistryError('REGISTRY_TIMEOUT', 'x');
      },
    };
    await assertRejectsWithCode(verify(failing, subject), VerificationError, 'SIGNATURE_UNCHECKABLE');
  });

  test('an interruption stays an interruption', async (t) => {
    const { store, subject } = await makeSubject(t);
    await attach(store, subject);
    await assert.rejects(findCandidates(store, subject, AbortSignal.abort()), { name: 'AbortError' });
  });
});

test('what is signed for one purpose is refused for the other, by name', async (t) => {
  const { store, subject } = await makeSubject(t);
  await attach(store, subject);
  const { authorities } = await quorumOf(['release']);
  const search = searchStatements(await findCandidates(store, subject), promotionPredicateType, authorities);
  assert.deepEqual([search.accepted.length, search.hasOtherPredicate], [0, true]);
});
