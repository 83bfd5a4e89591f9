// A repository of a remote registry as a content store (distribution-spec 1.1).
import { ContentError, RegistryError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import {
  assertBlob,
  assertContent,
  verifyStream,
  type Bytes,
  type ContentSource,
  type ContentStore,
} from '../oci/content-store.ts';
import { describe, type Descriptor } from '../oci/descriptor.ts';
import { computeDigest, isDigest } from '../oci/digest.ts';
import type { Content } from '../oci/manifest.ts';
import { isManifestType, manifestAccept } from '../oci/media-types.ts';
import { isLoopback, parseTag, type Reference } from '../oci/reference.ts';
import { createReferrers } from './referrers.ts';
import { expectStatus, readBounded } from './status.ts';
import { listTags } from './tags.ts';
import { protocolError, type HttpAnswer, type HttpRequest, type Send } from './transport.ts';
import { mountBlob, pushBlob } from './upload.ts';

export type RepositoryOptions = {
  readonly send: Send;
  readonly reference: Pick<Reference, 'registry' | 'repository'>;
  /** HTTP without TLS; loopback addresses have it anyway. */
  readonly plainHttp?: boolean;
};

/** What the files of this folder share about one repository. */
export type RepositoryContext = {
  readonly send: Send;
  /** `…/v2/NAME/` */
  readonly base: URL;
};

/** A content store with what polling needs beyond it. */
export interface RepositoryStore extends ContentStore {
  /** Asks for a tag's digest with one HEAD; undefined where the tag does not exist. A hint: it is never trusted. */
  peek(tag: string, signal?: AbortSignal): Promise<string | undefined>;
}

/** The store behind a reference; nothing is sent before the first call. */
export function openRepository({ send, reference, plainHttp = false }: RepositoryOptions): RepositoryStore {
  const scheme = plainHttp || isLoopback(reference.registry) ? 'http' : 'https';
  const context: RepositoryContext = {
    send,
    base: new URL(`${scheme}://${reference.registry}/v2/${reference.repository}/`),
  };
  const referrers = createReferrers(context, {
    resolve: (tag, signal) => resolve(context, tag, signal),
    putManifest: (content, tagOrDigest, signal) => putManifest(context, content, tagOrDigest, signal),
  });
  const store: RepositoryStore = {
    fetch: (descriptor, signal) => fetchContent(context, descriptor, signal),
    resolve: (tagOrDigest, signal) => resolve(context, tagOrDigest, signal),
    peek: (tag, signal) => peek(context, tag, signal),
    referrers: (subject, signal) => referrers.list(subject, signal),
    tags: (signal) => listTags(context, signal),
    exists: (descriptor, signal) => exists(context, descriptor, signal),
    push: async (content, signal) => {
      assertContent(content);
      const { descriptor } = content;
      const isThere = await exists(context, descriptor, signal);
      if (!isManifestType(descriptor.mediaType))
        return isThere ? undefined : pushBlob(context, descriptor, content.bytes, signal);
      if (!isThere) await putManifest(context, content, descriptor.digest, signal);
      // Also of a manifest that is there: a crash may have left it unlisted.
      return referrers.add(content, signal);
    },
    pushBlob: async (descriptor, open, signal) => {
      assertBlob(descriptor);
      if (await exists(context, descriptor, signal)) return;
      const body = {
        byteLength: descriptor.size,
        open: (given?: AbortSignal) => verifyStream(descriptor, open(given)),
      };
      await pushBlob(context, descriptor, body, signal);
    },
    takeOver: async (source, descriptor, signal) => {
      const from = contexts.get(source);
      return from !== undefined && mountBlob(context, from, descriptor, signal);
    },
    deleteTag: (tag, signal) => remove(context, parseTag(tag), signal),
    deleteManifest: (digest, signal) => remove(context, digest, signal),
    tag: (content, tag, signal) => putManifest(context, content, parseTag(tag), signal),
  };
  contexts.set(store, context);
  return store;
}

/** The repositories of this process, for mounts from one to another. */
const contexts = new WeakMap<ContentSource, RepositoryContext>();

function contentUrl({ base }: RepositoryContext, { mediaType, digest }: Descriptor): URL {
  return new URL(`${isManifestType(mediaType) ? 'manifests' : 'blobs'}/${digest}`, base);
}

async function* fetchContent(
  context: RepositoryContext,
  descriptor: Descriptor,
  signal?: AbortSignal,
): Bytes {
  const request: HttpRequest = {
    method: 'GET',
    url: contentUrl(context, descriptor),
    headers: isManifestType(descriptor.mediaType) ? { accept: descriptor.mediaType } : {},
    signal,
  };
  const answer = await context.send(request);
  await expectContent(request, answer, descriptor.digest);
  yield* verifyStream(descriptor, answer.body);
}

async function resolve(
  context: RepositoryContext,
  tagOrDigest: string,
  signal?: AbortSignal,
): Promise<Content> {
  const request: HttpRequest = {
    method: 'GET',
    url: new URL(`manifests/${isDigest(tagOrDigest) ? tagOrDigest : parseTag(tagOrDigest)}`, context.base),
    headers: { accept: manifestAccept },
    signal,
  };
  const answer = await context.send(request);
  await expectContent(request, answer, tagOrDigest);
  const bytes = await readBounded(answer, ociLimits.manifestBytes + 1);
  if (bytes.byteLength > ociLimits.manifestBytes) {
    throw new ContentError(
      'SIZE_LIMIT',
      `manifest ${tagOrDigest} has more than ${ociLimits.manifestBytes} bytes`,
    );
  }
  const mediaType = answer.header('content-type')?.split(';')[0]?.trim() ?? '';
  if (!isManifestType(mediaType))
    throw protocolError(request, `gave ${JSON.stringify(mediaType)}, no manifest`);
  // The digest is computed from what came; the header of that name is only a hint.
  if (isDigest(tagOrDigest) && computeDigest(bytes) !== tagOrDigest) {
    throw new ContentError(
      'DIGEST_MISMATCH',
      `manifest has digest ${computeDigest(bytes)}, not ${tagOrDigest}`,
    );
  }
  return { descriptor: describe(mediaType, bytes), bytes };
}

async function peek(
  context: RepositoryContext,
  tag: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const request: HttpRequest = {
    method: 'HEAD',
    url: new URL(`manifests/${parseTag(tag)}`, context.base),
    headers: { accept: manifestAccept },
    signal,
  };
  const answer = await context.send(request);
  answer.discard();
  if (answer.status === 404) return undefined;
  await expectStatus(request, answer, 200);
  const digest = answer.header('docker-content-digest');
  // Without the header the manifest itself has to say.
  return digest !== undefined && isDigest(digest)
    ? digest
    : (await resolve(context, tag, signal)).descriptor.digest;
}

async function exists(
  context: RepositoryContext,
  descriptor: Descriptor,
  signal?: AbortSignal,
): Promise<boolean> {
  const request: HttpRequest = {
    method: 'HEAD',
    url: contentUrl(context, descriptor),
    headers: isManifestType(descriptor.mediaType) ? { accept: descriptor.mediaType } : {},
    signal,
  };
  const answer = await context.send(request);
  answer.discard();
  if (answer.status === 404) return false;
  await expectStatus(request, answer, 200);
  return true;
}

async function putManifest(
  context: RepositoryContext,
  content: Content,
  tagOrDigest: string,
  signal?: AbortSignal,
): Promise<void> {
  const request: HttpRequest = {
    method: 'PUT',
    url: new URL(`manifests/${tagOrDigest}`, context.base),
    headers: { 'content-type': content.descriptor.mediaType },
    body: content.bytes,
    signal,
  };
  const answer = await context.send(request);
  await expectStatus(request, answer, 201);
  answer.discard();
}

/** Deletes what a tag or a digest names (distribution-spec, "Deleting tags", "Deleting Manifests"). */
async function remove(context: RepositoryContext, name: string, signal?: AbortSignal): Promise<boolean> {
  const request: HttpRequest = {
    method: 'DELETE',
    url: new URL(`manifests/${name}`, context.base),
    signal,
  };
  const answer = await context.send(request);
  if (answer.status === 404) {
    answer.discard();
    return false;
  }
  await expectStatus(request, answer, 202);
  answer.discard();
  return true;
}

/** 404 is an answer about content; every other status is one about the registry. */
async function expectContent(request: HttpRequest, answer: HttpAnswer, what: string): Promise<void> {
  try {
    await expectStatus(request, answer, 200);
  } catch (cause) {
    if (!(cause instanceof RegistryError) || cause.code !== 'REGISTRY_NOT_FOUND') throw cause;
    throw new ContentError(
      'CONTENT_MISSING',
      `${what} is not in ${request.url.host}${request.url.pathname.replace(/\/(?:manifests|blobs)\/.*/u, '').replace('/v2', '')}`,
      { cause },
    );
  }
}
