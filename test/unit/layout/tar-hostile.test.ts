// Tars that nobody honest writes, or that two readers could read in two ways, and odd ones that honest tools do write.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { ContentError, SealiftError, type ContentCode } from '../../../src/errors.ts';
import { openLayoutTar, type LayoutTarSource } from '../../../src/layout/tar-store.ts';
import { fetchBytes } from '../../../src/oci/content-store.ts';
import { digestHex } from '../../../src/oci/digest.ts';
import { formatIndex } from '../../../src/oci/manifest.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeBlob, makeManifest } from '../../helpers/content-store-contract.ts';
import { endOfArchive, paxEntry, rawEntry, type RawEntry } from '../../helpers/tar.ts';
import { makeTempDir, withTempDir } from '../../helpers/temp.ts';

const { manifest, layer } = makeManifest('in a tar');
const ref = { 'org.opencontainers.image.ref.name': 'v1' };
const indexJson = formatIndex([{ ...manifest.descriptor, annotations: ref }]).bytes;
const blobPath = `blobs/sha256/${digestHex(manifest.descriptor.digest)}`;

const version: RawEntry = { path: 'oci-layout', body: '{"imageLayoutVersion":"1.0.0"}' };
const index: RawEntry = { path: 'index.json', body: indexJson };
const blob: RawEntry = { path: blobPath, body: manifest.bytes };
const layerBlob: RawEntry = {
  path: `blobs/sha256/${digestHex(layer.descriptor.digest)}`,
  body: layer.bytes,
};

type Part = RawEntry | Buffer;

function tarOf(...parts: readonly Part[]): Buffer {
  return Buffer.concat([
    ...parts.map((part) => (Buffer.isBuffer(part) ? part : rawEntry(part))),
    endOfArchive,
  ]);
}

async function open(t: TestContext, bytes: Uint8Array): Promise<LayoutTarSource> {
  const path = join(await makeTempDir(t), 'layout.tar');
  await writeFile(path, bytes);
  const source = await openLayoutTar(path);
  t.after(() => source.close());
  return source;
}

async function assertReadable(source: LayoutTarSource): Promise<void> {
  assert.deepEqual(await source.tags(), ['v1']);
  assert.deepEqual(Buffer.from((await source.resolve('v1')).bytes), Buffer.from(manifest.bytes));
  assert.deepEqual(Buffer.from(await fetchBytes(source, layer.descriptor, 1000)), Buffer.from(layer.bytes));
}

suite('a tar of others is read', () => {
  const longName = `${'d'.repeat(120)}/layer.tar`;
  const cases: Readonly<Record<string, readonly Part[]>> = {
    plain: [version, index, blob, layerBlob],
    'in any order': [layerBlob, blob, index, version],
    'with folders, and names that start with ./': [
      { path: './', flag: '5' },
      { path: './blobs/', flag: '5' },
      ...[version, index, blob, layerBlob].map((entry) => ({ ...entry, path: `./${entry.path}` })),
    ],
    'with files and links that are none of a layout': [
      { path: 'manifest.json', body: '[]' },
      { path: 'blobs/sha512/abc', body: 'x' },
      { path: '../../etc/passwd', body: 'x' },
      { path: 'old/layer.tar', flag: '2', link: '../blobs' },
      { path: 'dev', flag: '3' },
      version,
      index,
      blob,
      layerBlob,
    ],
    'with pax headers': [
      paxEntry({ comment: 'all of them' }, 'g'),
      version,
      index,
      paxEntry({ mtime: '1.5', path: blobPath, size: String(manifest.bytes.byteLength) }),
      { ...blob, path: 'short', size: '00000000000\0' },
      layerBlob,
    ],
    'with a long name of GNU’s': [
      version,
      index,
      { path: '././@LongLink', flag: 'L', body: `${longName}\0` },
      { path: longName.slice(0, 99), body: 'x' },
      blob,
      layerBlob,
    ],
    'with a size for the file, and a long name between': [
      version,
      index,
      paxEntry({ size: String(manifest.bytes.byteLength) }),
      { path: '././@LongLink', flag: 'L', body: `${blobPath}\0` },
      { ...blob, path: 'short', size: '00000000000\0' },
      layerBlob,
    ],
    'with files of before POSIX': [{ ...version, flag: '\0' }, index, { ...blob, flag: '7' }, layerBlob],
  };
  for (const [name, parts] of Object.entries(cases)) {
    test(name, async (t) => assertReadable(await open(t, tarOf(...parts))));
  }

  test('without its end', async (t) => {
    await assertReadable(await open(t, tarOf(version, index, blob, layerBlob).subarray(0, -1024)));
  });
});

