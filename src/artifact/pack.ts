// Files to the bytes of an artifact. Reproducible: the same files give the same layer on any machine, and the same
// files and annotations the same manifest. docs/artifact-format.md describes the result.
import { packLimits } from '../limits.ts';
import { describe } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { formatManifest, type Content } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { createLayerBuilder, type BuiltLayer } from './layer-builder.ts';
import { planTar, sizeOfTar, tarParts, type PackLimits } from './tar-parts.ts';

const joinedBytes = 64 * 1024;

export type ArtifactFile = {
  /** Relative path with forward slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
};

/** The parts of an artifact, ready to be pushed. */
export type PackedArtifact = {
  readonly manifest: Content;
  readonly config: Content;
  readonly layer: Content;
};

/** With what the layer is, uncompressed. */
export type PackedFiles = PackedArtifact & {
  readonly tar: { readonly digest: Digest; readonly size: number };
};

/**
 * Packs files into one layer, its config and the manifest that names both, all in memory; `spoolArtifact` gives the same
 * bytes for what is larger.
 * @param annotations of the manifest; `org.opencontainers.image.*` by convention
 * @throws ArchiveError `ARCHIVE_EMPTY`, `ARCHIVE_TOO_LARGE`, `ENTRY_LIMIT`, `ENTRY_UNSAFE_PATH`
 */
export function packArtifact(
  files: readonly ArtifactFile[],
  annotations: Readonly<Record<string, string>>,
  limits: PackLimits = packLimits,
): PackedFiles {
  const plan = planTar(
    files.map(({ path, bytes }) => ({ path, bytes, size: bytes.byteLength })),
    limits,
  );
  const builder = createLayerBuilder(plan, limits);
  const pieces: Uint8Array[] = [];
  for (const part of joinParts(tarParts(plan))) pieces.push(...builder.add(part));
  pieces.push(...builder.end());
  const built = builder.finish();
  return {
    ...formatArtifact(built, annotations),
    layer: { descriptor: built.descriptor, bytes: Buffer.concat(pieces) },
    tar: { digest: built.diffId, size: sizeOfTar(plan) },
  };
}

/** Most parts are short, and each step of hashing and compressing has a price of its own. */
function* joinParts(parts: Iterable<Uint8Array | ArtifactFile>): Generator<Uint8Array> {
  const buffer = Buffer.alloc(joinedBytes);
  let filled = 0;
  for (const part of parts) {
    const bytes = part instanceof Uint8Array ? part : part.bytes;
    if (filled + bytes.byteLength > joinedBytes) {
      yield buffer.subarray(0, filled);
      filled = 0;
    }
    if (bytes.byteLength > joinedBytes) yield bytes;
    else {
      buffer.set(bytes, filled);
      filled += bytes.byteLength;
    }
  }
  yield buffer.subarray(0, filled);
}

/** The two documents of an artifact around its layer. */
export function formatArtifact(
  { descriptor, diffId }: BuiltLayer,
  annotations: Readonly<Record<string, string>>,
): Omit<PackedArtifact, 'layer'> {
  const config = formatConfig(diffId);
  const manifest = formatManifest({
    config: config.descriptor,
    layers: [descriptor],
    ...(Object.keys(annotations).length === 0 ? {} : { annotations: { ...annotations } }),
  });
  return { manifest, config };
}

/** An image config that says no more than it must (image-spec, config.md), so that image tools can read ours. */
function formatConfig(diffId: Digest): Content {
  const text = JSON.stringify({
    architecture: '',
    os: '',
    config: {},
    rootfs: { type: 'layers', diff_ids: [diffId] },
  });
  const bytes = new TextEncoder().encode(text);
  return { descriptor: describe(mediaTypes.fluxConfig, bytes), bytes };
}
