// The interfaces through which everything above sees OCI content: memory, image layouts and registries implement
// them, so that push, copy, verify and pull are written once. Content is named by descriptor, never by location.
import { ContentError } from '../errors.ts';
import type { Descriptor } from './descriptor.ts';
import { computeDigest, finishDigest, startDigest, type Digest } from './digest.ts';
import type { Content } from './manifest.ts';
import { isManifestType } from './media-types.ts';

export type Bytes = AsyncIterable<Uint8Array>;

export type ReadOptions = {
  /**
   * Whoever reads is done with a chunk when it asks for the next one: its memory may be used again. Large content then
   * passes through a few buffers, and the garbage collector has nothing to do.
   */
  readonly isChunkLent?: boolean;
};

/** Starts to read content from its beginning, as often as it is asked: an upload may have to start over. */
export type OpenBytes = (signal?: AbortSignal, options?: ReadOptions) => Bytes;

/** What whoever asks for referrers knows of the store. */
export type ReferrersOptions = {
  /** False where it is known that the store has no referrers tag of this subject. */
  readonly mayHaveTag?: boolean;
  /** The work over many manifests that the question belongs to: what that has learned of a registry is not asked again. */
  readonly work?: object | undefined;
};

/** What can be read. */
export interface ContentSource {
  /**
   * The content of a descriptor, as a stream that fails at its end if digest or size are not the descriptor's, and
   * never gives more bytes than its size.
   * @throws ContentError `CONTENT_MISSING`, `DIGEST_MISMATCH`, `SIZE_MISMATCH`
   */
  fetch(descriptor: Descriptor, signal?: AbortSignal, options?: ReadOptions): Bytes;
  /**
   * The descriptor behind a tag or a digest, computed from the manifest's bytes.
   * @throws ContentError `CONTENT_MISSING` where there is none
   */
  resolve(tagOrDigest: string, signal?: AbortSignal): Promise<Content>;
  /** Descriptors of the manifests whose subject is this one; types are hints, each manifest is to be looked at. */
  referrers(
    subject: Descriptor,
    signal?: AbortSignal,
    options?: ReferrersOptions,
  ): Promise<readonly Descriptor[]>;
  /** The tags, sorted. */
  tags(signal?: AbortSignal): Promise<readonly string[]>;
}

/** What a store has beyond where each question goes a long way: a registry. */
export interface RemoteSource {
  /** What a tag or a digest shows, as it is said without giving it: a hint. Undefined where it is not there. */
  glance(tagOrDigest: string, signal?: AbortSignal): Promise<Descriptor | undefined>;
}

/** The same of a store that can be written. */
export interface RemoteStore extends RemoteSource {
  /**
   * Has manifests that were pushed `isUnlisted` listed as referrers of their subject, all in one write. True where what
   * was written is to be looked at once more, after the store's `settleMs`.
   * @param referrers as {@link ContentSource.referrers} is to give them
   */
  attach(
    subject: Descriptor,
    referrers: readonly Descriptor[],
    signal?: AbortSignal,
    options?: ReferrersOptions,
  ): Promise<boolean>;
}

export type PushOptions = {
  /** Whoever pushes has asked just now, and it was not there. */
  readonly isNew?: boolean;
  /** A registry without the referrers API does not list the manifest yet: {@link RemoteStore.attach} will. */
  readonly isUnlisted?: boolean;
};

/** What can be written, too. */
export interface ContentStore extends ContentSource {
  /** Time (ms) after which a tag that others may be writing as well shows what came of it; absent where that is at once. */
  readonly settleMs?: number;
  exists(descriptor: Descriptor, signal?: AbortSignal): Promise<boolean>;
  /** Stores content under its digest; content that is there already is left alone. */
  push(content: Content, signal?: AbortSignal, options?: PushOptions): Promise<void>;
  /**
   * Stores a blob of any size while it is read; one that is there already is not read at all. Nothing is visible
   * under the digest before every byte was checked.
   * @throws ContentError `DIGEST_MISMATCH`, `SIZE_MISMATCH`, `MEDIA_TYPE_UNEXPECTED` for a manifest, and what `open` throws
   */
  pushBlob(descriptor: Descriptor, open: OpenBytes, signal?: AbortSignal): Promise<void>;
  /**
   * Takes a blob over from another store without its bytes coming through this process: a mount within a registry, a
   * link within a file system. False where these two stores can't, or where the source has no such blob.
   */
  takeOver(source: ContentSource, descriptor: Descriptor, signal?: AbortSignal): Promise<boolean>;
  /** Points a tag to a manifest that is stored here. */
  tag(content: Content, tag: string, signal?: AbortSignal): Promise<void>;
  /** Removes a tag, and nothing of what it shows; false where there was none. */
  deleteTag(tag: string, signal?: AbortSignal): Promise<boolean>;
  /** Removes a manifest with the tags that show it; its blobs may stay. False where there was none. */
  deleteManifest(digest: Digest, signal?: AbortSignal): Promise<boolean>;
}

