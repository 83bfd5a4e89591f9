// The folder of verified artifacts: what counted is there byte by byte and nothing else, and what room there is goes to
// what is needed.
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import {
  openArtifactStore,
  type ArtifactStore,
  type ArtifactStoreOptions,
} from '../../../../puller/source/artifact-store.ts';
import { fetchBytes, type ContentStore } from '../../../../src/oci/content-store.ts';
import { describe, emptyContent, emptyDescriptor } from '../../../../src/oci/descriptor.ts';
import { digestHex, isDigest, type Digest } from '../../../../src/oci/digest.ts';
import { formatManifest, parseManifest, type Content } from '../../../../src/oci/manifest.ts';
import { createMemoryStore } from '../../../../src/oci/memory-store.ts';
import { findCandidates } from '../../../../src/signing/candidates.ts';
import { attachRaw, attestTo, pushValue, readLegacy, writeLegacy } from '../../../helpers/forging.ts';
import { signerNamed } from '../../../helpers/signers.ts';
import { withTempDir } from '../../../helpers/temp.ts';

const nobody = { running: new Set<string>(), history: new Set<string>() };

function open(folder: string, members: Partial<ArtifactStoreOptions> = {}): Promise<ArtifactStore> {
  const signal = new AbortController().signal;
  return openArtifactStore({
    folder,
    needs: () => nobody,
    onKept: () => undefined,
    log: () => undefined,
    signal,
    ...members,
  });
}

async function keep(
  artifacts: ArtifactStore,
  store: ContentStore,
  { descriptor, bytes }: Content,
  statements: readonly Digest[] = [],
): Promise<void> {
  const [layer] = parseManifest(bytes).layers;
  assert.ok(layer !== undefined);
  await keepLayer(artifacts, store, { digest: descriptor.digest, layer: layer.digest, statements });
}

async function keepLayer(
  artifacts: ArtifactStore,
  store: ContentStore,
  {
    digest,
    layer,
    statements = [],
  }: { readonly digest: Digest; readonly layer: Digest; readonly statements?: readonly Digest[] },
): Promise<void> {
  const source = { ...store, peek: async () => undefined };
  artifacts.keep({
    digest,
    layer,
    statements: new Set(statements),
    open: () => source,
  });
  await artifacts.idle();
}

