// Blobs into a registry (distribution-spec, "Pushing a blob monolithically", POST then PUT): the one way that every
// registry has. The blob is in memory, so a failed upload starts over from its POST.
import { expectStatus } from './status.ts';
import { protocolError, type HttpRequest } from './transport.ts';
import type { Content } from '../oci/manifest.ts';
import type { RepositoryContext } from './repository.ts';

/** @throws RegistryError */
export async function pushBlob(
  { send, base }: RepositoryContext,
  { descriptor, bytes }: Content,
  signal?: AbortSignal,
): Promise<void> {
  const start: HttpRequest = { method: 'POST', url: new URL('blobs/uploads/', base), signal };
  const started = await send(start);
  await expectStatus(start, started, 202);
  started.discard();
  const location = started.header('location');
  if (location === undefined) throw protocolError(start, 'answered without Location');
  // Locations are absolute or relative, and have queries of their own to keep.
  const url = parseLocation(location, start);
  if (url.host !== base.host) throw protocolError(start, 'sent the upload to another host');
  if (base.protocol === 'https:' && url.protocol !== 'https:')
    throw protocolError(start, 'sent the upload to plain HTTP');
  url.searchParams.set('digest', descriptor.digest);
  const put: HttpRequest = {
    method: 'PUT',
    url,
    headers: { 'content-type': 'application/octet-stream' },
    body: bytes,
    signal,
  };
  const answer = await send(put);
  await expectStatus(put, answer, 201);
  answer.discard();
}

function parseLocation(location: string, start: HttpRequest): URL {
  if (!URL.canParse(location, start.url.href))
    throw protocolError(start, 'answered with a Location that is no URL');
  return new URL(location, start.url);
}
