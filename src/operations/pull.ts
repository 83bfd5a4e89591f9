// Pull: the files of an artifact into a directory. Whether the artifact may be used was decided before, on the digest of
// the manifest that is given here.
import { artifactLayer, fetchLayer } from '../artifact/artifact.ts';
import { unpackTo } from '../artifact/unpack-to.ts';
import type { ContentSource } from '../oci/content-store.ts';
import { parseManifest, type Content } from '../oci/manifest.ts';
import type { Ports } from './ports.ts';

export type PullRequest = {
  readonly source: Pick<ContentSource, 'fetch'>;
  readonly manifest: Content;
  readonly directory: string;
  /** Whether a directory that holds something is exchanged. */
  readonly replace?: boolean;
};

/** Files, and their bytes. */
export type Pulled = { readonly files: number; readonly bytes: number };

/**
 * Streams an artifact's layer into a directory, which is swapped in as a whole.
 * @throws ContentError, ArchiveError, RegistryError; InputError
 */
export async function pull(
  { source, manifest, directory, replace = false }: PullRequest,
  { signal }: Pick<Ports, 'signal'>,
): Promise<Pulled> {
  const layer = artifactLayer(parseManifest(manifest.bytes));
  return unpackTo(directory, fetchLayer(source, layer, signal), { replace, signal });
}
