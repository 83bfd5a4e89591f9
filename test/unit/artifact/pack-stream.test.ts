// Packing as a stream: the bytes are those of packing in memory, whatever chunks the files come in and wherever the layer
// waits. The golden digests must never change.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { gzipSync } from 'fflate';
import { fetchArtifact, pushArtifact } from '../../../src/artifact/artifact.ts';
import { packArtifact, type ArtifactFile, type PackedArtifact } from '../../../src/artifact/pack.ts';
import { spoolArtifact, type SpoolArtifactOptions } from '../../../src/artifact/pack-stream.ts';
import { unpackLayer } from '../../../src/artifact/unpack.ts';
import { ArchiveError, InputError } from '../../../src/errors.ts';
import { archiveLimits, packLimits } from '../../../src/limits.ts';
import type { Bytes } from '../../../src/oci/content-store.ts';
import { computeDigest } from '../../../src/oci/digest.ts';
import { createMemoryStore } from '../../../src/oci/memory-store.ts';
import { fileSets, noise, numberedLines, streamed } from '../../helpers/artifact-files.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeTempDir } from '../../helpers/temp.ts';

const MIB = 1024 * 1024;
const annotations = { 'org.opencontainers.image.revision': 'v1' };
const large = { ...packLimits, fileBytes: 64 * MIB, totalBytes: 64 * MIB, layerBytes: 64 * MIB };

async function readAll(bytes: Bytes): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What a stream gives, as what packing in memory gives. */
async function spooled(
  files: Parameters<typeof spoolArtifact>[0],
  options?: SpoolArtifactOptions,
): Promise<PackedArtifact> {
  const { manifest, config, layer, close } = await spoolArtifact(files, annotations, options);
  try {
    return { manifest, config, layer: { ...layer, bytes: await readAll(layer.open()) } };
  } finally {
    await close();
  }
}

function assertSame(actual: PackedArtifact, expected: PackedArtifact): void {
  assert.equal(actual.manifest.descriptor.digest, expected.manifest.descriptor.digest);
  assert.deepEqual(actual.layer.descriptor, expected.layer.descriptor);
  assert.equal(computeDigest(actual.layer.bytes), expected.layer.descriptor.digest);
  assert.deepEqual(actual.config, expected.config);
}

