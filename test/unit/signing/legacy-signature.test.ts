// cosign's legacy signatures with keys: what counts as one, and what hides none.
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { ContentError, RegistryError, VerificationError } from '../../../src/errors.ts';
import { ociLimits, signingLimits } from '../../../src/limits.ts';
import type { ContentStore } from '../../../src/oci/content-store.ts';
import { describe, emptyContent, emptyDescriptor, type Descriptor } from '../../../src/oci/descriptor.ts';
import { computeDigest, type Digest } from '../../../src/oci/digest.ts';
import { formatManifest, type Content } from '../../../src/oci/manifest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { attachBundle } from '../../../src/signing/attach.ts';
import { checkLegacySignature, type Verdict } from '../../../src/signing/bundle.ts';
import { findCandidates, legacySignatureTag } from '../../../src/signing/candidates.ts';
import {
  formatLegacyPayload,
  legacyAnnotations,
  legacySubject,
  legacyType,
} from '../../../src/signing/legacy-signature.ts';
import { signStatement } from '../../../src/signing/sign-statement.ts';
import { formatStatement, hasSubject, signaturePredicateType } from '../../../src/signing/statement.ts';
import { matchSignatures } from '../../../src/trust/signatures.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { authorityNamed, quorumOf } from '../../helpers/authorities.ts';
import { pushManifest } from '../../helpers/content-store-contract.ts';
import { makeStore } from '../../helpers/layout-store.ts';
import { signerNamed } from '../../helpers/signers.ts';

const artifact = computeDigest('artifact');
const reference = 'registry.site/app';

type Signed = { readonly payload: Buffer; readonly annotations: Readonly<Record<string, string>> };

async function signedBy(name: string, payload: Buffer): Promise<Signed> {
  const signature = Buffer.from(await (await signerNamed(name)).sign(payload)).toString('base64');
  return { payload, annotations: { [legacyAnnotations.signature]: signature } };
}

async function check({ payload, annotations }: Signed, ...names: readonly string[]): Promise<Verdict> {
  return checkLegacySignature(
    payload,
    annotations,
    await Promise.all((names.length === 0 ? ['release'] : names).map((name) => authorityNamed(name))),
  );
}

suite('a legacy signature', () => {
  test('is a signature of the digest that it names', async () => {
    const verdict = await check(
      await signedBy('release', formatLegacyPayload(artifact, reference)),
      'other',
      'release',
    );
    assert.ok('verified' in verdict);
    const { statement, authorities } = verdict.verified;
    assert.deepEqual(authorities, ['release']);
    assert.equal(statement.predicateType, signaturePredicateType);
    assert.ok(hasSubject(statement, artifact));
    assert.ok(!hasSubject(statement, computeDigest('b')));
  });

  test('has cosign’s form', () => {
    assert.equal(
      formatLegacyPayload(artifact, reference).toString(),
      `{"critical":{"identity":{"docker-reference":"registry.site/app"},"image":{"docker-manifest-digest":"${artifact}"},"type":"cosign container image signature"},"optional":null}`,
    );
  });

  test('may say more than we know of, and need not name the reference', () => {
    const critical = { type: legacyType, image: { 'docker-manifest-digest': artifact } };
    assert.equal(legacySubject(Buffer.from(JSON.stringify({ critical, optional: { a: 1 } }))), artifact);
  });

  const payload = JSON.parse(formatLegacyPayload(artifact, reference).toString());
  const texts: readonly (readonly [string, string])[] = [
    ['that is no JSON', 'x'],
    ['of another type', JSON.stringify(payload).replace(legacyType, 'atomic container signature')],
    ['without a digest', JSON.stringify(payload).replace(artifact, '')],
    ['of a digest that is none', JSON.stringify(payload).replace(artifact, `md5:${artifact.slice(7)}`)],
    ['of an upper-case digest', JSON.stringify(payload).replace(artifact, artifact.toUpperCase())],
    ['that is a list', '[]'],
    ['that is a statement', formatStatement(artifact, signaturePredicateType, {}).toString()],
  ];
  for (const [name, text] of texts) {
    test(`well signed, ${name}, is refused`, async () => {
      assert.ok('refused' in (await check(await signedBy('release', Buffer.from(text)))));
    });
  }

  test('of bytes that are no UTF-8 is refused', async () => {
    assert.ok('refused' in (await check(await signedBy('release', Buffer.from([0xff])))));
  });

  test('is refused from another key, tampered, or without its signature', async () => {
    const good = await signedBy('release', formatLegacyPayload(artifact, reference));
    assert.ok('refused' in (await check(good, 'stranger')));
    const swapped = { ...good, payload: formatLegacyPayload(computeDigest('b'), reference) };
    assert.ok('refused' in (await check(swapped)));
    assert.ok('refused' in (await check({ ...good, annotations: {} })));
    for (const signature of ['', 'x y', 'AAAA', 'A'.repeat(40_000)]) {
      const annotations = { [legacyAnnotations.signature]: signature };
      assert.ok('refused' in (await check({ ...good, annotations })), signature.slice(0, 10));
    }
  });

  test('any annotations: a verdict, never an error', async () => {
    const { payload: bytes } = await signedBy('release', formatLegacyPayload(artifact, reference));
    const authorities = [await authorityNamed('release')];
    const value = fc.oneof(fc.string(), fc.json(), fc.base64String());
    const annotations = fc.dictionary(fc.constantFrom(...Object.values(legacyAnnotations)), value);
    fc.assert(
      fc.property(annotations, (found) => {
        assert.ok('refused' in checkLegacySignature(bytes, found, authorities));
      }),
      { seed: 1 },
    );
  });
});

