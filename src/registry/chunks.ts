// A blob in chunks (distribution-spec, "Pushing a blob in chunks"), one in memory at a time, so that the one which got
// lost is sent again without reading the source again: the registry is asked where it stands.
import { RegistryError } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import type { Bytes } from '../oci/content-store.ts';
import type { RepositoryContext } from './context.ts';
import { protocolError, type HttpAnswer, type HttpRequest, type StreamedBody } from './http.ts';
import { markSourceError, mayGoWellAgain } from './network-errors.ts';
import { pauseAfter } from './retry.ts';
import { expectStatus } from './status.ts';
import { uploadUrl, type UploadSession } from './upload-session.ts';

/** How far an upload is, and where its next bytes go. */
type Place = { readonly url: URL; readonly position: number };

/**
 * Sends all chunks, and gives the URL that closes the upload.
 * @throws RegistryError, and what the body's source throws
 */
export async function sendChunks(
  context: RepositoryContext,
  { url, minChunkBytes }: UploadSession,
  { body, signal }: { readonly body: StreamedBody; readonly signal?: AbortSignal | undefined },
): Promise<URL> {
  const chunkBytes = Math.max(httpLimits.chunkBytes, minChunkBytes);
  if (chunkBytes > httpLimits.maxChunkBytes) {
    throw new RegistryError(
      'REGISTRY_UNSUPPORTED',
      `${url.host} wants chunks of at least ${minChunkBytes} bytes, more than ${httpLimits.maxChunkBytes}`,
    );
  }
  let place: Place = { url, position: 0 };
  for await (const chunk of inChunks(body, chunkBytes, signal)) {
    place = await sendChunk(context, { ...place, chunk, signal });
  }
  return place.url;
}

type Chunk = Place & { readonly chunk: Uint8Array; readonly signal: AbortSignal | undefined };

async function sendChunk(context: RepositoryContext, { chunk, signal, ...begin }: Chunk): Promise<Place> {
  const end = begin.position + chunk.byteLength;
  let place: Place = begin;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const rest = chunk.subarray(place.position - begin.position);
      place = await patch(context, { ...place, chunk: rest, signal });
    } catch (error) {
      const isElsewhere = error instanceof RegistryError && error.details['status'] === 416;
      if (attempt >= httpLimits.chunkTries) throw error;
      const isRepeatable = isElsewhere || mayGoWellAgain(error, signal);
      await pauseAfter({ error, count: attempt, signal, isRepeatable }, context.retries);
      place = await askPlace(context, place.url, signal);
    }
    if (place.position === end) return place;
    if (attempt >= httpLimits.chunkTries || place.position < begin.position || place.position > end) {
      throw new RegistryError(
        'REGISTRY_CONFLICT',
        `upload to ${begin.url.host} stands at byte ${place.position}, not at ${end}`,
        { retryable: true },
      );
    }
  }
}

async function patch(context: RepositoryContext, { url, position, chunk, signal }: Chunk): Promise<Place> {
  const end = position + chunk.byteLength;
  const request: HttpRequest = {
    method: 'PATCH',
    url,
    headers: { 'content-type': 'application/octet-stream', 'content-range': `${position}-${end - 1}` },
    body: chunk,
    signal,
  };
  const answer = await context.send(request);
  await expectStatus(request, answer, 202);
  answer.discard();
  return { url: uploadUrl(context, request, answer), position: positionOf(answer, end) ?? end };
}

async function askPlace(context: RepositoryContext, url: URL, signal?: AbortSignal): Promise<Place> {
  const request: HttpRequest = { method: 'GET', url, signal };
  const answer = await context.send(request);
  await expectStatus(request, answer, 204, 202, 200);
  answer.discard();
  const position = positionOf(answer);
  if (position === undefined) throw protocolError(request, 'did not say where the upload stands');
  const hasMoved = answer.header('location') !== undefined;
  return { url: hasMoved ? uploadUrl(context, request, answer) : url, position };
}

/** The end of an answer's Range, exclusive. `0-0` may be one byte, and is how registries write that there is none yet. */
function positionOf(answer: HttpAnswer, expected = 0): number | undefined {
  const last = /^(?:bytes=)?0-(\d{1,15})$/u.exec(answer.header('range') ?? '')?.[1];
  if (last === undefined) return undefined;
  return last === '0' && expected !== 1 ? 0 : Number(last) + 1;
}

/** The body in pieces of one size, the last one smaller; each is overwritten by the next. */
async function* inChunks({ byteLength, open }: StreamedBody, size: number, signal?: AbortSignal): Bytes {
  const buffer = Buffer.allocUnsafe(Math.min(size, byteLength));
  let filled = 0;
  for await (const piece of readSource(open(signal, { isChunkLent: true }))) {
    for (let start = 0; start < piece.byteLength;) {
      const part = piece.subarray(start, start + buffer.byteLength - filled);
      buffer.set(part, filled);
      start += part.byteLength;
      filled += part.byteLength;
      if (filled < buffer.byteLength) continue;
      yield buffer;
      filled = 0;
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}

async function* readSource(source: Bytes): Bytes {
  try {
    yield* source;
  } catch (error) {
    throw markSourceError(error);
  }
}
