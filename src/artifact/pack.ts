// Files to the bytes of an artifact. Reproducible: the same files give the same layer on any machine, and the same
// files and annotations the same manifest. docs/artifact-format.md describes the result.
import { gzipSync } from 'fflate';
import { Header, Pax } from 'tar';
import { ArchiveError } from '../errors.ts';
import { archiveLimits, ociLimits } from '../limits.ts';
import { computeDigest } from '../oci/digest.ts';
import { describe } from '../oci/descriptor.ts';
import { formatManifest, type Content } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { assertNewPath, assertSafePath } from './entry-path.ts';

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

const BLOCK = 512;

/**
 * Packs files into one layer, its config and the manifest that names both.
 * @param annotations of the manifest; `org.opencontainers.image.*` by convention
 * @throws ArchiveError `ARCHIVE_EMPTY`, `ARCHIVE_TOO_LARGE`, `ENTRY_LIMIT`, `ENTRY_UNSAFE_PATH`
 */
export function packArtifact(
  files: readonly ArtifactFile[],
  annotations: Readonly<Record<string, string>>,
): PackedArtifact {
  const tar = packTar(files);
  // fflate, not the platform's zlib: Node builds with different zlibs compress to different bytes.
  const compressed = gzipSync(tar, { level: 9, mtime: 0 });
  if (compressed.byteLength > ociLimits.layerBytes) {
    throw new ArchiveError(
      'ARCHIVE_TOO_LARGE',
      `layer has ${compressed.byteLength} bytes, more than ${ociLimits.layerBytes}`,
    );
  }
  const layer: Content = { descriptor: describe(mediaTypes.fluxContent, compressed), bytes: compressed };
  const config = formatConfig(computeDigest(tar));
  const manifest = formatManifest({
    config: config.descriptor,
    layers: [layer.descriptor],
    ...(Object.keys(annotations).length === 0 ? {} : { annotations: { ...annotations } }),
  });
  return { manifest, config, layer };
}

/** An image config that says no more than it must (image-spec, config.md), so that image tools can read ours. */
function formatConfig(diffId: string): Content {
  const text = JSON.stringify({
    architecture: '',
    os: '',
    config: {},
    rootfs: { type: 'layers', diff_ids: [diffId] },
  });
  const bytes = new TextEncoder().encode(text);
  return { descriptor: describe(mediaTypes.fluxConfig, bytes), bytes };
}

/** A tar of plain files, sorted by the bytes of their paths, with every other property fixed. */
function packTar(files: readonly ArtifactFile[]): Uint8Array {
  if (files.length === 0) throw new ArchiveError('ARCHIVE_EMPTY', 'artifact would hold no file');
  if (files.length > archiveLimits.entries) {
    throw new ArchiveError(
      'ENTRY_LIMIT',
      `artifact would hold ${files.length} files, more than ${archiveLimits.entries}`,
    );
  }
  const sorted = files
    .map((file) => ({ ...file, order: Buffer.from(file.path) }))
    .sort((a, b) => Buffer.compare(a.order, b.order));
  const chunks: Uint8Array[] = [];
  const paths = new Set<string>();
  let totalBytes = 0;
  for (const { path, bytes } of sorted) {
    assertSafePath(path);
    assertNewPath(paths, path);
    totalBytes += bytes.byteLength;
    if (bytes.byteLength > archiveLimits.fileBytes || totalBytes > archiveLimits.totalBytes) {
      throw new ArchiveError('ARCHIVE_TOO_LARGE', `${path} makes the artifact larger than its limits`, {
        details: { fileBytes: archiveLimits.fileBytes, totalBytes: archiveLimits.totalBytes },
      });
    }
    chunks.push(...formatHeader(path, bytes.byteLength), bytes, padding(bytes.byteLength));
  }
  chunks.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(chunks);
}

function formatHeader(path: string, size: number): Uint8Array[] {
  const block = Buffer.alloc(BLOCK);
  const header = new Header({
    path,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size,
    mtime: new Date(0),
    type: 'File',
    uname: '',
    gname: '',
  });
  // A path that ustar's fields can't hold goes into a pax header in front.
  const needsPax = header.encode(block);
  return needsPax ? [new Pax({ path }).encode(), block] : [block];
}

function padding(size: number): Uint8Array {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}
