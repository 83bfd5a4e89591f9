// A content store in memory, for tests of thousands of calls; nothing of it is kept and nothing waits for a disk.
import { ContentError } from '../../src/errors.ts';
import { assertContent, verifyStream, type ContentStore } from '../../src/oci/content-store.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { isManifestType } from '../../src/oci/media-types.ts';

export interface MemoryStore extends ContentStore {
  /** The bytes of anything that is stored. */
  bytesOf(digest: string): Uint8Array | undefined;
  /** What tags show now. */
  shown(): ReadonlyMap<string, Digest>;
  deleteTag(tag: string): void;
}

/** An empty store; referrers are listed in the order in which they were pushed. */
export function createMemoryStore(): MemoryStore {
  const blobs = new Map<string, Uint8Array>();
  const manifests = new Map<string, Content>();
  const shownBy = new Map<string, Digest>();

  function missing(what: string): ContentError {
    return new ContentError('CONTENT_MISSING', `${what} is not there`);
  }

  return {
    bytesOf: (digest) => manifests.get(digest)?.bytes ?? blobs.get(digest),
    shown: () => new Map(shownBy),
    deleteTag: (tag) => void shownBy.delete(tag),
    async *fetch(descriptor, signal) {
      signal?.throwIfAborted();
      const bytes = blobs.get(descriptor.digest) ?? manifests.get(descriptor.digest)?.bytes;
      if (bytes === undefined) throw missing(descriptor.digest);
      yield* verifyStream(descriptor, chunksOf(bytes));
    },
    async resolve(tagOrDigest, signal) {
      signal?.throwIfAborted();
      const found = manifests.get(shownBy.get(tagOrDigest) ?? tagOrDigest);
      if (found === undefined) throw missing(tagOrDigest);
      return found;
    },
    async referrers(subject) {
      return [...manifests.values()].flatMap(({ descriptor, bytes }) => {
        const listed = Object(JSON.parse(Buffer.from(bytes).toString('utf8')));
        if (Object(listed.subject).digest !== subject.digest) return [];
        const { artifactType = Object(listed.config).mediaType, annotations } = listed;
        return [{ ...descriptor, artifactType, ...(annotations === undefined ? {} : { annotations }) }];
      });
    },
    tags: async () => [...shownBy.keys()].sort(),
    exists: async ({ mediaType, digest }: Descriptor) =>
      isManifestType(mediaType) ? manifests.has(digest) : blobs.has(digest),
    async push(content) {
      assertContent(content);
      const { mediaType, digest } = content.descriptor;
      if (!isManifestType(mediaType)) blobs.set(digest, content.bytes);
      else if (!manifests.has(digest)) manifests.set(digest, content);
    },
    async tag({ descriptor }, tag) {
      if (!manifests.has(descriptor.digest)) throw missing(descriptor.digest);
      shownBy.set(tag, descriptor.digest);
    },
  };
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
