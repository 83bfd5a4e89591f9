// A listing of several pages (RFC 8288 Link header, as the distribution-spec uses it), bounded: each page is another one, of
// the same registry, and there are so many pages and bytes of them at most.
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import type { RepositoryContext } from './context.ts';
import { fetchDocument, type FetchedDocument } from './document.ts';
import { describeRequest, protocolError, type HttpAnswer, type HttpRequest } from './http.ts';

/** @throws RegistryError `REGISTRY_PROTOCOL` where a link is no URL or leads to another host */
export function nextPage(request: HttpRequest, answer: HttpAnswer): URL | undefined {
  const link = answer.header('link');
  const target = /<([^<>]{1,4096})>\s*;[^,]{0,200}\brel="?next"?/u.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  if (!URL.canParse(target, request.url.href))
    throw protocolError(request, 'linked its next page with no URL');
  const url = new URL(target, request.url);
  // Behind a proxy that ends TLS registries may know of plain HTTP only; the way there is the one that we came.
  if (request.url.protocol === 'https:' && url.protocol === 'http:') url.protocol = 'https:';
  if (url.origin !== request.url.origin) throw protocolError(request, 'linked its next page to another host');
  return url;
}

/** Fetches pages one by one, and refuses what goes beyond the bounds of one listing. */
export type PageReader = {
  /** @throws RegistryError `REGISTRY_PROTOCOL` for a page that was read already */
  read(request: HttpRequest): Promise<FetchedDocument>;
};

export function createPageReader(context: RepositoryContext): PageReader {
  const seen = new Set<string>();
  let leftBytes: number = ociLimits.listingBytes;
  return {
    async read(request) {
      if (seen.has(request.url.href)) throw protocolError(request, 'linked its pages in a circle');
      if (seen.size >= ociLimits.pages)
        throw new ContentError(
          'SIZE_LIMIT',
          `${describeRequest(request)} has more than ${ociLimits.pages} pages`,
        );
      seen.add(request.url.href);
      const page = await fetchDocument(context, request, Math.min(ociLimits.manifestBytes, leftBytes));
      leftBytes -= page.bytes.byteLength;
      return page;
    },
  };
}
