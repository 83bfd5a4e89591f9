import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ContentError, VerificationError } from '../../../src/errors.ts';
import { signingLimits } from '../../../src/limits.ts';
import { fetchBytes, type ContentStore } from '../../../src/oci/content-store.ts';
import { describe, emptyDescriptor } from '../../../src/oci/descriptor.ts';
import { formatManifest, parseManifest, type Manifest } from '../../../src/oci/manifest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { attachLegacy } from '../../../src/signing/attach-legacy.ts';
import { legacySignatureTag } from '../../../src/signing/candidates.ts';
import type { LegacyLayer } from '../../../src/signing/sign-legacy.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeStore } from '../../helpers/layout-store.ts';

const subject = describe(mediaTypes.manifest, Buffer.from('artifact'));
const tag = legacySignatureTag(subject.digest);

function layerOf(name: string): LegacyLayer {
  return {
    payload: Buffer.from('payload'),
    annotations: {
      'dev.cosignproject.cosign/signature': name,
      'dev.sigstore.cosign/certificate': `of ${name}`,
    },
  };
}

async function shown(store: ContentStore): Promise<Manifest> {
  return parseManifest((await store.resolve(tag)).bytes);
}

const names = ({ layers }: Manifest): readonly unknown[] =>
  layers.map(({ annotations }) => annotations?.['dev.cosignproject.cosign/signature']);

suite('a legacy signature', () => {
  test('is stored as cosign stores it', async (t) => {
    const store = await makeStore(t);
    const written = await attachLegacy(store, subject, layerOf('a'));
    const manifest = await shown(store);
    assert.equal((await store.resolve(tag)).descriptor.digest, written.descriptor.digest);
    assert.deepEqual(
      [manifest.artifactType, manifest.subject, manifest.annotations],
      [undefined, undefined, undefined],
    );
    assert.equal(manifest.config.mediaType, 'application/vnd.oci.image.config.v1+json');
    const [layer] = manifest.layers;
    assert.equal(layer?.mediaType, 'application/vnd.dev.cosign.simplesigning.v1+json');
    assert.deepEqual(layer?.annotations, layerOf('a').annotations);
    const config = JSON.parse(Buffer.from(await fetchBytes(store, manifest.config, 4096)).toString());
    assert.deepEqual(config, {
      architecture: '',
      created: '0001-01-01T00:00:00Z',
      history: [{ created: '0001-01-01T00:00:00Z' }],
      os: '',
      rootfs: { type: 'layers', diff_ids: [layer?.digest] },
      config: {},
    });
    // The size that cosign's own has with one layer.
    assert.equal(manifest.config.size, 233);
  });

  test('is added beside those of others, which keep all that they have', async (t) => {
    const store = await makeStore(t);
    await attachLegacy(store, subject, layerOf('a'));
    await attachLegacy(store, subject, layerOf('b'));
    const manifest = await shown(store);
    assert.deepEqual(names(manifest), ['a', 'b']);
    assert.deepEqual(manifest.layers[0]?.annotations, layerOf('a').annotations);
  });

  test('that another writer overwrites is written once more', async (t) => {
    const store = await makeStore(t);
    const other = await makeStore(t);
    const foreign = await attachLegacy(other, subject, layerOf('foreign'));
    let count = 0;
    const racing: ContentStore = {
      ...store,
      tag: async (content, name, signal) => {
        await store.tag(content, name, signal);
        count += 1;
        if (count > 1) return;
        await store.push(foreign);
        await store.tag(foreign, name);
      },
    };
    await attachLegacy(racing, subject, layerOf('own'));
    assert.deepEqual(names(await shown(store)), ['foreign', 'own']);
  });

  test('that is overwritten again and again is an error', async (t) => {
    const store = await makeStore(t);
    const foreign = await attachLegacy(await makeStore(t), subject, layerOf('foreign'));
    const racing: ContentStore = {
      ...store,
      tag: async (content, name, signal) => {
        await store.tag(content, name, signal);
        await store.push(foreign);
        await store.tag(foreign, name);
      },
    };
    const error = await assertRejectsWithCode(
      attachLegacy(racing, subject, layerOf('own')),
      VerificationError,
      'SIGNATURE_MISSING',
    );
    assert.equal(error.retryable, true);
  });

  test('is not added to a flood, nor over something else', async (t) => {
    const store = await makeStore(t);
    const layer = { ...describe(mediaTypes.simpleSigning, Buffer.from('x')), annotations: {} };
    const layers = Array.from({ length: signingLimits.legacySignatures }, () => layer);
    const flood = formatManifest({ config: emptyDescriptor, layers });
    await store.push(flood);
    await store.tag(flood, tag);
    await assertRejectsWithCode(
      attachLegacy(store, subject, layerOf('own')),
      VerificationError,
      'CANDIDATE_LIMIT',
    );
    const text = Buffer.from('{"schemaVersion":2}');
    const odd = { descriptor: describe(mediaTypes.manifest, text), bytes: text };
    const hiding: ContentStore = { ...store, resolve: async () => odd };
    await assertRejectsWithCode(
      attachLegacy(hiding, subject, layerOf('own')),
      ContentError,
      'MANIFEST_INVALID',
    );
  });
});
