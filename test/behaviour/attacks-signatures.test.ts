// Attacks on release signatures, each by somebody who may write to the registry, against the whole command: `verify` by
// keys and by a policy refuses, says why, and is not kept from what is good by what is bad beside it.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, suite, test, type TestContext } from 'node:test';
import { ociLimits } from '../../src/limits.ts';
import { computeDigest } from '../../src/oci/digest.ts';
import { describe, emptyDescriptor } from '../../src/oci/descriptor.ts';
import { formatManifest, type Content } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { legacySignatureTag } from '../../src/signing/candidates.ts';
import { signStatement } from '../../src/signing/sign-statement.ts';
import { signLegacy } from '../../src/signing/sign-legacy.ts';
import type { KeySigner } from '../../src/signing/signer.ts';
import { formatStatement } from '../../src/signing/statement.ts';
import { openField } from '../helpers/field.ts';
import {
  attachRaw,
  attestTo,
  copyBare,
  promoteBy,
  pushValue,
  readBundles,
  readLegacy,
  releaseValue,
  writeLegacy,
} from '../helpers/forging.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

const field = await openField();
const [withApi, withoutApi] = await Promise.all([
  startReferrersRegistry(field.cwd),
  startDockerRegistry(field.cwd),
]);
after(async () => {
  await Promise.all([withApi.stop(), withoutApi.stop()]);
  await field.close();
});
const [release, attacker] = await Promise.all([field.signer('release'), field.signer('attacker')]);

type Place = {
  readonly store: RegistryStore;
  readonly reference: string;
  readonly verify: readonly string[];
};

let places = 0;

/** A repository of its own; `verify` asks for the release key at the tag 1.0. */
function makePlace(t: TestContext, host = withApi.host): Place {
  const reference = `${host}/acme/app-${(places += 1)}`;
  return {
    store: openStore(t, reference),
    reference,
    verify: ['verify', `${reference}:1.0`, '--verify-key', 'release.pub'],
  };
}

/** A manifest that refers to an artifact, with any layer. */
async function attachLayer(store: RegistryStore, subject: Content, layer: Content): Promise<void> {
  const bytes = Buffer.from('{}');
  await store.push({ descriptor: emptyDescriptor, bytes });
  await store.push(layer);
  const manifest = formatManifest({
    artifactType: mediaTypes.sigstoreBundle,
    config: emptyDescriptor,
    layers: [layer.descriptor],
    subject: subject.descriptor,
  });
  await store.push(manifest);
}

async function legacyBy(store: RegistryStore, artifact: Content, signer: KeySigner): Promise<void> {
  const { payload, annotations } = await signLegacy(signer, artifact.descriptor.digest, 'example.org/app');
  const { digest } = artifact.descriptor;
  const before = (await store.tags()).includes(legacySignatureTag(digest))
    ? await readLegacy(store, digest)
    : [];
  await writeLegacy(store, digest, [...before, { payload, annotations }]);
}

