// Hostile archives: each is refused as a whole, by name.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { unpackLayer } from '../../../src/artifact/unpack.ts';
import { ArchiveError, type ArchiveCode } from '../../../src/errors.ts';
import { archiveLimits } from '../../../src/limits.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { endOfArchive, layerOf, paxEntry, rawEntry } from '../../helpers/tar.ts';

const plain = { path: 'a.yaml', body: 'a: 1\n' };

/** The same entry with a byte in its name that no UTF-8 has; the checksum fits. */
function latin(entry: Buffer): Buffer {
  entry[1] = 0xff;
  entry.fill(' ', 148, 156);
  const sum = entry.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  entry.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return entry;
}

suite('hostile archives', () => {
  const table: readonly (readonly [string, Uint8Array, ArchiveCode])[] = [
    ['an absolute path', layerOf({ path: '/etc/passwd', body: 'x' }), 'ENTRY_UNSAFE_PATH'],
    ['a path that climbs', layerOf({ path: '../a', body: 'x' }), 'ENTRY_UNSAFE_PATH'],
    ['a path that climbs later', layerOf({ path: 'a/../../b', body: 'x' }), 'ENTRY_UNSAFE_PATH'],
    ['a path that climbs behind ./', layerOf({ path: './../a', body: 'x' }), 'ENTRY_UNSAFE_PATH'],
    ['a back slash', layerOf({ path: 'a\\..\\b', body: 'x' }), 'ENTRY_UNSAFE_PATH'],
    ['a drive letter', layerOf({ path: 'C:/a', body: 'x' }), 'ENTRY_UNSAFE_PATH'],
    ['a folder that climbs', layerOf({ path: '../a/', flag: '5' }, plain), 'ENTRY_UNSAFE_PATH'],
    ['a symbolic link', layerOf(plain, { path: 'l', flag: '2', link: '/etc/passwd' }), 'ENTRY_UNSAFE_TYPE'],
    ['a symbolic link inside', layerOf(plain, { path: 'l', flag: '2', link: 'a.yaml' }), 'ENTRY_UNSAFE_TYPE'],
    ['a hard link', layerOf(plain, { path: 'l', flag: '1', link: 'a.yaml' }), 'ENTRY_UNSAFE_TYPE'],
    ['a character device', layerOf(plain, { path: 'd', flag: '3' }), 'ENTRY_UNSAFE_TYPE'],
    ['a block device', layerOf(plain, { path: 'd', flag: '4' }), 'ENTRY_UNSAFE_TYPE'],
    ['a pipe', layerOf(plain, { path: 'd', flag: '6' }), 'ENTRY_UNSAFE_TYPE'],
    ['one path twice', layerOf(plain, plain), 'ENTRY_UNSAFE_PATH'],
    ['one path twice, once behind ./', layerOf(plain, { ...plain, path: './a.yaml' }), 'ENTRY_UNSAFE_PATH'],
    [
      'folders that differ in case',
      layerOf({ ...plain, path: 'A/x.yaml' }, { ...plain, path: 'a/y.yaml' }),
      'ENTRY_UNSAFE_PATH',
    ],
    [
      'a file where a folder is',
      layerOf({ ...plain, path: 'a/x.yaml' }, { ...plain, path: 'a' }),
      'ENTRY_UNSAFE_PATH',
    ],
    [
      'a folder where a file is',
      layerOf({ ...plain, path: 'a' }, { ...plain, path: 'a/x.yaml' }),
      'ENTRY_UNSAFE_PATH',
    ],
    [
      'an empty folder where a file is',
      layerOf({ ...plain, path: 'a' }, { path: 'A/', flag: '5' }),
      'ENTRY_UNSAFE_PATH',
    ],
    ['paths that differ in case', layerOf(plain, { ...plain, path: 'A.yaml' }), 'ENTRY_UNSAFE_PATH'],
    [
      'paths that differ in Unicode form',
      layerOf({ path: '\u{E9}.yaml' }, { path: 'e\u{301}.yaml' }),
      'ENTRY_UNSAFE_PATH',
    ],
    [
      'a pax header that gives another path',
      layerOf(paxEntry({ path: '../../evil' }), plain),
      'ENTRY_UNSAFE_PATH',
    ],
    [
      'a pax header that makes two paths one',
      layerOf(plain, paxEntry({ path: 'a.yaml' }), { path: 'b.yaml' }),
      'ENTRY_UNSAFE_PATH',
    ],
    ['a pax header with a huge size', layerOf(paxEntry({ size: '99999999999' }), plain), 'ARCHIVE_INVALID'],
    [
      'a pax header that makes a file sparse',
      layerOf(paxEntry({ 'GNU.sparse.name': 'x' }), plain),
      'ARCHIVE_INVALID',
    ],
    [
      'a pax header that names all entries',
      layerOf(paxEntry({ path: 'b.yaml' }, 'g'), plain),
      'ARCHIVE_INVALID',
    ],
    [
      'two pax headers for one entry',
      layerOf(paxEntry({ path: 'b' }), paxEntry({ path: 'c' }), plain),
      'ARCHIVE_INVALID',
    ],
    [
      'a pax header and a long name for one entry',
      layerOf({ path: '././@LongLink', flag: 'L', body: 'b\0' }, paxEntry({ path: 'c' }), plain),
      'ARCHIVE_INVALID',
    ],
    ['a damaged pax header', layerOf({ path: 'p', flag: 'x', body: '9 path=b' }, plain), 'ARCHIVE_INVALID'],
    ['a size that is half a number', layerOf({ ...plain, size: '5abc' }), 'ARCHIVE_INVALID'],
    ['a name that is not UTF-8', layerOf(latin(rawEntry({ path: 'a?.yaml', body: 'x' }))), 'ARCHIVE_INVALID'],
    ['an entry behind the end', layerOf(plain, endOfArchive, { ...plain, path: 'b' }), 'ARCHIVE_INVALID'],
    [
      'an entry behind one block of zeros',
      layerOf(plain, Buffer.alloc(512), { ...plain, path: 'b' }),
      'ARCHIVE_INVALID',
    ],
    ['an end of one block', gzipSync(Buffer.concat([rawEntry(plain), Buffer.alloc(512)])), 'ARCHIVE_INVALID'],
    [
      'gzip in two members',
      Buffer.concat([gzipSync(rawEntry(plain)), gzipSync(endOfArchive)]),
      'ARCHIVE_INVALID',
    ],
    ['gzip with zeros behind it', Buffer.concat([layerOf(plain), Buffer.alloc(512)]), 'ARCHIVE_INVALID'],
    [
      'a GNU long name that climbs',
      layerOf({ path: '././@LongLink', flag: 'L', body: '../evil\0' }, plain),
      'ENTRY_UNSAFE_PATH',
    ],
    ['a huge size', layerOf({ ...plain, size: '77777777777\0' }), 'ARCHIVE_TOO_LARGE'],
    ['a negative size', layerOf({ ...plain, size: Buffer.alloc(12, 0xff) }), 'ARCHIVE_INVALID'],
    ['a damaged checksum', damaged(), 'ARCHIVE_INVALID'],
    ['no files', layerOf({ path: 'a/', flag: '5' }), 'ARCHIVE_EMPTY'],
    ['nothing', Buffer.alloc(0), 'ARCHIVE_INVALID'],
    ['no gzip', Buffer.from('a: 1\n'), 'ARCHIVE_INVALID'],
    ['gzip of no tar', gzipSync('a: 1\n'), 'ARCHIVE_INVALID'],
    ['gzip that is cut off', layerOf(plain).subarray(0, 60), 'ARCHIVE_INVALID'],
    [
      'gzip with something behind it',
      Buffer.concat([layerOf(plain), Buffer.from('garbage')]),
      'ARCHIVE_INVALID',
    ],
    [
      'a tar that is cut off in a file',
      gzipSync(rawEntry({ ...plain, size: '00000002000\0' })),
      'ARCHIVE_INVALID',
    ],
  ];
  for (const [name, layer, code] of table) {
    test(name, async () => {
      await assertRejectsWithCode(unpackLayer(layer), ArchiveError, code);
    });
  }

  test('a bomb of zeros', async () => {
    const limits = { ...archiveLimits, entries: 10, totalBytes: 1024 * 1024 };
    const bomb = gzipSync(Buffer.concat([rawEntry(plain), Buffer.alloc(4 * 1024 * 1024)]));
    await assertRejectsWithCode(unpackLayer(bomb, limits), ArchiveError, 'ARCHIVE_TOO_LARGE');
  });

  test('many folders', async () => {
    const limits = { ...archiveLimits, folders: 100 };
    const own = (index: number): string => Array.from({ length: 20 }, (_, at) => `${index}-${at}`).join('/');
    const layer = layerOf(...[0, 1, 2, 3, 4, 5].map((index) => ({ ...plain, path: `${own(index)}/a` })));
    await assertRejectsWithCode(unpackLayer(layer, limits), ArchiveError, 'ENTRY_LIMIT');
    await unpackLayer(layer, { ...limits, folders: 120 });
  });

  test('too many entries', async () => {
    const one = rawEntry({ path: 'd/', flag: '5' });
    const tar = Buffer.concat([
      ...Array.from({ length: archiveLimits.entries }, () => one),
      rawEntry(plain),
      endOfArchive,
    ]);
    await assertRejectsWithCode(unpackLayer(gzipSync(tar)), ArchiveError, 'ENTRY_LIMIT');
  });

  test('any bytes in a tar, any damage to a layer: an ArchiveError or files', async () => {
    const good = Buffer.concat([
      rawEntry(plain),
      rawEntry({ path: 'b/c.yaml', body: 'x'.repeat(700) }),
      endOfArchive,
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.nat(255),
        fc.nat(good.length),
        async (at, byte, length) => {
          const tar = Buffer.from(good.subarray(0, length));
          if (at < tar.length) tar[at] = byte;
          try {
            for (const { path } of await unpackLayer(gzipSync(tar))) assert.doesNotMatch(path, /^\/|\.\./u);
          } catch (error) {
            assert.ok(error instanceof ArchiveError, String(error));
          }
        },
      ),
      { seed: 1, numRuns: 400 },
    );
  });
});

