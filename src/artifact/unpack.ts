// A layer's files in memory: nothing is given out before the whole archive was found good.
import { archiveLimits } from '../limits.ts';
import type { Bytes } from '../oci/content-store.ts';
import type { ArchiveLimits } from './entry-rules.ts';
import type { ArtifactFile } from './pack.ts';
import { readLayer } from './read-layer.ts';

/**
 * Unpacks a layer of type tar+gzip.
 * @throws what {@link readLayer} throws
 */
export async function unpackLayer(
  compressed: Uint8Array | Bytes,
  limits: ArchiveLimits = archiveLimits,
): Promise<readonly ArtifactFile[]> {
  const files: ArtifactFile[] = [];
  await readLayer(
    compressed instanceof Uint8Array ? once(compressed) : compressed,
    {
      startFile: (path) => {
        const chunks: Uint8Array[] = [];
        return {
          write: (chunk) => void chunks.push(chunk),
          end: () => void files.push({ path, bytes: Buffer.concat(chunks) }),
        };
      },
    },
    limits,
  );
  return files;
}

async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}
