// One artifact with the statements that counted from its source into a layout, by digest: nothing that anybody else
// attached comes along, and of a carrier that others may have made only what is judged.
import { ContentError } from '../../src/errors.ts';
import { ociLimits, pullerLimits, signingLimits } from '../../src/limits.ts';
import { fetchBytes, type ContentSource, type ContentStore } from '../../src/oci/content-store.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { parseManifest } from '../../src/oci/manifest.ts';
import { isManifestType, mediaTypes } from '../../src/oci/media-types.ts';
import { legacySignatureTag } from '../../src/signing/candidates.ts';

export type Copying = {
  readonly source: ContentSource;
  readonly target: ContentStore;
  /** Of the artifact's manifest, and of its layers that are applied. */
  readonly digest: Digest;
  readonly layers: ReadonlySet<Digest>;
  /** Digests of the manifests whose statements counted. */
  readonly statements: ReadonlySet<Digest>;
  readonly signal: AbortSignal;
};

/** @throws ContentError, RegistryError */
export async function copyVerified(copying: Copying): Promise<void> {
  const { source, target, digest, statements, signal } = copying;
  const content = await source.resolve(digest, signal);
  const { config, layers } = parseManifest(content.bytes);
  await copyConfig(copying, config);
  const applied = new Map(layers.map((layer) => [layer.digest, layer]));
  for (const layer of applied.values()) {
    if (!copying.layers.has(layer.digest)) continue;
    await copyBlob(copying, layer, ociLimits.layerBytes);
  }
  await target.push(content, signal);
  for (const statement of statements) await copyStatement(copying, statement);
}

async function copyStatement(copying: Copying, statement: Digest): Promise<void> {
  const { source, target, digest, signal } = copying;
  const content = await source.resolve(statement, signal);
  const { config, layers, subject } = parseManifest(content.bytes);
  await copyConfig(copying, config);
  const [first] = layers;
  if (first?.mediaType === mediaTypes.sigstoreBundle) await copyBlob(copying, first, ociLimits.bundleBytes);
  const payloads = layers.filter(({ mediaType }) => mediaType === mediaTypes.simpleSigning);
  for (const payload of payloads.slice(0, signingLimits.legacySignatures))
    await copyBlob(copying, payload, signingLimits.legacyPayloadBytes);
  await target.push(content, signal);
  // What refers to nothing was found by its tag.
  if (subject?.digest !== digest) await target.tag(content, legacySignatureTag(digest), signal);
}

async function copyBlob(
  { source, target, signal }: Copying,
  descriptor: Descriptor,
  maxBytes: number,
): Promise<void> {
  await target.push({ descriptor, bytes: await fetchBytes(source, descriptor, maxBytes, signal) }, signal);
}

/** Nothing reads it, so a carrier with a broken one must not keep the artifact from being kept. */
async function copyConfig(copying: Copying, config: Descriptor): Promise<void> {
  if (isManifestType(config.mediaType) || config.size > pullerLimits.storedConfigBytes) return;
  try {
    await copyBlob(copying, config, pullerLimits.storedConfigBytes);
  } catch (error) {
    if (!(error instanceof ContentError)) throw error;
  }
}
