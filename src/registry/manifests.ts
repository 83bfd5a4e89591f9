// Manifests of a repository (distribution-spec, "Pulling manifests", "Pushing Manifests", "Content Management"): as bytes
// that are kept as they came, under a digest that is computed from them.
import { ContentError, RegistryError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import { describe, type Descriptor } from '../oci/descriptor.ts';
import { computeDigest, isDigest, type Digest } from '../oci/digest.ts';
import type { Content } from '../oci/manifest.ts';
import { isManifestType, manifestAccept } from '../oci/media-types.ts';
import { parseTag } from '../oci/reference.ts';
import { contentLengthOf, expectContent, type RepositoryContext } from './context.ts';
import { fetchDocument, mediaTypeOf } from './document.ts';
import { protocolError, type HttpAnswer, type HttpRequest } from './http.ts';
import { expectStatus, refusalOf } from './status.ts';

function manifestUrl({ base }: RepositoryContext, tagOrDigest: string): URL {
  return new URL(`manifests/${isDigest(tagOrDigest) ? tagOrDigest : parseTag(tagOrDigest)}`, base);
}

/**
 * The manifest behind a tag or a digest.
 * @throws RegistryError
 * @throws ContentError `CONTENT_MISSING`, `DIGEST_MISMATCH`, `SIZE_LIMIT`
 */
export async function resolveManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  signal?: AbortSignal,
): Promise<Content> {
  const request: HttpRequest = {
    method: 'GET',
    url: manifestUrl(context, tagOrDigest),
    headers: { accept: manifestAccept },
    signal,
  };
  const { answer, bytes } = await fetchDocument(context, request, ociLimits.manifestBytes);
  await expectContent(request, answer, tagOrDigest, 200);
  const mediaType = mediaTypeOf(answer);
  if (!isManifestType(mediaType))
    throw protocolError(request, `gave ${JSON.stringify(mediaType.slice(0, 100))}, no manifest`);
  // The digest is computed from what came; the header of that name is only a hint.
  if (isDigest(tagOrDigest) && computeDigest(bytes) !== tagOrDigest) {
    throw new ContentError(
      'DIGEST_MISMATCH',
      `manifest has digest ${computeDigest(bytes)}, not ${tagOrDigest}`,
    );
  }
  return { descriptor: describe(mediaType, bytes), bytes };
}

export type PeekOptions = {
  /** What the tag showed before: where it still does, a registry need not answer with more than that. */
  readonly known?: string | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** A tag's digest as the registry says it, by one HEAD; undefined where there is no such tag. */
export async function peekTag(
  context: RepositoryContext,
  tag: string,
  { known, signal }: PeekOptions,
): Promise<string | undefined> {
  const isAsked = known !== undefined && isDigest(known);
  const request = headOf(context, parseTag(tag), signal, isAsked ? { 'if-none-match': `"${known}"` } : {});
  const answer = await context.send(request);
  answer.discard();
  if (answer.status === 304 && isAsked) return known;
  if (answer.status === 404) return undefined;
  await expectStatus(request, answer, 200);
  // Without the header the manifest itself has to say.
  return saidDigest(answer) ?? (await resolveManifest(context, tag, signal)).descriptor.digest;
}

/** What a tag or a digest shows, as the headers of one HEAD say it; undefined where it is not there. */
export async function glanceManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  signal?: AbortSignal,
): Promise<Descriptor | undefined> {
  const request = headOf(context, tagOrDigest, signal);
  const answer = await context.send(request);
  answer.discard();
  if (answer.status === 404) return undefined;
  await expectStatus(request, answer, 200);
  const [mediaType, digest, size] = [mediaTypeOf(answer), saidDigest(answer), contentLengthOf(answer) ?? 0];
  const isRight = !isDigest(tagOrDigest) || tagOrDigest === digest;
  // Some proxies say of every HEAD that there are no bytes.
  if (isManifestType(mediaType) && digest !== undefined && isRight && size > 0)
    return { mediaType, digest, size };
  return (await resolveManifest(context, tagOrDigest, signal)).descriptor;
}

function headOf(
  context: RepositoryContext,
  tagOrDigest: string,
  signal: AbortSignal | undefined,
  headers: HttpRequest['headers'] = {},
): HttpRequest {
  const url = manifestUrl(context, tagOrDigest);
  return { method: 'HEAD', url, headers: { accept: manifestAccept, ...headers }, signal };
}

function saidDigest(answer: HttpAnswer): Digest | undefined {
  const digest = answer.header('docker-content-digest');
  return digest !== undefined && isDigest(digest) ? digest : undefined;
}

/** Stores a manifest under its digest or a tag. */
export async function putManifest(
  context: RepositoryContext,
  content: Content,
  tagOrDigest: string,
  signal?: AbortSignal,
): Promise<void> {
  const request: HttpRequest = {
    method: 'PUT',
    url: manifestUrl(context, tagOrDigest),
    headers: { 'content-type': content.descriptor.mediaType },
    body: content.bytes,
    signal,
  };
  const answer = await context.send(request);
  await expectStatus(request, answer, 201);
  answer.discard();
}

/** @throws RegistryError `REGISTRY_UNSUPPORTED` where the registry deletes no tags */
export async function deleteTag(
  context: RepositoryContext,
  tag: string,
  signal?: AbortSignal,
): Promise<boolean> {
  return remove(context, parseTag(tag), signal);
}

/** @throws RegistryError `REGISTRY_UNSUPPORTED` where the registry deletes no manifests */
export async function deleteManifest(
  context: RepositoryContext,
  digest: Digest,
  signal?: AbortSignal,
): Promise<boolean> {
  return remove(context, digest, signal);
}

async function remove(
  context: RepositoryContext,
  tagOrDigest: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const request: HttpRequest = { method: 'DELETE', url: manifestUrl(context, tagOrDigest), signal };
  const answer = await context.send(request);
  if (answer.status === 404 || [200, 202, 204].includes(answer.status)) {
    answer.discard();
    return answer.status !== 404;
  }
  const refusal = await refusalOf(request, answer);
  // distribution 2.8 knows of no tags here: what it is given is to be a digest.
  const knowsNoTags = !isDigest(tagOrDigest) && refusal.message.endsWith(' DIGEST_INVALID');
  if (refusal.code !== 'REGISTRY_UNSUPPORTED' && !knowsNoTags) throw refusal;
  throw new RegistryError('REGISTRY_UNSUPPORTED', refusal.message, {
    cause: refusal,
    details: refusal.details,
    hint: isDigest(tagOrDigest)
      ? 'Allow it in the registry (distribution: REGISTRY_STORAGE_DELETE_ENABLED=true), or delete with its own tools.'
      : "This registry deletes no tags; delete the manifest, or the tag with the registry's own tools.",
  });
}