async function makeSubject(t: TestContext): Promise<{ store: ContentStore; subject: Descriptor }> {
  const store = await makeStore(t);
  const { descriptor } = await pushManifest(store, 'artifact');
  return { store, subject: descriptor };
}

/** A manifest of legacy signatures; `subject` makes it a referrer, else it is tagged. */
async function attachLegacy(
  store: ContentStore,
  of: Digest,
  signatures: readonly Signed[],
  subject?: Descriptor,
): Promise<Content> {
  await store.push({ descriptor: emptyDescriptor, bytes: emptyContent });
  const layers = await Promise.all(
    signatures.map(async ({ payload, annotations }) => {
      const descriptor = describe(mediaTypes.simpleSigning, payload);
      await store.push({ descriptor, bytes: payload });
      return { ...descriptor, annotations };
    }),
  );
  const manifest = formatManifest({
    config: emptyDescriptor,
    layers,
    ...(subject === undefined ? {} : { subject }),
  });
  await store.push(manifest);
  if (subject === undefined) await store.tag(manifest, legacySignatureTag(of));
  return manifest;
}

async function attachGoodBundle(store: ContentStore, subject: Descriptor, by: string): Promise<void> {
  const statement = formatStatement(subject.digest, signaturePredicateType, {});
  const bytes = await signStatement(await signerNamed(by), statement);
  const created = '2026-11-22T12:00:00Z';
  await attachBundle(store, subject, { bytes, predicateType: signaturePredicateType, created });
}

async function verify(
  store: ContentStore,
  subject: Descriptor,
  names: readonly string[] = ['release'],
): Promise<readonly (readonly [string, readonly string[]])[]> {
  const candidates = await findCandidates(store, subject);
  const { signatures } = matchSignatures(candidates, await quorumOf(names, names.length));
  return signatures.map(({ format, authorities }) => [format, authorities] as const);
}