suite('verified artifacts on a volume', () => {
  test('are found with the statements that counted, of both formats, after another start', async () => {
    await withTempDir(async (folder) => {
      const store = createMemoryStore();
      const artifact = await pushValue(store, 'a');
      const { digest } = artifact.descriptor;
      const signed = await attestTo(store, artifact.descriptor, await signerNamed('ci'));
      await attachRaw(store, artifact.descriptor, Buffer.from('{"stray":true}'));
      await writeLegacy(store, digest, [{ payload: Buffer.from('{}'), annotations: { a: 'b' } }]);
      const legacy = await findCandidates(store, artifact.descriptor);
      const tagged = legacy.found.find(({ format }) => format === 'legacy');
      assert.ok(tagged !== undefined);
      const needs = () => ({ running: new Set([digest]), history: new Set<string>() });
      const first = await open(folder, { needs });
      await keep(first, store, artifact, [signed.descriptor.digest, tagged.digest]);
      const again = await open(folder, { needs });
      assert.ok(again.has(digest));
      const source = await again.open(digest);
      assert.ok(source !== undefined);
      const { found } = await findCandidates(source, (await source.resolve(digest)).descriptor);
      assert.deepEqual(
        found.map(({ digest: one, bytes }) => `${one} ${Buffer.from(bytes).toString()}`).toSorted(),
        legacy.found
          .filter(({ digest: one }) => one === signed.descriptor.digest || one === tagged.digest)
          .map(({ digest: one, bytes }) => `${one} ${Buffer.from(bytes).toString()}`)
          .toSorted(),
      );
      assert.equal((await readLegacy(store, digest)).length, 1);
    });
  });

  test("are kept whole for all who read them: each one's layer and statements", async () => {
    await withTempDir(async (folder) => {
      const store = createMemoryStore();
      const layers = ['one', 'two'].map((text) => {
        const bytes = Buffer.from(text);
        return { descriptor: describe('text/plain', bytes), bytes };
      });
      const config = { descriptor: emptyDescriptor, bytes: emptyContent };
      for (const blob of [config, ...layers]) await store.push(blob);
      const artifact = formatManifest({
        config: emptyDescriptor,
        layers: layers.map(({ descriptor }) => descriptor),
      });
      await store.push(artifact);
      const { digest } = artifact.descriptor;
      const needs = () => ({ running: new Set([digest]), history: new Set<string>() });
      const wanted: Digest[] = [];
      for (const [index, { descriptor }] of layers.entries()) {
        const signed = await attestTo(store, artifact.descriptor, await signerNamed(`ci${index}`));
        wanted.push(signed.descriptor.digest);
        // Each by a process of its own: what is there must be known after another start, too.
        const statements = [signed.descriptor.digest];
        await keepLayer(await open(folder, { needs }), store, {
          digest,
          layer: descriptor.digest,
          statements,
        });
      }
      const source = await (await open(folder, { needs })).open(digest);
      assert.ok(source !== undefined);
      for (const { descriptor } of layers) await fetchBytes(source, descriptor, descriptor.size);
      const { found } = await findCandidates(source, artifact.descriptor);
      assert.deepEqual(found.map((one) => one.digest).toSorted(), wanted.toSorted());
    });
  });

  test('are discarded where they are damaged, and not for a spec that does not fit', async () => {
    await withTempDir(async (folder) => {
      const store = createMemoryStore();
      const artifact = await pushValue(store, 'a');
      const { digest } = artifact.descriptor;
      const needs = () => ({ running: new Set([digest]), history: new Set<string>() });
      const artifacts = await open(folder, { needs });
      await keep(artifacts, store, artifact);
      await artifacts.discard(digest);
      assert.ok(artifacts.has(digest));
      const [layer] = parseManifest(artifact.bytes).layers;
      assert.ok(layer !== undefined);
      const blob = join(folder, digestHex(digest), 'blobs', 'sha256', digestHex(layer.digest));
      const damaged = await readFile(blob);
      damaged.fill(0, 0, 1);
      await chmod(blob, 0o600);
      await writeFile(blob, damaged);
      await artifacts.discard(digest);
      assert.ok(!artifacts.has(digest));
      await keep(artifacts, store, artifact);
      await rm(blob);
      await artifacts.discard(digest);
      assert.ok(!artifacts.has(digest));
    });
  });

  test('are removed once nobody needs them, as is what a kill left', async () => {
    await withTempDir(async (folder) => {
      const store = createMemoryStore();
      await mkdir(join(folder, 'half.new'));
      await writeFile(join(folder, 'half.new', 'x'), 'x');
      const running = new Set<string>();
      const artifacts = await open(folder, { needs: () => ({ running, history: new Set() }) });
      assert.deepEqual(await readdir(folder), []);
      const artifact = await pushValue(store, 'a');
      running.add(artifact.descriptor.digest);
      await keep(artifacts, store, artifact);
      assert.equal((await readdir(folder)).length, 1);
      running.clear();
      artifacts.tidy();
      await artifacts.idle();
      assert.deepEqual(await readdir(folder), []);
    });
  });

  test('have a bound: histories give way, the one used longest ago first, what runs does not', async () => {
    await withTempDir(async (folder) => {
      const store = createMemoryStore();
      const contents = await Promise.all(['a', 'b', 'c', 'd'].map((value) => pushValue(store, value)));
      const digests = contents.map(({ descriptor }) => descriptor.digest);
      const [a, b, c, d] = digests;
      assert.ok(a !== undefined && b !== undefined && c !== undefined && d !== undefined);
      const needs = () => ({ running: new Set([a]), history: new Set(digests) });
      const roomy = await open(folder, { needs });
      for (const content of contents.slice(0, 3)) await keep(roomy, store, content);
      const bytes = 3 * 900;
      const tight = await open(folder, { needs, maxBytes: bytes });
      await tight.open(b);
      const [, , , last] = contents;
      assert.ok(last !== undefined);
      await keep(tight, store, last);
      const kept = digests.filter((digest) => tight.has(digest));
      assert.ok(kept.includes(a), 'what runs stays');
      assert.ok(!kept.includes(c), 'the one used longest ago went');
      assert.ok(kept.every((digest) => isDigest(digest)));
    });
  });

  test('stay as they are where there is no room for them with one statement more', async () => {
    await withTempDir(async (folder) => {
      const store = createMemoryStore();
      const artifact = await pushValue(store, 'a');
      const { digest } = artifact.descriptor;
      const needs = () => ({ running: new Set([digest]), history: new Set<string>() });
      await keep(await open(folder, { needs }), store, artifact);
      const signed = await attestTo(store, artifact.descriptor, await signerNamed('ci'));
      const tight = await open(folder, { needs, maxBytes: 900 });
      await keep(tight, store, artifact, [signed.descriptor.digest]);
      assert.ok(tight.has(digest));
      const source = await tight.open(digest);
      assert.ok(source !== undefined);
      const { found } = await findCandidates(source, artifact.descriptor);
      assert.deepEqual(found, []);
    });
  });
});