/**
 * Reads a whole content into memory.
 * @param maxBytes bytes above which it is refused before a byte is asked for
 * @throws ContentError `SIZE_LIMIT` and what {@link ContentSource.fetch} throws
 */
export async function fetchBytes(
  source: Pick<ContentSource, 'fetch'>,
  descriptor: Descriptor,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (descriptor.size > maxBytes) {
    throw new ContentError(
      'SIZE_LIMIT',
      `${descriptor.digest} has ${descriptor.size} bytes, more than ${maxBytes}`,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.fetch(descriptor, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * Refuses content that is not what its descriptor says, before it is stored anywhere.
 * @throws ContentError `SIZE_MISMATCH`, `DIGEST_MISMATCH`
 */
export function assertContent({ descriptor, bytes }: Content): void {
  if (bytes.byteLength !== descriptor.size) {
    throw new ContentError(
      'SIZE_MISMATCH',
      `${descriptor.digest} has ${bytes.byteLength} bytes, not ${descriptor.size}`,
    );
  }
  const digest = computeDigest(bytes);
  if (digest !== descriptor.digest) {
    throw new ContentError('DIGEST_MISMATCH', `content has digest ${digest}, not ${descriptor.digest}`);
  }
}

/**
 * Refuses to stream a manifest in: stores have to parse those.
 * @throws ContentError `MEDIA_TYPE_UNEXPECTED`
 */
export function assertBlob({ mediaType, digest }: Descriptor): void {
  if (!isManifestType(mediaType)) return;
  throw new ContentError('MEDIA_TYPE_UNEXPECTED', `${digest} is a manifest (${mediaType}), no blob`);
}

/**
 * Passes a stream on while it checks it: nothing above the descriptor's size is let through, and the end fails
 * unless size and digest are the descriptor's. What this function has given for the same content is given as it is: each
 * byte is hashed once, however many stores it goes through.
 * @throws ContentError `SIZE_MISMATCH`, `DIGEST_MISMATCH`
 */
export function verifyStream(descriptor: Descriptor, chunks: Bytes): Bytes {
  const { digest, size } = descriptor;
  const known = checked.get(chunks);
  if (known?.isOpen === false && known.digest === digest && known.size === size) return chunks;
  return seal({ digest, size }, check(descriptor, chunks));
}

/** Called while a stream is read. */
export type StreamWatch = {
  /** Bytes of a chunk that is about to be given. */
  onBytes(count: number): void;
  /** What the stream failed with; it goes on to the reader. */
  onError?(error: unknown): void;
};

/** Watches a stream go by. It sees no bytes, so what {@link verifyStream} has given stays as good as it was. */
export function watchStream(chunks: Bytes, watch: StreamWatch): Bytes {
  const known = checked.get(chunks);
  const watched = passOn(chunks, watch);
  return known?.isOpen === false ? seal(known, watched) : watched;
}

type Checked = { readonly digest: Digest; readonly size: number };

/** Streams that are checked while they are read, of this module's making alone. One that somebody began to read is none. */
const checked = new WeakMap<Bytes, Checked & { isOpen: boolean }>();

/** Lets a checked stream be read once and from its beginning: a rest must not pass for the whole. */
function seal({ digest, size }: Checked, inner: Bytes): Bytes {
  const state = { digest, size, isOpen: false };
  const sealed: Bytes = Object.freeze({
    [Symbol.asyncIterator]() {
      if (state.isOpen) throw new ContentError('SIZE_MISMATCH', `${digest} has been read already`);
      state.isOpen = true;
      return inner[Symbol.asyncIterator]();
    },
  });
  checked.set(sealed, state);
  return sealed;
}

async function* passOn(chunks: Bytes, watch: StreamWatch): Bytes {
  try {
    for await (const chunk of chunks) {
      watch.onBytes(chunk.byteLength);
      yield chunk;
    }
  } catch (error) {
    watch.onError?.(error);
    throw error;
  }
}

async function* check(descriptor: Descriptor, chunks: Bytes): Bytes {
  const hash = startDigest();
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > descriptor.size) {
      throw new ContentError(
        'SIZE_MISMATCH',
        `${descriptor.digest} is longer than its ${descriptor.size} bytes`,
      );
    }
    hash.update(chunk);
    yield chunk;
  }
  if (size !== descriptor.size) {
    throw new ContentError('SIZE_MISMATCH', `${descriptor.digest} has ${size} bytes, not ${descriptor.size}`);
  }
  const digest = finishDigest(hash);
  if (digest !== descriptor.digest) {
    throw new ContentError('DIGEST_MISMATCH', `content has digest ${digest}, not ${descriptor.digest}`);
  }
}
