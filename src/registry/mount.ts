// A blob of another repository of the same registry, without its bytes (distribution-spec, "Mounting a blob from another
// repository"): done, or not possible for whatever reason, and then it has to be sent.
import { RegistryError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { RepositoryContext } from './context.ts';
import type { HttpAnswer, HttpRequest } from './http.ts';
import { expectStatus } from './status.ts';
import { uploadUrl } from './upload-session.ts';

/** Statuses that say something about us, and not about the blob. */
const refusals: ReadonlySet<number> = new Set([401, 403, 408, 429]);

/** Whether the registry took the blob over. */
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
  const answer = await sendUnlessDenied(context, request);
  if (answer === undefined) return false;
  const { status } = answer;
  if (status >= 400 && status < 500 && !refusals.has(status)) {
    answer.discard();
    return false;
  }
  await expectStatus(request, answer, 201, 202);
  answer.discard();
  if (status === 202) await cancelUpload(context, request, answer);
  return status === 201;
}

/** Who may write here need not be allowed to read there; if it is writing that is denied, the upload will say so. */
async function sendUnlessDenied(
  { send }: RepositoryContext,
  request: HttpRequest,
): Promise<HttpAnswer | undefined> {
  try {
    return await send(request);
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'REGISTRY_DENIED') return undefined;
    throw error;
  }
}

/** The registry opened an upload instead; it ends by itself where it can't be ended. */
async function cancelUpload(
  context: RepositoryContext,
  request: HttpRequest,
  opened: HttpAnswer,
): Promise<void> {
  const { signal } = request;
  try {
    const url = uploadUrl(context, request, opened);
    (await context.send({ method: 'DELETE', url, signal, isSentOnce: true })).discard();
  } catch (error) {
    if (signal?.aborted === true) throw error;
  }
}
