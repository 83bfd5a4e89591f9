// The next page of a listing (RFC 8288 Link header, as the distribution-spec uses it).
import { protocolError, type HttpAnswer, type HttpRequest } from './transport.ts';

/** @throws RegistryError `REGISTRY_PROTOCOL` where the link leads to another host */
export function nextPage(request: HttpRequest, answer: HttpAnswer): URL | undefined {
  const link = answer.header('link');
  const target = /<([^<>]{1,4096})>\s*;[^,]{0,200}\brel="?next"?/u.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  if (!URL.canParse(target, request.url.href))
    throw protocolError(request, 'linked its next page with no URL');
  const url = new URL(target, request.url);
  if (url.origin !== request.url.origin) throw protocolError(request, 'linked its next page to another host');
  return url;
}
