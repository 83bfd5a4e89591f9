// What an attacker with push rights can do: put anything beside an artifact, whatever it says and whoever signed it.
import { packArtifact, type ArtifactFile } from '../../src/artifact/pack.ts';
import { pushArtifact } from '../../src/artifact/artifact.ts';
import { fetchBytes, type ContentStore } from '../../src/oci/content-store.ts';
import { describe, type Descriptor } from '../../src/oci/descriptor.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { formatManifest, parseManifest, type Content } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { attachBundle } from '../../src/signing/attach.ts';
import { legacySignatureTag } from '../../src/signing/candidates.ts';
import type { KeySigner } from '../../src/signing/signer.ts';
import { signStatement } from '../../src/signing/sign-statement.ts';
import { formatStatement, signaturePredicateType } from '../../src/signing/statement.ts';
import { promotionPredicateType } from '../../src/trust/promotion-statement.ts';
import { configFile } from './published.ts';

/** Pushes an artifact with one ConfigMap, unsigned, and tags it where a tag is given. */
export async function pushValue(store: ContentStore, value: string, tag?: string): Promise<Content> {
  return pushFiles(store, [configFile(value)], tag);
}

export async function pushFiles(
  store: ContentStore,
  files: readonly ArtifactFile[],
  tag?: string,
): Promise<Content> {
  const packed = packArtifact(files, {});
  await pushArtifact(store, packed);
  if (tag !== undefined) await store.tag(packed.manifest, tag);
  return packed.manifest;
}

/** An artifact that is signed as a release. */
export async function releaseValue(
  store: ContentStore,
  signer: KeySigner,
  value: string,
  tag?: string,
): Promise<Content> {
  const artifact = await pushValue(store, value, tag);
  await attestTo(store, artifact.descriptor, signer);
  return artifact;
}

export type Forged = {
  readonly type?: string;
  readonly predicate?: object;
  /** The artifact that the statement names; the one that it is attached to, where absent. */
  readonly about?: Digest;
};

/** Attaches a signed statement; a release signature, unless told otherwise. */
export async function attestTo(
  store: ContentStore,
  subject: Descriptor,
  signer: KeySigner,
  { type = signaturePredicateType, predicate = {}, about = subject.digest }: Forged = {},
): Promise<Content> {
  const bytes = await signStatement(signer, formatStatement(about, type, predicate));
  return attachRaw(store, subject, bytes, type);
}

/** Attaches a promotion statement to `prod`; of sequence 1 and now, unless told otherwise. */
export function promoteBy(
  store: ContentStore,
  subject: Descriptor,
  signer: KeySigner,
  members: { readonly repository: string } & Readonly<Record<string, unknown>>,
): Promise<Content> {
  const predicate = {
    channel: 'prod',
    epoch: 1,
    sequence: 1,
    action: 'promote',
    issuedAt: timeFromNow(0),
    ...members,
  };
  return attestTo(store, subject, signer, { type: promotionPredicateType, predicate });
}

/** A time as statements write it, some seconds from now. */
export function timeFromNow(seconds: number): string {
  return `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** Attaches any bytes as if they were a bundle. */
export function attachRaw(
  store: ContentStore,
  subject: Descriptor,
  bytes: Uint8Array,
  predicateType = signaturePredicateType,
): Promise<Content> {
  return attachBundle(store, subject, { bytes, predicateType, created: timeFromNow(0) });
}

/** The JSON of every bundle that refers to an artifact. */
export async function readBundles(
  store: ContentStore,
  subject: Descriptor,
  // oxlint-disable-next-line typescript/no-explicit-any -- a forger changes what no type allows
): Promise<readonly any[]> {
  const bundles = [];
  for (const referrer of await store.referrers(subject)) {
    const manifest = parseManifest(await fetchBytes(store, referrer, 1e6));
    const [layer] = manifest.layers;
    if (layer?.mediaType !== mediaTypes.sigstoreBundle) continue;
    bundles.push(JSON.parse(Buffer.from(await fetchBytes(store, layer, 1e6)).toString('utf8')));
  }
  return bundles;
}

export type LegacyPart = {
  readonly payload: Uint8Array;
  readonly annotations: Readonly<Record<string, string>>;
};

/** The layers of an artifact's `.sig` tag. */
export async function readLegacy(store: ContentStore, digest: Digest): Promise<readonly LegacyPart[]> {
  const { bytes } = await store.resolve(legacySignatureTag(digest));
  return Promise.all(
    parseManifest(bytes).layers.map(async (layer) => ({
      payload: await fetchBytes(store, layer, 1e6),
      annotations: layer.annotations ?? {},
    })),
  );
}

/** Writes an artifact's `.sig` tag, and what was there is gone. */
export async function writeLegacy(
  store: ContentStore,
  digest: Digest,
  parts: readonly LegacyPart[],
): Promise<void> {
  const bytes = Buffer.from(JSON.stringify({ architecture: '', os: '', rootfs: { type: 'layers' } }));
  const config = { descriptor: describe(mediaTypes.imageConfig, bytes), bytes };
  await store.push(config);
  const layers: Descriptor[] = [];
  for (const { payload, annotations } of parts) {
    const descriptor = describe(mediaTypes.simpleSigning, payload);
    await store.push({ descriptor, bytes: payload });
    layers.push({ ...descriptor, annotations });
  }
  const manifest = formatManifest({ config: config.descriptor, layers });
  await store.push(manifest);
  await store.tag(manifest, legacySignatureTag(digest));
}

/** Copies an artifact without anything that refers to it. */
export async function copyBare(from: ContentStore, to: ContentStore, artifact: Content): Promise<void> {
  const { config, layers } = parseManifest(artifact.bytes);
  for (const descriptor of [config, ...layers]) {
    await to.push({ descriptor, bytes: await fetchBytes(from, descriptor, 1e7) });
  }
  await to.push(artifact);
}
