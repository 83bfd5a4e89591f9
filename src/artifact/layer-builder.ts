// A tar to a layer: compressed, hashed on both sides, and bounded, while it comes. Memory and stream share it, so that
// they give the same bytes.
import { ArchiveError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { finishDigest, startDigest, type Digest } from '../oci/digest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { gzipAtOnce, gzipInBlocks } from './gzip-stream.ts';
import { sizeOfTar, type PackLimits, type SizedFile, type TarPlan } from './tar-parts.ts';

export type BuiltLayer = {
  readonly descriptor: Descriptor;
  /** Digest of the tar. */
  readonly diffId: Digest;
};

export type LayerBuilder = {
  /**
   * The layer's next bytes, which these bytes of the tar lead to; to be read to the end.
   * @throws ArchiveError `ARCHIVE_TOO_LARGE`
   */
  add(part: Uint8Array): Iterable<Uint8Array>;
  /** The layer's last bytes. */
  end(): Iterable<Uint8Array>;
  /** What was built, after the end was read. */
  finish(): BuiltLayer;
};

/**
 * The limits of the first version: what was within them is still compressed at once, and keeps its digest. They are part
 * of the format and follow no later limit.
 */
const atOnce = { entries: 20_000, fileBytes: 16 * 1024 * 1024 } as const;

export function createLayerBuilder(
  plan: TarPlan<SizedFile>,
  { layerBytes }: Pick<PackLimits, 'layerBytes'>,
): LayerBuilder {
  const isAtOnce = plan.files.length <= atOnce.entries && plan.fileBytes <= atOnce.fileBytes;
  const gzip = isAtOnce ? gzipAtOnce(sizeOfTar(plan)) : gzipInBlocks();
  const [tarHash, layerHash] = [startDigest(), startDigest()];
  let size = 0;

  function* passOn(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const piece of pieces) {
      size += piece.byteLength;
      if (size > layerBytes) {
        throw new ArchiveError(
          'ARCHIVE_TOO_LARGE',
          `layer has ${size} bytes or more, more than ${layerBytes}`,
        );
      }
      layerHash.update(piece);
      yield piece;
    }
  }

  return {
    add: (part) => {
      tarHash.update(part);
      return passOn(gzip.push(part));
    },
    end: () => passOn(gzip.end()),
    finish: () => ({
      descriptor: { mediaType: mediaTypes.fluxContent, digest: finishDigest(layerHash), size },
      diffId: finishDigest(tarHash),
    }),
  };
}
