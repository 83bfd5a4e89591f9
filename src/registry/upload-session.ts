// Upload sessions (distribution-spec, "Pushing Blobs"): where a registry wants to have a blob's bytes next.
import type { RepositoryContext } from './context.ts';
import { protocolError, type HttpAnswer, type HttpRequest } from './http.ts';
import { expectStatus } from './status.ts';

export type UploadSession = {
  readonly url: URL;
  /** What the registry asks for as the least size of a chunk. */
  readonly minChunkBytes: number;
};

export async function openUpload(context: RepositoryContext, signal?: AbortSignal): Promise<UploadSession> {
  const request: HttpRequest = { method: 'POST', url: new URL('blobs/uploads/', context.base), signal };
  const answer = await context.send(request);
  await expectStatus(request, answer, 202);
  answer.discard();
  const minimum = answer.header('oci-chunk-min-length') ?? '';
  return {
    url: uploadUrl(context, request, answer),
    minChunkBytes: /^\d{1,15}$/u.test(minimum) ? Number(minimum) : 0,
  };
}

/**
 * The Location of an answer; it is absolute or relative, and has a query of its own.
 * @throws RegistryError `REGISTRY_PROTOCOL` where it is none, or on another host
 */
export function uploadUrl({ base }: RepositoryContext, request: HttpRequest, answer: HttpAnswer): URL {
  const location = answer.header('location') ?? '';
  if (location === '') throw protocolError(request, 'answered without Location');
  if (!URL.canParse(location, request.url.href))
    throw protocolError(request, 'answered with a Location that is no URL');
  const url = new URL(location, request.url);
  // Behind a proxy that ends TLS registries may know of plain HTTP only; the way there is the one that we came.
  if (base.protocol === 'https:' && url.protocol === 'http:') url.protocol = 'https:';
  if (url.origin !== base.origin) throw protocolError(request, 'sent the upload to another host');
  if (url.username !== '' || url.password !== '')
    throw protocolError(request, 'answered with a Location that holds credentials');
  return url;
}

/** Adds to the end of a query: what stands there may be signed, and is to stay as it is, byte by byte. */
export function withDigest(url: URL, digest: string): URL {
  const text = url.href.replace(/#.*$/su, '').replace(/\?$/u, '');
  return new URL(`${text}${text.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`);
}