suite('spoolArtifact', () => {
  test('gives what packing in memory gives, in any order and any chunks', async () => {
    const chunkSizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fileSets, chunkSizes, async (files, sizes) => {
        const given = files.toReversed().map((file) => streamed(file, sizes));
        assertSame(await spooled(given), packArtifact(files, annotations));
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  test('takes files in memory and streams side by side', async () => {
    const [a, b] = [
      { path: 'a', bytes: Buffer.from('1') },
      { path: 'b', bytes: Buffer.from('22') },
    ];
    assertSame(await spooled([streamed(b, [1]), a]), packArtifact([a, b], annotations));
  });

  test('gives the same bytes from a file as from memory, as often as they are read, and leaves nothing', async (t) => {
    const directory = await makeTempDir(t);
    const files = [{ path: 'a', bytes: noise(MIB) }];
    const inFile = await spoolArtifact(files, annotations, { directory, memoryBytes: 0 });
    t.after(() => inFile.close());
    const expected = packArtifact(files, annotations).layer.bytes;
    const [first, second] = await Promise.all([readAll(inFile.layer.open()), readAll(inFile.layer.open())]);
    assert.ok(expected.byteLength > MIB);
    assert.ok(first.equals(expected) && second.equals(expected));
    await inFile.close();
    await inFile.close();
    assert.deepEqual(await readdir(directory), []);
  });

  test('is pushed to a store, and fetched back as its files', async (t) => {
    const store = createMemoryStore();
    const files = [{ path: 'a.yaml', bytes: Buffer.from('a: 1\n') }];
    const packed = await spoolArtifact(files, annotations, {
      directory: await makeTempDir(t),
      memoryBytes: 0,
    });
    t.after(() => packed.close());
    await pushArtifact(store, packed);
    assert.deepEqual(await fetchArtifact(store, packed.manifest), files);
  });
});

suite('the layer', () => {
  const before = { path: 'a', bytes: numberedLines(12 * MIB) };
  const within = { path: 'b', bytes: numberedLines(4 * MIB) };
  const beyond = { path: 'b', bytes: numberedLines(4 * MIB + 1) };

  test('is compressed at once up to 16 MiB of files, as the first version did', async () => {
    const { bytes, descriptor } = packArtifact([before, within], annotations, large).layer;
    assert.ok(Buffer.from(gzipSync(gunzipSync(bytes), { level: 9, mtime: 0 })).equals(bytes));
    assert.equal(
      descriptor.digest,
      'sha256:8545e4698942aadbadfa97e9943718ec0c6c372c35e86485c49479df7343bd9f',
    );
    const chunked = [streamed(before, [65_536]), streamed(within, [65_536])];
    assertSame(await spooled(chunked, { limits: large }), packArtifact([before, within], annotations, large));
  });

  test('is compressed in blocks above, in any chunks', async () => {
    const packed = packArtifact([before, beyond], annotations, large);
    assert.equal(
      packed.layer.descriptor.digest,
      'sha256:a227f476a7aa4e91958d476e241bf3dc35884d90e4c8c2986ffd9d9ec6e212aa',
    );
    for (const sizes of [[1000, 1_000_000], [256 * 1024], [MIB, 511]]) {
      const chunked = [streamed(before, sizes), streamed(beyond, sizes)];
      assertSame(await spooled(chunked, { limits: large, memoryBytes: 0 }), packed);
    }
    const limits = { ...archiveLimits, fileBytes: 64 * MIB, totalBytes: 64 * MIB };
    assert.deepEqual(await unpackLayer(packed.layer.bytes, limits), [before, beyond]);
  });

  test('in blocks holds what does not compress, too', async () => {
    const files = [
      { path: 'noise', bytes: noise(MIB + 1) },
      { ...before, path: 'z' },
      { ...beyond, path: 'zz' },
    ];
    const limits = { ...archiveLimits, fileBytes: 64 * MIB, totalBytes: 64 * MIB };
    const { bytes } = (await spooled(files, { limits: large })).layer;
    assert.deepEqual(await unpackLayer(bytes, limits), files);
  });

  test('is compressed in blocks where there are more files than the first version took', () => {
    const many = Array.from({ length: 20_001 }, (_, number) => ({
      path: `${number}`,
      bytes: new Uint8Array(),
    }));
    const { bytes } = packArtifact(many, {}, { ...packLimits, entries: 30_000 }).layer;
    assert.ok(!Buffer.from(gzipSync(gunzipSync(bytes), { level: 9, mtime: 0 })).equals(bytes));
  });
});

suite('spoolArtifact refuses', () => {
  async function* give(...texts: readonly string[]): Bytes {
    for (const text of texts) yield Buffer.from(text);
  }

  async function refuse(
    files: Parameters<typeof spoolArtifact>[0],
    options: SpoolArtifactOptions = {},
  ): Promise<unknown> {
    return spoolArtifact(files, {}, { memoryBytes: 0, ...options });
  }

  test('a file that changes its size while it is read, in either direction, and leaves nothing', async (t) => {
    const directory = await makeTempDir(t);
    const first = { path: 'a', bytes: numberedLines(1000) };
    for (const texts of [['12', '34'], ['123456'], ['12', '']]) {
      const changing = { path: 'b', size: 3, open: () => give(...texts) };
      await assertRejectsWithCode(refuse([first, changing], { directory }), InputError, 'FILE_UNREADABLE');
    }
    assert.deepEqual(await readdir(directory), []);
  });

  test('to go on with a file that never ends', async () => {
    let isClosed = false;
    async function* endless(): Bytes {
      try {
        for (;;) yield Buffer.alloc(1000);
      } finally {
        isClosed = true;
      }
    }
    const file = { path: 'a', size: 5000, open: endless };
    await assertRejectsWithCode(refuse([file]), InputError, 'FILE_UNREADABLE');
    assert.ok(isClosed);
  });

  test('a source that fails, with its error, after a file was begun', async (t) => {
    const directory = await makeTempDir(t);
    const failure = new InputError('FILE_UNREADABLE', 'gone');
    const files: ArtifactFile[] = [{ path: 'a', bytes: numberedLines(17 * MIB) }];
    async function* failing(): Bytes {
      yield* give('1');
      throw failure;
    }
    const options = { directory, limits: large };
    await assert.rejects(
      refuse([...files, { path: 'b', size: 2, open: failing }], options),
      (error) => error === failure,
    );
    assert.deepEqual(await readdir(directory), []);
  });

  test('what is above its limits, before a file is read', async () => {
    const open = (): Bytes => assert.fail('read');
    const limits = { ...packLimits, entries: 2, fileBytes: 10, totalBytes: 15 };
    const of = (...sizes: readonly number[]) =>
      sizes.map((size, number) => ({ path: `${number}`, size, open }));
    await assertRejectsWithCode(refuse(of(11), { limits }), ArchiveError, 'ARCHIVE_TOO_LARGE');
    await assertRejectsWithCode(refuse(of(8, 8), { limits }), ArchiveError, 'ARCHIVE_TOO_LARGE');
    await assertRejectsWithCode(refuse(of(1, 1, 1), { limits }), ArchiveError, 'ENTRY_LIMIT');
    await assertRejectsWithCode(refuse([], { limits }), ArchiveError, 'ARCHIVE_EMPTY');
    await assertRejectsWithCode(refuse(of(packLimits.fileBytes + 1)), ArchiveError, 'ARCHIVE_TOO_LARGE');
    const endless = {
      ...packLimits,
      fileBytes: Number.MAX_SAFE_INTEGER,
      totalBytes: Number.MAX_SAFE_INTEGER,
    };
    await assertRejectsWithCode(refuse(of(2 ** 33), { limits: endless }), ArchiveError, 'ARCHIVE_TOO_LARGE');
    for (const size of [Number.NaN, -1, 0.5, Infinity]) {
      await assertRejectsWithCode(refuse(of(size)), InputError, 'INPUT_INVALID');
    }
    const unsafe = { path: '../a', size: 1, open };
    await assertRejectsWithCode(refuse([unsafe]), ArchiveError, 'ENTRY_UNSAFE_PATH');
  });

  test('a layer above its limit, while it is built', async (t) => {
    const directory = await makeTempDir(t);
    const limits = { ...large, layerBytes: 100_000 };
    const files = [{ path: 'a', bytes: numberedLines(17 * MIB) }];
    await assertRejectsWithCode(refuse(files, { limits, directory }), ArchiveError, 'ARCHIVE_TOO_LARGE');
    assert.deepEqual(await readdir(directory), []);
  });

  test('a directory where nothing can be written', async (t) => {
    const directory = join(await makeTempDir(t), 'none');
    const files = [{ path: 'a', bytes: Buffer.from('1') }];
    const error = await assertRejectsWithCode(refuse(files, { directory }), InputError, 'FILE_UNREADABLE');
    assert.match(error.message, /ENOENT/u);
  });

  test('to go on once it is aborted, also by a timer', async (t) => {
    const directory = await makeTempDir(t);
    const controller = new AbortController();
    const reason = new Error('enough');
    async function* slowly(): Bytes {
      setImmediate(() => controller.abort(reason));
      for (let given = 0; given < 64; given += 1) yield Buffer.alloc(MIB);
    }
    const file = { path: 'a', size: 64 * MIB, open: slowly };
    const options = { directory, limits: large, memoryBytes: 64 * MIB, signal: controller.signal };
    await assert.rejects(refuse([file], options), (error) => error === reason);
  });
});