for (const [name, { host }] of [
  ['with the referrers API', withApi],
  ['without the referrers API', withoutApi],
] as const) {
  suite(`on a registry ${name}`, { concurrency: 4 }, () => {
    test('stripped signature: the artifact copied without what refers to it is unsigned', async (t) => {
      const from = makePlace(t, host);
      const artifact = await releaseValue(from.store, release, 'a', '1.0');
      await field.json(from.verify);
      const to = makePlace(t, host);
      await copyBare(from.store, to.store, artifact);
      await to.store.tag(artifact, '1.0');
      await field.refused('SIGNATURE_MISSING', to.verify);
    });

    test('swapped payload: a good signature over other words does not hold', async (t) => {
      const { store, verify } = makePlace(t, host);
      const victim = await releaseValue(store, release, 'a');
      const [bundle] = await readBundles(store, victim.descriptor);
      const artifact = await pushValue(store, 'b', '1.0');
      const payload = formatStatement(artifact.descriptor.digest, 'https://sigstore.dev/cosign/sign/v1', {});
      bundle.dsseEnvelope.payload = payload.toString('base64');
      await attachRaw(store, artifact.descriptor, Buffer.from(JSON.stringify(bundle)));
      await field.refused('SIGNATURE_INVALID', verify);
    });

    test('signature of another digest: attached to this one, it is about another artifact', async (t) => {
      const { store, verify } = makePlace(t, host);
      const victim = await releaseValue(store, release, 'a');
      const artifact = await pushValue(store, 'b', '1.0');
      await attestTo(store, artifact.descriptor, release, { about: victim.descriptor.digest });
      const { candidates } = await field.refused('SIGNATURE_INVALID', verify);
      assert.match(candidates?.[0]?.reason ?? '', /about another artifact/u);
    });

    test('a legacy signature of another digest under this one’s tag', async (t) => {
      const { store, verify } = makePlace(t, host);
      const victim = await pushValue(store, 'a');
      await legacyBy(store, victim, release);
      const artifact = await pushValue(store, 'b', '1.0');
      await writeLegacy(store, artifact.descriptor.digest, await readLegacy(store, victim.descriptor.digest));
      await field.refused('SIGNATURE_INVALID', verify);
    });

    test('a foreign bundle does not hide a good legacy signature', async (t) => {
      const { store, verify } = makePlace(t, host);
      const artifact = await pushValue(store, 'a', '1.0');
      await legacyBy(store, artifact, release);
      await attestTo(store, artifact.descriptor, attacker);
      assert.deepEqual((await field.json(verify))['formats'], ['legacy']);
    });

    test('a foreign legacy signature does not hide a good bundle', async (t) => {
      const { store, verify } = makePlace(t, host);
      const artifact = await releaseValue(store, release, 'a', '1.0');
      await legacyBy(store, artifact, attacker);
      assert.deepEqual((await field.json(verify))['formats'], ['bundle']);
    });

    test('malformed bundles: alone they are no signature, and beside a good one they hide nothing', async (t) => {
      const { store, verify } = makePlace(t, host);
      const artifact = await pushValue(store, 'a', '1.0');
      const malformed = ['', '{', 'null', '[]', '{"mediaType":1}', `{"a":${'['.repeat(9000)}`, '\u{0}\u{1}'];
      for (const text of malformed) await attachRaw(store, artifact.descriptor, Buffer.from(text));
      await field.refused('SIGNATURE_INVALID', verify);
      await attestTo(store, artifact.descriptor, release);
      await field.json(verify);
    });

    test('a huge bundle is not read, and hides nothing', async (t) => {
      const { store, verify } = makePlace(t, host);
      const artifact = await pushValue(store, 'a', '1.0');
      await attachRaw(store, artifact.descriptor, randomBytes(ociLimits.bundleBytes + 1));
      const { message } = await field.refused('SIGNATURE_INVALID', verify);
      assert.match(message, /larger than/u);
      await attestTo(store, artifact.descriptor, release);
      await field.json(verify);
    });
  });
}

suite('statements that are no signature', { concurrency: 4 }, () => {
  test('provenance by the release key is not passed off as its signature', async (t) => {
    const { store, verify } = makePlace(t);
    const artifact = await pushValue(store, 'a', '1.0');
    const type = 'https://slsa.dev/provenance/v1';
    await attestTo(store, artifact.descriptor, release, { type, predicate: { buildDefinition: {} } });
    await field.refused('PREDICATE_UNEXPECTED', verify);
  });

  test('a promotion by a trusted key is not passed off as its signature', async (t) => {
    const { store, verify } = makePlace(t);
    const artifact = await pushValue(store, 'a', '1.0');
    await promoteBy(store, artifact.descriptor, release, { repository: 'acme/app' });
    await field.refused('PREDICATE_UNEXPECTED', verify);
  });

  test('a legacy payload of another type by the release key is no signature', async (t) => {
    const { store, verify } = makePlace(t);
    const artifact = await pushValue(store, 'a', '1.0');
    const { digest } = artifact.descriptor;
    const signed = await signLegacy(release, digest, 'example.org/app');
    const text = Buffer.from(signed.payload).toString('utf8').replace('cosign container image', 'any other');
    const payload = Buffer.from(text);
    const signature = Buffer.from(await release.sign(payload)).toString('base64');
    const annotations = { ...signed.annotations, 'dev.cosignproject.cosign/signature': signature };
    await writeLegacy(store, digest, [{ payload, annotations }]);
    await field.refused('SIGNATURE_INVALID', verify);
  });

  test('annotations of the carrier claim what was not signed', async (t) => {
    const { store, verify } = makePlace(t);
    const artifact = await pushValue(store, 'a', '1.0');
    const payload = formatStatement(artifact.descriptor.digest, 'https://example.org/any', {});
    // The manifest says "sign/v1", the signed bytes do not.
    await attachRaw(store, artifact.descriptor, await signStatement(release, payload));
    await field.refused('PREDICATE_UNEXPECTED', verify);
  });

  test('a key hint that names the release key makes no other key’s signature good', async (t) => {
    const { store, verify } = makePlace(t);
    const artifact = await pushValue(store, 'a', '1.0');
    await attestTo(store, artifact.descriptor, attacker);
    const [bundle] = await readBundles(store, artifact.descriptor);
    bundle.verificationMaterial.publicKey.hint = release.verifyKey.hint;
    for (const keyid of ['', release.verifyKey.hint]) {
      bundle.dsseEnvelope.signatures[0].keyid = keyid;
      await attachRaw(store, artifact.descriptor, Buffer.from(JSON.stringify(bundle)));
    }
    await field.refused('SIGNATURE_INVALID', verify);
  });
});

