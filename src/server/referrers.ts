// The referrers API (distribution-spec, "Listing Referrers"): an index of the manifests whose subject is a digest.
import { ociLimits } from '../limits.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isDigest } from '../oci/digest.ts';
import { formatIndex } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { refuse } from './answers.ts';
import type { Call, Endpoint } from './call.ts';
import type { Repositories } from './repositories.ts';

/**
 * `GET /v2/NAME/referrers/DIGEST`
 * @param maxBytes bytes of one page, unless a single entry is larger
 */
export function referrersEndpoint(
  repositories: Repositories,
  maxBytes: number = ociLimits.manifestBytes,
): Endpoint {
  return {
    async GET({ repository, reference, query }: Call) {
      if (!isDigest(reference))
        return refuse({ status: 400, code: 'DIGEST_INVALID', message: 'digest is not valid' });
      const store = await repositories.open(repository);
      // An unknown repository gives an empty index as well: 404 would mean that there is no such API here.
      const subject = { mediaType: mediaTypes.manifest, digest: reference, size: 0 };
      const all = (await store?.referrers(subject)) ?? [];
      const artifactType = query.get('artifactType');
      const matching =
        artifactType === null ? all : all.filter((entry) => entry.artifactType === artifactType);
      const page = takePage(matching, query.get('after'), maxBytes);
      const next = new URLSearchParams(artifactType === null ? {} : { artifactType });
      if (page.next !== undefined) next.set('after', page.next);
      return {
        status: 200,
        headers: {
          'Content-Type': mediaTypes.index,
          ...(artifactType === null ? {} : { 'OCI-Filters-Applied': 'artifactType' }),
          ...(page.next === undefined
            ? {}
            : { Link: `</v2/${repository}/referrers/${reference}?${next.toString()}>; rel="next"` }),
        },
        body: formatIndex(page.entries).bytes,
      };
    },
  };
}

/** As many as fit into an index that every client takes; `next` is the digest of the last where more follow. */
function takePage(
  all: readonly Descriptor[],
  after: string | null,
  maxBytes: number,
): { readonly entries: readonly Descriptor[]; readonly next: string | undefined } {
  const start = after === null ? 0 : all.findIndex(({ digest }) => digest === after) + 1;
  let room = maxBytes - formatIndex([]).bytes.byteLength;
  let end = start;
  for (const descriptor of all.slice(start)) {
    room -= Buffer.byteLength(JSON.stringify(descriptor)) + 1;
    if (room < 0 && end > start) break;
    end += 1;
  }
  return { entries: all.slice(start, end), next: end < all.length ? all[end - 1]?.digest : undefined };
}
