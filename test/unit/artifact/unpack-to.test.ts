// Unpacking into a directory: whole, or not at all.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { unpackTo } from '../../../src/artifact/unpack-to.ts';
import { ContentError } from '../../../src/errors.ts';
import { verifyStream, type Bytes } from '../../../src/oci/content-store.ts';
import { describe } from '../../../src/oci/descriptor.ts';
import { waitUntil } from '../../control-plane/wait.ts';
import { makeTempDir } from '../../helpers/temp.ts';
import { layerOf, type RawEntry } from '../../helpers/tar.ts';

const files = { 'a.yaml': 'a: 1\n', 'deep/er/b.yaml': 'b: 2\n'.repeat(50_000), 'deep/empty.yaml': '' };
const good = layerOf(...Object.entries(files).map(([path, body]) => ({ path, body })));

async function* inChunks(bytes: Uint8Array, size = 1000): Bytes {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function readTree(directory: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    tree[path.slice(directory.length + 1)] = await readFile(path, 'utf8');
  }
  return tree;
}

async function makeTarget(t: TestContext): Promise<{ readonly parent: string; readonly target: string }> {
  const parent = await makeTempDir(t);
  return { parent, target: join(parent, 'site') };
}

suite('unpackTo', () => {
  test('writes every file, readable by all and writable by its owner, whatever the umask is', async (t) => {
    const { parent, target } = await makeTarget(t);
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    const totals = await unpackTo(target, inChunks(good));
    assert.deepEqual(totals, { files: 3, bytes: Object.values(files).join('').length });
    assert.deepEqual(await readTree(target), files);
    assert.deepEqual(await readdir(parent), ['site']);
    const modes = ['.', 'deep', 'deep/er', 'a.yaml', 'deep/er/b.yaml'].map(async (path) => {
      return (await stat(join(target, path))).mode & 0o777;
    });
    assert.deepEqual(await Promise.all(modes), [0o755, 0o755, 0o755, 0o644, 0o644]);
  });

  test('takes an empty directory, and one that holds something only where it is asked to', async (t) => {
    const { parent, target } = await makeTarget(t);
    await mkdir(target);
    await unpackTo(target, inChunks(good));
    const other = layerOf({ path: 'c.yaml', body: 'c: 3\n' });
    await assert.rejects(unpackTo(target, inChunks(other)), { code: 'INPUT_CONFLICT' });
    assert.deepEqual(await readTree(target), files);
    await unpackTo(target, inChunks(other), { replace: true });
    assert.deepEqual(await readTree(target), { 'c.yaml': 'c: 3\n' });
    assert.deepEqual(await readdir(parent), ['site']);
  });

  test('refuses a file and a link in place of the directory', async (t) => {
    const { parent, target } = await makeTarget(t);
    const elsewhere = join(parent, 'elsewhere');
    await mkdir(elsewhere);
    await symlink(elsewhere, target);
    await assert.rejects(unpackTo(target, inChunks(good), { replace: true }), { code: 'INPUT_INVALID' });
    assert.deepEqual(await readdir(elsewhere), []);
    const file = join(parent, 'file');
    await writeFile(file, 'mine');
    await assert.rejects(unpackTo(file, inChunks(good), { replace: true }), { code: 'INPUT_INVALID' });
    assert.equal(await readFile(file, 'utf8'), 'mine');
    await assert.rejects(unpackTo(join(parent, 'none', 'site'), inChunks(good)), {
      code: 'FILE_UNREADABLE',
    });
  });

  const failures: readonly (readonly [string, () => Bytes, string])[] = [
    [
      'a link behind good files',
      () => inChunks(behind({ path: 'l', flag: '2', link: 'a' })),
      'ENTRY_UNSAFE_TYPE',
    ],
    ['a path that climbs', () => inChunks(behind({ path: '../../evil', body: 'x' })), 'ENTRY_UNSAFE_PATH'],
    ['a cut stream', () => inChunks(good.subarray(0, good.byteLength - 40)), 'ARCHIVE_INVALID'],
    [
      'another digest',
      () => verifyStream(describe('a/b', Buffer.from('x')), inChunks(good)),
      'SIZE_MISMATCH',
    ],
    ['a source that breaks', broken, 'CONTENT_MISSING'],
  ];
  for (const [name, open, code] of failures) {
    test(`${name}: the directory is as it was, and nothing lies beside it`, async (t) => {
      const { parent, target } = await makeTarget(t);
      await mkdir(target);
      await writeFile(join(target, 'old.yaml'), 'old: 1\n');
      await assert.rejects(unpackTo(target, open(), { replace: true }), { code });
      assert.deepEqual(await readTree(target), { 'old.yaml': 'old: 1\n' });
      assert.deepEqual(await readdir(parent), ['site']);
    });
  }

  test('shows nothing of a stream before its last byte was checked', async (t) => {
    const { parent, target } = await makeTarget(t);
    let seen: string[] = [];
    const open = async function* (): Bytes {
      yield good;
      seen = await readdir(parent);
    };
    await unpackTo(target, open());
    assert.deepEqual(
      seen.filter((name) => !name.startsWith('.site.new-')),
      [],
    );
  });

  test('leaves no file open after a refusal', async (t) => {
    const { target } = await makeTarget(t);
    const before = (await readdir('/proc/self/fd')).length;
    for (let round = 0; round < 40; round += 1) {
      const hostile = layerOf({ path: 'l', flag: '2', link: 'a' }, { path: 'a.yaml', body: 'a: 1\n' });
      await assert.rejects(unpackTo(target, inChunks(hostile)), { code: 'ENTRY_UNSAFE_TYPE' });
      const late = behind({ path: 'l', flag: '2', link: 'a' });
      await assert.rejects(unpackTo(target, inChunks(late, 100_000)), { code: 'ENTRY_UNSAFE_TYPE' });
    }
    const isClosed = async (): Promise<boolean> => (await readdir('/proc/self/fd')).length <= before + 2;
    await waitUntil(isClosed, { what: 'the end of all files', timeoutMs: 5000 });
  });

  test('stops when it is told to, and leaves nothing', async (t) => {
    const { parent, target } = await makeTarget(t);
    const stop = new AbortController();
    const open = async function* (): Bytes {
      yield good.subarray(0, 100);
      stop.abort();
      yield good.subarray(100);
    };
    await assert.rejects(unpackTo(target, open(), { signal: stop.signal }), { name: 'AbortError' });
    assert.deepEqual(await readdir(parent), []);
  });

  test('leaves alone what came to the directory while it was reading', async (t) => {
    const { parent, target } = await makeTarget(t);
    const open = async function* (): Bytes {
      yield good;
      const made = await mkdtemp(join(parent, 'other-'));
      await writeFile(join(made, 'theirs.yaml'), 'x: 1\n');
      await rename(made, target);
    };
    await assert.rejects(unpackTo(target, open()), { code: 'INPUT_CONFLICT' });
    assert.deepEqual(await readTree(target), { 'theirs.yaml': 'x: 1\n' });
  });
});

function behind(entry: RawEntry): Buffer {
  return layerOf({ path: 'a.yaml', body: 'a: 1\n' }, { path: 'b.yaml', body: 'b'.repeat(300_000) }, entry);
}

async function* broken(): Bytes {
  yield good.subarray(0, good.byteLength - 10);
  throw new ContentError('CONTENT_MISSING', 'source is gone');
}
