// A store whose calls can be made to fail, or to be followed by something, one at a time.
import type { ContentStore } from '../../src/oci/content-store.ts';

export type StoreCall = {
  readonly number: number;
  readonly method: keyof ContentStore;
  readonly subject: string;
};

/** Passes every call on after `before` has seen it; what that throws is the call's failure. */
export function watchStore(
  store: ContentStore,
  before: (call: StoreCall) => void | Promise<void>,
): ContentStore {
  let number = 0;
  const next = async (method: keyof ContentStore, subject: string): Promise<void> => {
    number += 1;
    await before({ number, method, subject });
  };
  return {
    async *fetch(descriptor, signal) {
      await next('fetch', descriptor.digest);
      yield* store.fetch(descriptor, signal);
    },
    async resolve(tagOrDigest, signal) {
      await next('resolve', tagOrDigest);
      return store.resolve(tagOrDigest, signal);
    },
    async referrers(subject, signal) {
      await next('referrers', subject.digest);
      return store.referrers(subject, signal);
    },
    async tags(signal) {
      await next('tags', '');
      return store.tags(signal);
    },
    async exists(descriptor, signal) {
      await next('exists', descriptor.digest);
      return store.exists(descriptor, signal);
    },
    async push(content, signal) {
      await next('push', content.descriptor.digest);
      return store.push(content, signal);
    },
    async pushBlob(descriptor, open, signal) {
      await next('pushBlob', descriptor.digest);
      return store.pushBlob(descriptor, open, signal);
    },
    async takeOver(source, descriptor, signal) {
      await next('takeOver', descriptor.digest);
      return store.takeOver(source, descriptor, signal);
    },
    async deleteTag(tag, signal) {
      await next('deleteTag', tag);
      return store.deleteTag(tag, signal);
    },
    async deleteManifest(digest, signal) {
      await next('deleteManifest', digest);
      return store.deleteManifest(digest, signal);
    },
    async tag(content, tag, signal) {
      await next('tag', tag);
      return store.tag(content, tag, signal);
    },
  };
}
