// An artifact with all that can belong to one, for tests of copies: an index of two manifests, a signature, what refers
// to that signature, legacy signatures, and what refers to those.
import assert from 'node:assert/strict';
import { fetchBytes, type ContentSource, type ContentStore } from '../../src/oci/content-store.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { emptyContent, emptyDescriptor } from '../../src/oci/descriptor.ts';
import { digestHex, type Digest } from '../../src/oci/digest.ts';
import { readManifestFacts } from '../../src/oci/manifest-facts.ts';
import { formatIndex, formatManifest, type Content } from '../../src/oci/manifest.ts';
import { isManifestType, mediaTypes } from '../../src/oci/media-types.ts';
import { makeBlob, pushManifest } from './content-store-contract.ts';

const MAX_BYTES = 64 * 1024 * 1024;

export type SeededGraph = {
  readonly index: Content;
  readonly app: Content;
  readonly other: Content;
  readonly signature: Content;
  readonly countersignature: Content;
  readonly legacy: Content;
  readonly legacyReferrer: Content;
  /** Digests of all manifests. */
  readonly manifests: readonly Digest[];
};

export function legacyTag(subject: Descriptor, suffix = 'sig'): string {
  return `sha256-${digestHex(subject.digest)}.${suffix}`;
}

/** Pushes a manifest as cosign's legacy tags show: a layer a signature. */
export async function pushLegacy(
  store: ContentStore,
  subject: Descriptor,
  signatures: readonly string[],
  suffix = 'sig',
): Promise<Content> {
  const layers = signatures.map((signature) => {
    const blob = makeBlob(`payload of ${subject.digest}`);
    const annotations = { 'dev.cosignproject.cosign/signature': signature };
    return { blob, descriptor: { ...blob.descriptor, mediaType: mediaTypes.simpleSigning, annotations } };
  });
  await store.push({ descriptor: emptyDescriptor, bytes: emptyContent });
  for (const { blob } of layers) await store.push(blob);
  const manifest = formatManifest({
    config: emptyDescriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  });
  await store.push(manifest);
  await store.tag(manifest, legacyTag(subject, suffix));
  return manifest;
}

/** Pushes the whole graph; `v1` shows the index and `app` one of its manifests. */
export async function seedGraph(store: ContentStore, name = 'seed'): Promise<SeededGraph> {
  const app = await pushManifest(store, `${name} app`);
  const other = await pushManifest(store, `${name} other`);
  const index = formatIndex([app.descriptor, other.descriptor]);
  await store.push(index);
  await store.tag(index, 'v1');
  await store.tag(app, 'app');
  const signature = await pushManifest(store, `${name} signature`, { subject: index.descriptor });
  const countersignature = await pushManifest(store, `${name} countersignature`, {
    subject: signature.descriptor,
  });
  const legacy = await pushLegacy(store, app.descriptor, [`${name} one`, `${name} two`]);
  const legacyReferrer = await pushManifest(store, `${name} of legacy`, { subject: legacy.descriptor });
  const all = [index, app, other, signature, countersignature, legacy, legacyReferrer];
  return {
    index,
    app,
    other,
    signature,
    countersignature,
    legacy,
    legacyReferrer,
    manifests: all.map(({ descriptor }) => descriptor.digest),
  };
}

/** All that is reached from a digest by parts and referrers, with the bytes of each manifest. */
export async function readAll(source: ContentSource, roots: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const queue = [...roots];
  for (let digest = queue.pop(); digest !== undefined; digest = queue.pop()) {
    if (found.has(digest)) continue;
    const content = await source.resolve(digest);
    found.set(content.descriptor.digest, Buffer.from(content.bytes).toString('base64'));
    const { blobs, manifests } = readManifestFacts(content);
    for (const blob of [...blobs, ...manifests.filter(({ mediaType }) => !isManifestType(mediaType))]) {
      found.set(blob.digest, Buffer.from(await fetchBytes(source, blob, MAX_BYTES)).toString('base64'));
    }
    queue.push(
      ...manifests.filter(({ mediaType }) => isManifestType(mediaType)).map((listed) => listed.digest),
    );
    for (const referrer of await source.referrers(content.descriptor)) queue.push(referrer.digest);
  }
  return found;
}

/** Asserts that the target shows under `v1` what the source did, and holds the whole graph byte for byte. */
export async function assertHasGraph(
  source: ContentSource,
  target: ContentSource,
  { index, app, legacy, manifests }: SeededGraph,
): Promise<void> {
  assert.equal((await target.resolve('v1')).descriptor.digest, index.descriptor.digest);
  assert.equal((await target.resolve(legacyTag(app.descriptor))).descriptor.digest, legacy.descriptor.digest);
  const roots = [index.descriptor.digest, legacy.descriptor.digest];
  const [expected, copied] = [await readAll(source, roots), await readAll(target, roots)];
  assert.deepEqual(copied, expected);
  for (const digest of manifests) assert.ok(copied.has(digest), digest);
}