suite('a tar is refused', () => {
  const good = tarOf(version, index, blob, layerBlob);
  const comment = 'x\n30 path=index.json\n';
  const cases: Readonly<Record<string, readonly [Uint8Array, ContentCode]>> = {
    'that is empty': [Buffer.alloc(0), 'LAYOUT_INVALID'],
    'that is none': [Buffer.from('hello'.repeat(500)), 'LAYOUT_INVALID'],
    'that is compressed': [gzipSync(good), 'LAYOUT_INVALID'],
    'without index.json': [tarOf(version, blob), 'LAYOUT_INVALID'],
    'without oci-layout': [tarOf(index, blob), 'LAYOUT_INVALID'],
    'of another version': [
      tarOf({ ...version, body: '{"imageLayoutVersion":"2.0.0"}' }, index),
      'LAYOUT_INVALID',
    ],
    'whose index.json is none': [tarOf(version, { ...index, body: '[]' }), 'LAYOUT_INVALID'],
    'with index.json twice': [tarOf(version, index, index), 'LAYOUT_INVALID'],
    'with index.json twice, one as ./index.json': [
      tarOf(version, index, { ...index, path: './index.json' }),
      'LAYOUT_INVALID',
    ],
    'with a blob twice': [tarOf(version, index, blob, blob), 'LAYOUT_INVALID'],
    'whose index.json is a symbolic link': [
      tarOf(version, { path: 'index.json', flag: '2', link: '/etc/passwd' }),
      'LAYOUT_INVALID',
    ],
    'whose blob is a hard link': [
      tarOf(version, index, { path: blobPath, flag: '1', link: 'index.json' }),
      'LAYOUT_INVALID',
    ],
    'whose blob is a device': [tarOf(version, index, { path: blobPath, flag: '4' }), 'LAYOUT_INVALID'],
    'with a link that has bytes': [
      tarOf(version, index, { path: 'link', flag: '2', link: 'x', body: 'bytes' }),
      'LAYOUT_INVALID',
    ],
    'with a sparse file': [tarOf(version, { path: 'sparse', flag: 'S' }, index), 'LAYOUT_INVALID'],
    'with a sparse file of pax': [
      tarOf(version, paxEntry({ 'GNU.sparse.name': 'index.json' }), index),
      'LAYOUT_INVALID',
    ],
    'that gives one file two paths': [
      tarOf(
        version,
        { path: '././@LongLink', flag: 'L', body: 'index.json\0' },
        paxEntry({ path: 'other' }),
        index,
      ),
      'LAYOUT_INVALID',
    ],
    'that gives all files one path': [
      tarOf(paxEntry({ path: 'index.json' }, 'g'), version, index),
      'LAYOUT_INVALID',
    ],
    'that gives all files one size': [tarOf(paxEntry({ size: '0' }, 'g'), version, index), 'LAYOUT_INVALID'],
    'with a pax header of wrong lengths': [
      tarOf(rawEntry({ path: 'x', flag: 'x', body: '99 path=a\n' }), version, index),
      'LAYOUT_INVALID',
    ],
    'with a pax size that is none': [tarOf(version, paxEntry({ size: '1e3' }), index), 'LAYOUT_INVALID'],
    'with a path hidden in a comment, which stays one': [
      tarOf(version, paxEntry({ comment }), { ...index, path: 'not-the-index' }),
      'LAYOUT_INVALID',
    ],
    'that is cut off in a file': [good.subarray(0, 512 + 100), 'LAYOUT_INVALID'],
    'that is cut off in a header': [good.subarray(0, 1024 + 100), 'LAYOUT_INVALID'],
    'whose file is larger than the tar': [
      tarOf(version, index, { ...blob, size: '77777777777\0' }),
      'LAYOUT_INVALID',
    ],
    'with a size below zero': [
      tarOf(version, { ...index, size: Buffer.from([0xff, ...Array<number>(11).fill(0xff)]) }),
      'LAYOUT_INVALID',
    ],
    'that goes on behind its end': [
      Buffer.concat([tarOf(version, index).subarray(0, -512), rawEntry(blob), endOfArchive]),
      'LAYOUT_INVALID',
    ],
    'with a pax header that is too large': [
      tarOf(version, paxEntry({ comment: 'x'.repeat(70_000) }), index),
      'SIZE_LIMIT',
    ],
    'with an index.json that is too large': [
      tarOf(version, { ...index, size: '00400000001\0' }),
      'LAYOUT_INVALID',
    ],
  };
  for (const [name, [bytes, code]] of Object.entries(cases)) {
    test(name, async (t) => {
      await assertRejectsWithCode(open(t, bytes), ContentError, code);
    });
  }

  test('that is a folder, or not there', async (t) => {
    const directory = await makeTempDir(t);
    await mkdir(join(directory, 'folder.tar'));
    for (const name of ['folder.tar', 'none.tar']) {
      await assertRejectsWithCode(openLayoutTar(join(directory, name)), ContentError, 'LAYOUT_INVALID');
    }
  });
});

suite('a blob in a tar', () => {
  test('that is damaged hides no other one', async (t) => {
    const damaged = { ...layerBlob, body: Buffer.alloc(layer.bytes.byteLength) };
    const source = await open(t, tarOf(version, index, blob, damaged));
    assert.equal((await source.resolve('v1')).descriptor.digest, manifest.descriptor.digest);
    await assertRejectsWithCode(fetchBytes(source, layer.descriptor, 1000), ContentError, 'DIGEST_MISMATCH');
  });

  test('that is not there is missing', async (t) => {
    const source = await open(t, tarOf(version, index, blob));
    const { descriptor } = makeBlob('another');
    await assertRejectsWithCode(fetchBytes(source, descriptor, 1000), ContentError, 'CONTENT_MISSING');
  });
});

test('no bytes make it fail with anything but errors of ours', async () => {
  const good = tarOf(paxEntry({ mtime: '1' }), version, index, blob, layerBlob);
  const change = fc.record({ position: fc.nat(good.byteLength - 1), byte: fc.nat(255) });
  await withTempDir(async (directory) => {
    const path = join(directory, 'layout.tar');
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.nat(good.byteLength),
        async (changes, length) => {
          const bytes = Buffer.from(good);
          for (const { position, byte } of changes) bytes[position] = byte;
          await writeFile(path, length % 3 === 0 ? bytes.subarray(0, length) : bytes);
          try {
            const source = await openLayoutTar(path);
            await source.tags();
            await source.close();
          } catch (error) {
            assert.ok(error instanceof SealiftError, String(error));
          }
        },
      ),
      { numRuns: 300, seed: 11 },
    );
  });
});
