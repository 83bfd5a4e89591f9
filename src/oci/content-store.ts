// The interfaces through which everything above sees OCI content: memory, image layouts and registries implement
// them, so that push, copy, verify and pull are written once. Content is named by descriptor, never by location.
import { ContentError } from '../errors.ts';
import type { Descriptor } from './descriptor.ts';
import { computeDigest, finishDigest, startDigest } from './digest.ts';
import type { Content } from './manifest.ts';

export type Bytes = AsyncIterable<Uint8Array>;

/** What can be read. */
export interface ContentSource {
  /**
   * The content of a descriptor, as a stream that fails at its end if digest or size are not the descriptor's, and
   * never gives more bytes than its size.
   * @throws ContentError `CONTENT_MISSING`, `DIGEST_MISMATCH`, `SIZE_MISMATCH`
   */
  fetch(descriptor: Descriptor, signal?: AbortSignal): Bytes;
  /**
   * The descriptor behind a tag or a digest, computed from the manifest's bytes.
   * @throws ContentError `CONTENT_MISSING` where there is none
   */
  resolve(tagOrDigest: string, signal?: AbortSignal): Promise<Content>;
  /** Descriptors of the manifests whose subject is this one; types are hints, each manifest is to be looked at. */
  referrers(subject: Descriptor, signal?: AbortSignal): Promise<readonly Descriptor[]>;
  /** The tags, sorted. */
  tags(signal?: AbortSignal): Promise<readonly string[]>;
}

/** What can be written, too. */
export interface ContentStore extends ContentSource {
  exists(descriptor: Descriptor, signal?: AbortSignal): Promise<boolean>;
  /** Stores content under its digest; content that is there already is left alone. */
  push(content: Content, signal?: AbortSignal): Promise<void>;
  /** Points a tag to a manifest that is stored here. */
  tag(content: Content, tag: string, signal?: AbortSignal): Promise<void>;
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
 * Passes a stream on while it checks it: nothing above the descriptor's size is let through, and the end fails
 * unless size and digest are the descriptor's.
 * @throws ContentError `SIZE_MISMATCH`, `DIGEST_MISMATCH`
 */
export async function* verifyStream(descriptor: Descriptor, chunks: Bytes): Bytes {
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
