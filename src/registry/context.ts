// What the files of this folder share about one repository, and where things are in it.
import { ContentError, RegistryError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isManifestType } from '../oci/media-types.ts';
import type { HttpAnswer, HttpRequest, Send } from './http.ts';
import type { RetryOptions } from './retry.ts';
import { expectStatus } from './status.ts';

export type RepositoryContext = {
  readonly send: Send;
  /** `…/v2/NAME/` */
  readonly base: URL;
  /** How long to wait before what takes several requests is tried again. */
  readonly retries: RetryOptions;
};

/** The request of some content; without Accept some registries know of no manifest. */
export function contentRequest(
  { base }: RepositoryContext,
  { mediaType, digest }: Descriptor,
): Pick<HttpRequest, 'url'> & { readonly headers: NonNullable<HttpRequest['headers']> } {
  const isManifest = isManifestType(mediaType);
  return {
    url: new URL(`${isManifest ? 'manifests' : 'blobs'}/${digest}`, base),
    headers: isManifest ? { accept: mediaType } : {},
  };
}

/** 404 is an answer about content; every other status is one about the registry. */
export async function expectContent(
  request: HttpRequest,
  answer: HttpAnswer,
  what: string,
  ...statuses: number[]
): Promise<void> {
  try {
    await expectStatus(request, answer, ...statuses);
  } catch (cause) {
    if (!(cause instanceof RegistryError) || cause.code !== 'REGISTRY_NOT_FOUND') throw cause;
    throw new ContentError(
      'CONTENT_MISSING',
      `${what} is not in ${request.url.host}${request.url.pathname.replace(/\/(?:manifests|blobs)\/.*/u, '').replace('/v2', '')}`,
      { cause },
    );
  }
}

/** @throws ContentError `SIZE_MISMATCH` where the answer says that it has another size than the descriptor */
export function expectLength(answer: HttpAnswer, { digest, size }: Descriptor): void {
  const length = contentLengthOf(answer);
  if (length === undefined || length === size) return;
  throw new ContentError('SIZE_MISMATCH', `${digest} has ${length} bytes, not ${size}`);
}

export function contentLengthOf(answer: HttpAnswer): number | undefined {
  const text = answer.header('content-length') ?? '';
  return /^\d{1,15}$/u.test(text) ? Number(text) : undefined;
}