suite('the .sig tag', () => {
  test('holds several signatures over one payload', async (t) => {
    const { store, subject } = await makeSubject(t);
    const payload = formatLegacyPayload(subject.digest, reference);
    const signatures = await Promise.all(
      ['stranger', 'release', 'second'].map((name) => signedBy(name, payload)),
    );
    await attachLegacy(store, subject.digest, signatures);
    assert.deepEqual(await verify(store, subject, ['release', 'second']), [
      ['legacy', ['release']],
      ['legacy', ['second']],
    ]);
  });

  test('is read as a referrer as well', async (t) => {
    const { store, subject } = await makeSubject(t);
    const good = await signedBy('release', formatLegacyPayload(subject.digest, reference));
    await attachLegacy(store, subject.digest, [good], subject);
    assert.deepEqual(await verify(store, subject), [['legacy', ['release']]]);
  });

  test('with a signature of another artifact is no signature of this one', async (t) => {
    const { store, subject } = await makeSubject(t);
    const foreign = await signedBy('release', formatLegacyPayload(computeDigest('b'), reference));
    await attachLegacy(store, subject.digest, [foreign]);
    await assertRejectsWithCode(verify(store, subject), VerificationError, 'SIGNATURE_INVALID');
  });

  test('is not hidden by a foreign bundle', async (t) => {
    const { store, subject } = await makeSubject(t);
    await attachGoodBundle(store, subject, 'stranger');
    const good = await signedBy('release', formatLegacyPayload(subject.digest, reference));
    await attachLegacy(store, subject.digest, [good]);
    assert.deepEqual(await verify(store, subject), [['legacy', ['release']]]);
  });

  test('hides no good bundle', async (t) => {
    const { store, subject } = await makeSubject(t);
    await attachGoodBundle(store, subject, 'release');
    const foreign = await signedBy('stranger', formatLegacyPayload(subject.digest, reference));
    await attachLegacy(store, subject.digest, [foreign]);
    assert.deepEqual(await verify(store, subject), [['bundle', ['release']]]);
  });

  test('adds up with bundles to a threshold', async (t) => {
    const { store, subject } = await makeSubject(t);
    await attachGoodBundle(store, subject, 'release');
    const second = await signedBy('second', formatLegacyPayload(subject.digest, reference));
    await attachLegacy(store, subject.digest, [second]);
    assert.deepEqual(await verify(store, subject, ['release', 'second']), [
      ['bundle', ['release']],
      ['legacy', ['second']],
    ]);
  });

  test('that can not be read is uncheckable only where nothing else is good', async (t) => {
    const { store, subject } = await makeSubject(t);
    for (const failure of [
      new RegistryError('REGISTRY_DENIED', 'x'),
      new RegistryError('REGISTRY_NOT_FOUND', 'x'),
      new ContentError('MANIFEST_INVALID', 'x'),
    ]) {
      const failing: ContentStore = { ...store, resolve: () => Promise.reject(failure) };
      await assertRejectsWithCode(verify(failing, subject), VerificationError, 'SIGNATURE_UNCHECKABLE');
    }
    await attachGoodBundle(store, subject, 'release');
    const failing: ContentStore = {
      ...store,
      resolve: () => Promise.reject(new RegistryError('REGISTRY_UNAVAILABLE', 'x')),
    };
    assert.deepEqual(await verify(failing, subject), [['bundle', ['release']]]);
  });

  const rejected: readonly (readonly [string, Partial<Parameters<typeof formatManifest>[0]>])[] = [
    ['without layers', { layers: [] }],
    ['with layers of another type', { layers: [emptyDescriptor] }],
    [
      'with too many layers',
      { layers: Array.from({ length: signingLimits.legacySignatures + 1 }, () => emptyDescriptor) },
    ],
  ];
  for (const [name, members] of rejected) {
    test(`${name} is told, and no signature`, async (t) => {
      const { store, subject } = await makeSubject(t);
      await store.push({ descriptor: emptyDescriptor, bytes: emptyContent });
      const manifest = formatManifest({ config: emptyDescriptor, layers: [], ...members });
      await store.push(manifest);
      await store.tag(manifest, legacySignatureTag(subject.digest));
      const { found, rejected: told, unreadable } = await findCandidates(store, subject);
      assert.deepEqual([found.length, told.length, unreadable.length], [0, 1, 0]);
      await assertRejectsWithCode(verify(store, subject), VerificationError, 'SIGNATURE_INVALID');
    });
  }

  test('that shows no manifest is told, and no signature', async (t) => {
    const { store, subject } = await makeSubject(t);
    const bytes = Buffer.from('{}');
    const lying: ContentStore = {
      ...store,
      resolve: async () => ({ descriptor: describe(mediaTypes.manifest, bytes), bytes }),
    };
    await assertRejectsWithCode(verify(lying, subject), VerificationError, 'SIGNATURE_INVALID');
  });

  test('whose payload is above its limit is uncheckable', async (t) => {
    const { store, subject } = await makeSubject(t);
    const payload = Buffer.alloc(signingLimits.legacyPayloadBytes + 1, ' ');
    await attachLegacy(store, subject.digest, [await signedBy('release', payload)]);
    await assertRejectsWithCode(verify(store, subject), VerificationError, 'SIGNATURE_UNCHECKABLE');
  });

  test('with bundles above the bytes of all is a flood', async (t) => {
    const { store, subject } = await makeSubject(t);
    const bytes = Buffer.alloc(ociLimits.bundleBytes, ' ');
    const referrer = await attachBundle(store, subject, { bytes, predicateType: 'x', created: 'x' });
    const count = ociLimits.bundlesBytes / ociLimits.bundleBytes + 1;
    const flooded: ContentStore = {
      ...store,
      referrers: async () => Array.from({ length: count }, () => referrer.descriptor),
    };
    await assertRejectsWithCode(findCandidates(flooded, subject), VerificationError, 'CANDIDATE_LIMIT');
  });

  test('that is interrupted stays an interruption', async (t) => {
    const { store, subject } = await makeSubject(t);
    const stop = new AbortController();
    const stopping: ContentStore = {
      ...store,
      resolve: async (_, signal) => {
        stop.abort();
        return Promise.reject(signal?.reason);
      },
    };
    await assert.rejects(findCandidates(stopping, subject, stop.signal), { name: 'AbortError' });
  });
});
