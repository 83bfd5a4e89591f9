// Blobs into a registry (distribution-spec, "Pushing a blob monolithically", POST then PUT): the one way that every
// registry has. A failed upload starts over from its POST.
import type { Descriptor } from '../oci/descriptor.ts';
import type { RepositoryContext } from './repository.ts';
import { expectStatus } from './status.ts';
import { protocolError, type HttpAnswer, type HttpRequest, type StreamedBody } from './transport.ts';

/** @throws RegistryError */
export async function pushBlob(
  context: RepositoryContext,
  descriptor: Descriptor,
  body: Uint8Array | StreamedBody,
  signal?: AbortSignal,
): Promise<void> {
  const start: HttpRequest = { method: 'POST', url: new URL('blobs/uploads/', context.base), signal };
  const started = await context.send(start);
  await expectStatus(start, started, 202);
  started.discard();
  const url = uploadUrl(context, start, started);
  url.searchParams.set('digest', descriptor.digest);
  const headers = { 'content-type': 'application/octet-stream' };
  const put: HttpRequest = { method: 'PUT', url, headers, body, signal };
  const answer = await context.send(put);
  await expectStatus(put, answer, 201);
  answer.discard();
}

/** Takes a blob over from another repository of the registry (distribution-spec, "Mounting a blob"). */
export async function mountBlob(
  context: RepositoryContext,
  from: RepositoryContext,
  { digest }: Descriptor,
  signal?: AbortSignal,
): Promise<boolean> {
  if (context.base.origin !== from.base.origin) return false;
  const url = new URL('blobs/uploads/', context.base);
  url.searchParams.set('mount', digest);
  url.searchParams.set('from', from.base.pathname.slice('/v2/'.length, -1));
  const request: HttpRequest = { method: 'POST', url, signal };
  const answer = await context.send(request);
  await expectStatus(request, answer, 201, 202);
  answer.discard();
  if (answer.status === 201) return true;
  // The registry opened an upload instead; it is not used.
  const cancel: HttpRequest = { method: 'DELETE', url: uploadUrl(context, request, answer), signal };
  (await context.send(cancel)).discard();
  return false;
}

/** Locations are absolute or relative, and have queries of their own to keep. */
function uploadUrl({ base }: RepositoryContext, start: HttpRequest, started: HttpAnswer): URL {
  const location = started.header('location');
  if (location === undefined) throw protocolError(start, 'answered without Location');
  if (!URL.canParse(location, start.url.href))
    throw protocolError(start, 'answered with a Location that is no URL');
  const url = new URL(location, start.url);
  if (url.host !== base.host) throw protocolError(start, 'sent the upload to another host');
  if (base.protocol === 'https:' && url.protocol !== 'https:')
    throw protocolError(start, 'sent the upload to plain HTTP');
  return url;
}