suite('archives of other tools', () => {
  const read = async (layer: Uint8Array): Promise<unknown> =>
    (await unpackLayer(layer)).map(({ path, bytes }) => [path, Buffer.from(bytes).toString('utf8')]);

  test('folders and ./ in front', async () => {
    const layer = layerOf(
      { path: './', flag: '5' },
      { path: './d/', flag: '5' },
      { path: './d/a', body: 'x' },
    );
    assert.deepEqual(await read(layer), [['d/a', 'x']]);
  });

  test('plain files by the old flag', async () => {
    assert.deepEqual(await read(layerOf({ ...plain, flag: '\0' })), [['a.yaml', 'a: 1\n']]);
  });

  test('a path in a pax header', async () => {
    assert.deepEqual(await read(layerOf(paxEntry({ path: 'long/ä.yaml' }), { path: 'short', body: 'x' })), [
      ['long/ä.yaml', 'x'],
    ]);
  });

  test('an empty file', async () => {
    assert.deepEqual(await read(layerOf({ path: 'empty' }, plain)), [
      ['empty', ''],
      ['a.yaml', 'a: 1\n'],
    ]);
  });
});

function damaged(): Buffer {
  const entry = rawEntry(plain);
  entry[0] = 98;
  return layerOf(plain, entry);
}
