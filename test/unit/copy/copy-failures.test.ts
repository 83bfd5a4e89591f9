import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { copyGraph, type CopyRequest } from '../../../src/copy/copy.ts';
import { ContentError, InputError, RegistryError } from '../../../src/errors.ts';
import { createMemoryStore } from '../../../src/oci/memory-store.ts';
import { verifyStream, type ContentSource, type ContentStore } from '../../../src/oci/content-store.ts';
import { describe, emptyContent, emptyDescriptor } from '../../../src/oci/descriptor.ts';
import { computeDigest } from '../../../src/oci/digest.ts';
import { readManifestFacts } from '../../../src/oci/manifest-facts.ts';
import { formatIndex, formatManifest } from '../../../src/oci/manifest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeBlob, makeManifest, pushManifest } from '../../helpers/content-store-contract.ts';
import { assertHasGraph, seedGraph } from '../../helpers/copy-graph.ts';
import { watchStore, type StoreCall } from '../../helpers/failing-store.ts';

const v1 = [{ name: 'v1', tags: ['v1'] }];

/** A store whose calls of one method fail. */
function failing(store: ContentStore, method: StoreCall['method'], error: Error): ContentStore {
  return watchStore(store, (call) => {
    if (call.method === method) throw error;
  });
}

function refusal(): RegistryError {
  return new RegistryError('REGISTRY_DENIED', 'no access', { hint: 'Log in.', details: { status: 403 } });
}

suite('an error says its side, and stays what it is', () => {
  const methods: Readonly<Record<'source' | 'target', readonly StoreCall['method'][]>> = {
    source: ['resolve', 'fetch', 'referrers'],
    target: ['exists', 'push', 'pushBlob', 'takeOver', 'referrers', 'tag', 'resolve'],
  };
  for (const side of ['source', 'target'] as const) {
    for (const method of methods[side]) {
      test(`${method} of the ${side}`, async () => {
        const stores = { source: createMemoryStore(), target: createMemoryStore() };
        await seedGraph(stores.source);
        const broken = failing(stores[side], method, refusal());
        const strange = watchStore(stores.source, () => undefined);
        const request: CopyRequest = { ...stores, source: strange, roots: v1, [side]: broken };
        const error = await assertRejectsWithCode(copyGraph(request), RegistryError, 'REGISTRY_DENIED');
        assert.equal(error.message, `${side}: no access`);
        assert.deepEqual(error.details, { status: 403, side });
        assert.equal(error.hint, 'Log in.');
        assert.ok(error.cause instanceof RegistryError);
        assert.deepEqual(await stores.target.tags().then((tags) => tags.includes('v1')), false);
      });
    }
  }

  test('also in the middle of a blob that the target has wrapped', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    await seedGraph(source);
    const broken: ContentSource = {
      ...source,
      async *fetch(descriptor, signal) {
        yield* takeFirst(source.fetch(descriptor, signal));
        throw refusal();
      },
    };
    const wrapping: ContentStore = {
      ...target,
      async pushBlob(...given) {
        try {
          await target.pushBlob(...given);
        } catch (cause) {
          throw new RegistryError('REGISTRY_NETWORK', 'upload broke', { cause });
        }
      },
    };
    const request = { source: broken, target: wrapping, roots: v1 };
    const error = await assertRejectsWithCode(copyGraph(request), RegistryError, 'REGISTRY_DENIED');
    assert.equal(error.details['side'], 'source');
  });

  test('where the system fails', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    await seedGraph(source);
    const full = Object.assign(new Error('ENOSPC: no space left on device'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
    const request = { source, target: failing(target, 'push', full), roots: v1 };
    const error = await assertRejectsWithCode(copyGraph(request), InputError, 'FILE_UNREADABLE');
    assert.match(error.message, /^target: ENOSPC/u);
  });
});

async function* takeFirst(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk.subarray(0, 1);
    return;
  }
}