suite('quantity', { concurrency: 4 }, () => {
  test('flood: thousands of referrers are refused, and never taken for "unsigned"', async (t) => {
    const { store, verify } = makePlace(t);
    const artifact = await releaseValue(store, release, 'a', '1.0');
    const bytes = Buffer.from('{}');
    await attachLayer(store, artifact, { descriptor: describe(mediaTypes.sigstoreBundle, bytes), bytes });
    const push = async (index: number): Promise<void> => {
      const manifest = formatManifest({
        config: emptyDescriptor,
        layers: [describe(mediaTypes.sigstoreBundle, bytes)],
        subject: artifact.descriptor,
        annotations: { index: String(index) },
      });
      await store.push(manifest);
    };
    for (let index = 0; index < ociLimits.referrers; index += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, offset) => push(index + offset)));
    }
    await field.refused('CANDIDATE_LIMIT', verify);
  });

  test('many layers in the legacy tag are not all checked', async (t) => {
    const { store, verify } = makePlace(t);
    const artifact = await pushValue(store, 'a', '1.0');
    const { payload, annotations } = await signLegacy(release, artifact.descriptor.digest, 'example.org/app');
    const many = Array.from({ length: 100 }, () => ({ payload, annotations }));
    await writeLegacy(store, artifact.descriptor.digest, many);
    await field.refused('SIGNATURE_INVALID', verify);
    await attestTo(store, artifact.descriptor, release);
    await field.json(verify);
  });

  test('one key that signs twice, in both formats, is one of two', async (t) => {
    const { store, verify } = makePlace(t);
    const artifact = await releaseValue(store, release, 'a', '1.0');
    await attestTo(store, artifact.descriptor, release, { predicate: { again: true } });
    await legacyBy(store, artifact, release);
    await field.signer('second');
    const two = [...verify, '--verify-key', 'second.pub', '--threshold', '2'];
    await field.refused('THRESHOLD_NOT_MET', two);
    await attestTo(store, artifact.descriptor, await field.signer('second'));
    assert.deepEqual((await field.json(two))['matched'], ['release.pub', 'second.pub']);
  });

  test('a threshold of none is not met by what nobody signed', async (t) => {
    const { store, reference, verify } = makePlace(t);
    await pushValue(store, 'a', '1.0');
    for (const threshold of ['0', '00', '-1', '0.5', '']) {
      await field.refused('INPUT_INVALID', [...verify, `--threshold=${threshold}`]);
    }
    const file = await field.policies('none.yaml', {
      url: `oci://${reference}`,
      signatures: { authorities: ['release'], threshold: 0 },
      promotion: null,
    });
    await field.refused('INPUT_INVALID', ['verify', `${reference}:1.0`, '--policy', file]);
    const nobody = await field.policies('nobody.yaml', {
      url: `oci://${reference}`,
      signatures: { authorities: [] },
      promotion: null,
    });
    await field.refused('INPUT_INVALID', ['verify', `${reference}:1.0`, '--policy', nobody]);
  });

  test('one key under two names is one authority', async (t) => {
    const { store, reference, verify } = makePlace(t);
    await releaseValue(store, release, 'a', '1.0');
    await field.write('copy.pub', await field.read('release.pub'));
    await field.refused('THRESHOLD_NOT_MET', [...verify, '--verify-key', 'copy.pub', '--threshold', '2']);
    const key = { data: await field.read('release.pub') };
    const file = await field.policies('two-names.yaml', {
      url: `oci://${reference}`,
      authorities: [
        { name: 'a', key },
        { name: 'b', key },
      ],
      signatures: { authorities: ['a', 'b'], threshold: 2 },
      promotion: null,
    });
    await field.refused('POLICY_INVALID', ['verify', `${reference}:1.0`, '--policy', file]);
  });
});

test('nothing that refers to an artifact is taken from another one’s list', async (t) => {
  const { store, verify } = makePlace(t);
  const victim = await releaseValue(store, release, 'a');
  const artifact = await pushValue(store, 'b', '1.0');
  // A manifest that is listed under this artifact by the fallback tag, and whose subject is the victim.
  const referrers = await store.referrers(victim.descriptor);
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: referrers };
  const bytes = Buffer.from(JSON.stringify(index));
  const content = { descriptor: describe(mediaTypes.index, bytes), bytes };
  await store.tag(content, `sha256-${artifact.descriptor.digest.slice('sha256:'.length)}`);
  const { candidates } = await field.refused('SIGNATURE_INVALID', verify);
  assert.equal(candidates?.[0]?.reason, 'has another subject');
  assert.notEqual(computeDigest(victim.bytes), computeDigest(artifact.bytes));
});
