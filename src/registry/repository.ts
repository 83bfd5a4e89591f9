// A repository of a remote registry as a content store (distribution-spec 1.1).
import {
  assertBlob,
  assertContent,
  verifyStream,
  type ContentSource,
  type ContentStore,
  type OpenBytes,
  type PushOptions,
  type RemoteStore,
} from '../oci/content-store.ts';
import type { Digest } from '../oci/digest.ts';
import type { Content } from '../oci/manifest.ts';
import { isManifestType } from '../oci/media-types.ts';
import { httpLimits } from '../limits.ts';
import { isLoopback, parseTag, type Reference } from '../oci/reference.ts';
import { hasContent } from './content-check.ts';
import type { RepositoryContext } from './context.ts';
import { fetchContent } from './download.ts';
import type { Send } from './http.ts';
import {
  deleteManifest,
  deleteTag,
  glanceManifest,
  peekTag,
  putManifest,
  resolveManifest,
} from './manifests.ts';
import { mountBlob } from './mount.ts';
import { removeFromTag } from './referrers-tag.ts';
import { addReferrer, attachReferrers, findSubject, listReferrers } from './referrers.ts';
import { usualRetries, type RetryOptions } from './retry.ts';
import { listTags } from './tags.ts';
import { pushBlob } from './upload.ts';

export type RepositoryOptions = {
  readonly send: Send;
  readonly reference: Pick<Reference, 'registry' | 'repository'>;
  /** HTTP without TLS; loopback addresses have it anyway. */
  readonly plainHttp?: boolean;
  /** How to wait before an upload starts over or a download goes on. */
  readonly retries?: RetryOptions;
};

/** A content store with what polling needs beyond it. */
export interface RepositoryStore extends ContentStore, RemoteStore {
  /**
   * Asks for a tag's digest with one HEAD; undefined where the tag does not exist. A hint: it is never trusted.
   * @param known what the tag showed before; the registry may answer that it still does
   */
  peek(tag: string, signal?: AbortSignal, known?: string): Promise<string | undefined>;
}

/** The store behind a reference; nothing is sent before the first call. */
export function openRepository(options: RepositoryOptions): RepositoryStore {
  const { send, reference, plainHttp = false, retries = usualRetries } = options;
  const scheme = plainHttp || isLoopback(reference.registry) ? 'http' : 'https';
  const base = new URL(`${scheme}://${reference.registry}/v2/${reference.repository}/`);
  const context: RepositoryContext = { send, base, retries };
  const store: RepositoryStore = {
    fetch: (...what) => fetchContent(context, ...what),
    resolve: (tagOrDigest, signal) => resolveManifest(context, tagOrDigest, signal),
    peek: (tag, signal, known) => peekTag(context, tag, { known, signal }),
    glance: (tagOrDigest, signal) => glanceManifest(context, tagOrDigest, signal),
    referrers: ({ digest }, signal, options) => listReferrers(context, { ...options, digest, signal }),
    attach: ({ digest }, referrers, signal, options) =>
      attachReferrers(context, { ...options, digest, signal }, referrers),
    tags: (signal) => listTags(context, signal),
    settleMs: httpLimits.settleMs,
    exists: (descriptor, signal) => hasContent(context, descriptor, signal),
    push: (content, signal, options) => push(context, content, { ...options, signal }),
    pushBlob: async (descriptor, open, signal) => {
      assertBlob(descriptor);
      if (await hasContent(context, descriptor, signal)) return;
      const body = {
        byteLength: descriptor.size,
        open: (...how: Parameters<OpenBytes>) => verifyStream(descriptor, open(...how)),
      };
      await pushBlob(context, { descriptor, body, signal });
    },
    takeOver: async (source, descriptor, signal) => {
      const from = contexts.get(source);
      return from !== undefined && mountBlob(context, from, descriptor, signal);
    },
    tag: (content, tag, signal) => putManifest(context, content, parseTag(tag), signal),
    deleteTag: (tag, signal) => deleteTag(context, tag, signal),
    deleteManifest: (digest, signal) => deleteWithEntry(context, digest, signal),
  };
  contexts.set(store, context);
  return store;
}

/** The repositories of this process, for mounts from one to another. */
const contexts = new WeakMap<ContentSource, RepositoryContext>();

type Pushing = PushOptions & { readonly signal: AbortSignal | undefined };

async function push(
  context: RepositoryContext,
  content: Content,
  { signal, isNew = false, isUnlisted = false }: Pushing,
): Promise<void> {
  assertContent(content);
  const { descriptor, bytes } = content;
  const isThere = !isNew && (await hasContent(context, descriptor, signal));
  if (!isManifestType(descriptor.mediaType)) {
    if (!isThere) await pushBlob(context, { descriptor, body: bytes, signal });
    return;
  }
  if (!isThere) await putManifest(context, content, descriptor.digest, signal);
  // Also of a manifest that is there: a crash may have left it unlisted.
  if (!isUnlisted) await addReferrer(context, content, signal);
}

/** Deletes a manifest, and its entry in the referrers tag of its subject: nobody else takes it out there. */
async function deleteWithEntry(
  context: RepositoryContext,
  digest: Digest,
  signal?: AbortSignal,
): Promise<boolean> {
  const subject = await findSubject(context, digest, signal);
  const isDeleted = await deleteManifest(context, digest, signal);
  if (isDeleted && subject !== undefined) await removeFromTag(context, { subject, signal }, digest);
  return isDeleted;
}