suite('a copy that breaks', () => {
  test('at any call shows no tag, leaves nothing running, and goes on where it broke', async () => {
    const source = createMemoryStore();
    const graph = await seedGraph(source);
    for (let broken = 1; ; broken += 1) {
      const target = createMemoryStore();
      let running = 0;
      const breaking = watchStore(target, async ({ number }) => {
        running += 1;
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        if (number === broken) throw refusal();
      });
      const strange = watchStore(source, () => undefined);
      const isDone = await copyGraph({ source: strange, target: breaking, roots: v1 }).then(
        () => true,
        () => false,
      );
      assert.equal(running, 0);
      if (isDone) {
        assert.ok(broken > 30);
        break;
      }
      assert.equal((await target.tags()).includes('v1'), false);
      const sent = new Set<string>();
      const again = watchStore(target, ({ method, subject }) => {
        if (method === 'push' && target.bytesOf(subject) !== undefined) sent.add(subject);
      });
      await copyGraph({ source: strange, target: again, roots: v1 });
      assert.deepEqual([...sent], [], 'manifests that were there are not sent again');
      await assertHasGraph(source, target, graph);
    }
  });

  test('because it is told to rejects with the reason', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    await seedGraph(source);
    const stop = new AbortController();
    const reason = new Error('enough');
    const stopping = watchStore(target, ({ method }) => {
      if (method === 'push') stop.abort(reason);
    });
    const request = { source, target: stopping, roots: v1, signal: stop.signal };
    await assert.rejects(copyGraph(request), (error) => error === reason);
    assert.deepEqual(await target.tags(), []);
    const aborted = { source, target, roots: v1, signal: AbortSignal.abort(reason) };
    await assert.rejects(copyGraph(aborted), (error) => error === reason);
  });

  test('ends a transfer that is under way', { timeout: 5000 }, async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const { app, other } = await seedGraph(source);
    const [, layer] = readManifestFacts(other).blobs;
    const started = Promise.withResolvers<void>();
    let isEnded = false;
    const stuck: ContentSource = {
      ...source,
      async *fetch(descriptor, signal) {
        if (descriptor.digest === layer?.digest) {
          started.resolve();
          await new Promise((_, reject) =>
            signal?.addEventListener('abort', () => reject(signal.reason)),
          ).finally(() => (isEnded = true));
        }
        yield* source.fetch(descriptor, signal);
      },
    };
    const breaking = watchStore(target, async ({ method, subject }) => {
      if (method !== 'push' || subject !== app.descriptor.digest) return;
      await started.promise;
      throw refusal();
    });
    const request = { source: stuck, target: breaking, roots: v1 };
    await assertRejectsWithCode(copyGraph(request), RegistryError, 'REGISTRY_DENIED');
    assert.ok(isEnded);
  });
});

suite('a target that drops signatures', () => {
  test('is told of, and gets no tag', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const { index, signature } = await seedGraph(source);
    const dropping: ContentStore = {
      ...target,
      referrers: async (subject) =>
        (await target.referrers(subject)).filter(({ digest }) => digest !== signature.descriptor.digest),
    };
    const request = { source, target: dropping, roots: v1 };
    const error = await assertRejectsWithCode(copyGraph(request), ContentError, 'REFERRERS_INCOMPLETE');
    assert.equal(error.details['side'], 'target');
    assert.equal(error.details['subject'], index.descriptor.digest);
    assert.ok(error.message.includes(signature.descriptor.digest));
    assert.equal((await target.tags()).includes('v1'), false);
  });

  test('as a legacy tag is told of, too', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    await seedGraph(source);
    const dropping = { ...target, tag: async () => undefined };
    const request = { source, target: dropping, roots: v1 };
    await assertRejectsWithCode(copyGraph(request), ContentError, 'REFERRERS_INCOMPLETE');
  });

  test('is no excuse for a source that lists one which it does not have', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const { signature } = await seedGraph(source);
    const lying: ContentSource = {
      ...source,
      resolve: async (name, signal) =>
        source.resolve(name === signature.descriptor.digest ? 'none' : name, signal),
    };
    const request = { source: lying, target, roots: v1 };
    const error = await assertRejectsWithCode(copyGraph(request), ContentError, 'CONTENT_MISSING');
    assert.equal(error.details['side'], 'source');
    assert.deepEqual(await target.tags(), []);
  });

  test('does not have to take what only claims to refer to it', async () => {
    const [source, target] = [createMemoryStore(), createMemoryStore()];
    const { index, other } = await seedGraph(source);
    const stranger = await pushManifest(source, 'stranger', { subject: other.descriptor });
    const lying: ContentSource = {
      ...source,
      referrers: async (subject) =>
        subject.digest === index.descriptor.digest
          ? [...(await source.referrers(subject)), stranger.descriptor]
          : (await source.referrers(subject)).filter(({ digest }) => digest !== stranger.descriptor.digest),
    };
    await copyGraph({ source: lying, target, roots: v1 });
    assert.equal(await target.exists(stranger.descriptor), false);
  });
});

