// A content store in memory: for what is small and goes away with the process, as an artifact on its way.
import { ContentError } from '../errors.ts';
import { assertBlob, assertContent, verifyStream, type Bytes, type ContentStore } from './content-store.ts';
import type { Digest } from './digest.ts';
import type { Content } from './manifest.ts';
import { describeReferrer, readManifestFacts, type ManifestFacts } from './manifest-facts.ts';
import { isManifestType } from './media-types.ts';
import { parseTag } from './reference.ts';

export interface MemoryStore extends ContentStore {
  /** The bytes of anything that is stored. */
  bytesOf(digest: string): Uint8Array | undefined;
  /** What tags show now. */
  shown(): ReadonlyMap<string, Digest>;
}

type Manifest = { readonly content: Content; readonly facts: ManifestFacts };

/** An empty store; referrers are listed in the order in which they were pushed. */
export function createMemoryStore(): MemoryStore {
  const blobs = new Map<string, Uint8Array>();
  const manifests = new Map<string, Manifest>();
  const shownBy = new Map<string, Digest>();
  const bytesOf = (digest: string): Uint8Array | undefined =>
    manifests.get(digest)?.content.bytes ?? blobs.get(digest);
  const store: MemoryStore = {
    bytesOf,
    shown: () => new Map(shownBy),
    fetch: (descriptor, signal) =>
      verifyStream(
        descriptor,
        once(() => {
          signal?.throwIfAborted();
          const bytes = bytesOf(descriptor.digest);
          if (bytes === undefined) throw missing(descriptor.digest);
          return bytes;
        }),
      ),
    async resolve(tagOrDigest, signal) {
      signal?.throwIfAborted();
      const found = manifests.get(shownBy.get(tagOrDigest) ?? tagOrDigest);
      if (found === undefined) throw missing(tagOrDigest.slice(0, 140));
      return found.content;
    },
    async referrers(subject, signal) {
      signal?.throwIfAborted();
      return [...manifests.values()]
        .filter(({ facts }) => facts.subject?.digest === subject.digest)
        .map(({ content, facts }) => describeReferrer(content.descriptor, facts));
    },
    async tags(signal) {
      signal?.throwIfAborted();
      return [...shownBy.keys()].sort();
    },
    async exists({ mediaType, digest }, signal) {
      signal?.throwIfAborted();
      return isManifestType(mediaType) ? manifests.has(digest) : blobs.has(digest);
    },
    async push(content, signal) {
      signal?.throwIfAborted();
      assertContent(content);
      const { mediaType, digest } = content.descriptor;
      if (!isManifestType(mediaType)) blobs.set(digest, content.bytes);
      else if (!manifests.has(digest)) manifests.set(digest, { content, facts: readManifestFacts(content) });
    },
    async pushBlob(descriptor, open, signal) {
      signal?.throwIfAborted();
      assertBlob(descriptor);
      if (blobs.has(descriptor.digest)) return;
      const chunks: Uint8Array[] = [];
      for await (const chunk of verifyStream(descriptor, open(signal))) chunks.push(chunk);
      blobs.set(descriptor.digest, Buffer.concat(chunks));
    },
    async takeOver(source, descriptor, signal) {
      signal?.throwIfAborted();
      const bytes = stores.get(source)?.bytesOf(descriptor.digest);
      if (bytes?.byteLength !== descriptor.size) return false;
      blobs.set(descriptor.digest, bytes);
      return true;
    },
    async tag({ descriptor: { digest } }, tag, signal) {
      signal?.throwIfAborted();
      parseTag(tag);
      if (!manifests.has(digest)) throw missing(digest);
      shownBy.set(tag, digest);
    },
    async deleteTag(tag, signal) {
      signal?.throwIfAborted();
      return shownBy.delete(tag);
    },
    async deleteManifest(digest, signal) {
      signal?.throwIfAborted();
      for (const [tag, shown] of shownBy) if (shown === digest) shownBy.delete(tag);
      return manifests.delete(digest);
    },
  };
  stores.set(store, store);
  return store;
}

/** The memory stores of this process, to take content over from one another. */
const stores = new WeakMap<object, MemoryStore>();

/** Reads when it is asked to. */
async function* once(read: () => Uint8Array): Bytes {
  yield read();
}

function missing(what: string): ContentError {
  return new ContentError('CONTENT_MISSING', `${what} is not in memory`);
}
