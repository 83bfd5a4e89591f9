// Blobs into a registry (distribution-spec, "Pushing Blobs"): POST then PUT of the whole, the one way that every registry
// has, and chunks where one does not take the whole. What fails on the way starts over from its POST: sessions of which
// a request went wrong are gone in some registries.
import { RegistryError } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { hasContent } from './content-check.ts';
import { sendChunks } from './chunks.ts';
import type { RepositoryContext } from './context.ts';
import type { HttpRequest, StreamedBody } from './http.ts';
import { isSourceError, mayGoWellAgain } from './network-errors.ts';
import { streamBytes } from './outgoing.ts';
import { pauseAfter } from './retry.ts';
import { expectStatus } from './status.ts';
import { openUpload, withDigest, type UploadSession } from './upload-session.ts';

export type BlobUpload = {
  readonly descriptor: Descriptor;
  readonly body: Uint8Array | StreamedBody;
  readonly signal: AbortSignal | undefined;
};

/**
 * Stores a blob that is not there yet.
 * @throws RegistryError, and what the body's source throws
 */
export async function pushBlob(context: RepositoryContext, upload: BlobUpload): Promise<void> {
  let isChunked = false;
  for (let attempt = 1; ; attempt += 1) {
    const session = await openUpload(context, upload.signal);
    try {
      await (isChunked ? sendInChunks : sendWhole)(context, session, upload);
      return;
    } catch (error) {
      if (!isChunked && wholeRefusals.has(statusOf(error))) {
        isChunked = true;
        continue;
      }
      if (attempt >= httpLimits.uploads) throw error;
      const { signal } = upload;
      const isRepeatable = isSessionLost(error, signal) || mayGoWellAgain(error, signal);
      await pauseAfter({ error, count: attempt, signal, isRepeatable }, context.retries);
      // What cuts a large body off twice may be a proxy that lets no more through at once.
      isChunked ||= attempt > 1 && upload.body.byteLength > httpLimits.chunkBytes;
    }
    // The answer alone may have been lost.
    if (await hasContent(context, upload.descriptor, upload.signal)) return;
  }
}

async function sendWhole(
  context: RepositoryContext,
  { url }: UploadSession,
  { descriptor, body, signal }: BlobUpload,
): Promise<void> {
  const request: HttpRequest = {
    method: 'PUT',
    url: withDigest(url, descriptor.digest),
    headers: { 'content-type': 'application/octet-stream' },
    body,
    signal,
    isSentOnce: true,
  };
  const answer = await context.send(request);
  await expectStatus(request, answer, 201);
  answer.discard();
}

async function sendInChunks(
  context: RepositoryContext,
  session: UploadSession,
  { descriptor, body, signal }: BlobUpload,
): Promise<void> {
  const streamed = body instanceof Uint8Array ? streamBytes(body) : body;
  const last = await sendChunks(context, session, { body: streamed, signal });
  const request: HttpRequest = {
    method: 'PUT',
    url: withDigest(last, descriptor.digest),
    signal,
    isSentOnce: true,
  };
  const answer = await context.send(request);
  await expectStatus(request, answer, 201);
  answer.discard();
}

/**
 * Statuses with which a registry, or a proxy before it, refuses the whole for being one: no such method here (405, 501), a length
 * that it wants otherwise (411), too large (413).
 */
const wholeRefusals: ReadonlySet<unknown> = new Set([405, 411, 413, 501]);

function isSessionLost(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted !== true && statusOf(error) === 404;
}

function statusOf(error: unknown): unknown {
  return error instanceof RegistryError && !isSourceError(error) ? error.details['status'] : undefined;
}