suite('hostile sources end within bounds', () => {
  const refused = async (
    source: ContentSource,
    limits: CopyRequest['limits'],
    name = 'v1',
  ): Promise<void> => {
    const target = createMemoryStore();
    const request = { source, target, roots: [{ name, tags: ['v1'] }], ...(limits && { limits }) };
    const error = await assertRejectsWithCode(copyGraph(request), ContentError, 'SIZE_LIMIT');
    assert.equal(error.details['side'], 'source');
    assert.deepEqual(await target.tags(), []);
  };

  /** Index in index in index. */
  const nest = async (depth: number): Promise<ContentStore> => {
    const source = createMemoryStore();
    let content = await pushManifest(source, 'innermost');
    for (let level = 0; level < depth; level += 1) {
      content = formatIndex([content.descriptor]);
      await source.push(content);
    }
    await source.tag(content, 'v1');
    return source;
  };

  test('deep indexes', async () => {
    await refused(await nest(33), undefined);
    await copyGraph({ source: await nest(31), target: createMemoryStore(), roots: v1 });
  });

  test('chains of referrers', async () => {
    const source = createMemoryStore();
    let content = await pushManifest(source, 'first');
    await source.tag(content, 'v1');
    for (let level = 0; level < 40; level += 1)
      content = await pushManifest(source, `level ${level}`, { subject: content.descriptor });
    await refused(source, undefined);
  });

  test('an index of a hundred thousand', async () => {
    const source = createMemoryStore();
    const listed = Array.from({ length: 25_000 }, (_, number) => ({
      mediaType: mediaTypes.manifest,
      digest: computeDigest(String(number)),
      size: 100,
    }));
    const index = formatIndex(listed);
    assert.ok(index.bytes.byteLength < 4 * 1024 * 1024);
    await source.push(index);
    await source.tag(index, 'v1');
    let fetches = 0;
    const counting: ContentSource = {
      ...source,
      async *fetch() {
        fetches += 1;
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield new Uint8Array();
      },
    };
    await refused(counting, undefined);
    assert.ok(fetches < 100, `${fetches} fetches`);
  });

  test('many blobs, many bytes of manifests, many referrers', async () => {
    const source = createMemoryStore();
    const { index } = await seedGraph(source);
    await refused(source, { blobs: 3 });
    await refused(source, { manifestBytes: 1000 });
    for (let number = 0; number < 5; number += 1)
      await pushManifest(source, `referrer ${number}`, { subject: index.descriptor });
    await refused(source, { referrers: 5 });
  });

  test('one digest as two things', async () => {
    const source = createMemoryStore();
    const app = await pushManifest(source, 'app');
    const texts = [
      { ...app.descriptor, mediaType: mediaTypes.index },
      { ...app.descriptor, size: app.descriptor.size + 1 },
    ];
    for (const [number, listed] of texts.entries()) {
      const index = formatIndex([app.descriptor, listed]);
      await source.push(index);
      const request = {
        source,
        target: createMemoryStore(),
        roots: [{ name: index.descriptor.digest, tags: [] }],
      };
      const code = (['MEDIA_TYPE_UNEXPECTED', 'SIZE_MISMATCH'] as const)[number] ?? 'SIZE_LIMIT';
      await assertRejectsWithCode(copyGraph(request), ContentError, code);
    }
    const blob = makeBlob('twice');
    await source.push(blob);
    await source.push({ descriptor: emptyDescriptor, bytes: emptyContent });
    const layers = [blob.descriptor, { ...blob.descriptor, size: 3 }];
    const manifest = formatManifest({ config: emptyDescriptor, layers });
    await source.push(manifest);
    const request = {
      source,
      target: createMemoryStore(),
      roots: [{ name: manifest.descriptor.digest, tags: [] }],
    };
    await assertRejectsWithCode(copyGraph(request), ContentError, 'SIZE_MISMATCH');
  });

  test('bytes that are not what was asked for', async () => {
    const source = createMemoryStore();
    await seedGraph(source);
    const { manifest } = makeManifest('other bytes');
    const lying: ContentSource = {
      ...source,
      resolve: async (name, signal) => ({ ...(await source.resolve(name, signal)), bytes: manifest.bytes }),
    };
    const request = { source: lying, target: createMemoryStore(), roots: v1 };
    const error = await assertRejectsWithCode(copyGraph(request), ContentError, 'SIZE_MISMATCH');
    assert.equal(error.details['side'], 'source');
  });

  test('what is no manifest', async () => {
    const source = createMemoryStore();
    const bytes = new TextEncoder().encode('{}');
    const broken: ContentSource = {
      ...source,
      resolve: async () => ({ descriptor: describe(mediaTypes.manifest, bytes), bytes }),
    };
    const request = { source: broken, target: createMemoryStore(), roots: v1 };
    await assertRejectsWithCode(copyGraph(request), ContentError, 'MANIFEST_INVALID');
  });

  test('a blob that is another one', async () => {
    const source = createMemoryStore();
    await seedGraph(source);
    const lying: ContentSource = {
      ...source,
      fetch: (descriptor, signal) =>
        descriptor.mediaType.includes('manifest')
          ? source.fetch(descriptor, signal)
          : verifyStream(descriptor, zeros(descriptor.size)),
    };
    const request = { source: lying, target: createMemoryStore(), roots: v1 };
    const error = await assertRejectsWithCode(copyGraph(request), ContentError, 'DIGEST_MISMATCH');
    assert.equal(error.details['side'], 'source');
  });
});

async function* zeros(size: number): AsyncIterable<Uint8Array> {
  yield new Uint8Array(size);
}
