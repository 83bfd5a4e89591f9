import assert from 'node:assert/strict';
import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { InputError } from '../../../src/errors.ts';
import { archiveLimits, ignoreLimits } from '../../../src/limits.ts';
import { annotationsOf } from '../../../src/operations/annotations.ts';
import { collectFiles } from '../../../src/operations/collect.ts';
import { formatTime } from '../../../src/operations/ports.ts';
import { assertRejectsWithCode, assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { makeTempDir } from '../../helpers/temp.ts';

suite('collectFiles', () => {
  test('takes YAML and JSON below a folder, and says what it left out', async (t) => {
    const folder = await makeTempDir(t);
    await mkdir(join(folder, 'b', 'c'), { recursive: true });
    await mkdir(join(folder, '.git'));
    for (const path of [
      'z.yaml',
      'b/c/a.yml',
      'b/x.json',
      'b/README.md',
      '.hidden.yaml',
      '.git/config.yaml',
    ]) {
      await writeFile(join(folder, path), path);
    }
    await symlink('/etc/passwd', join(folder, 'link.yaml'));
    await symlink('/etc', join(folder, 'folder'));
    const { files, skipped } = await collectFiles(folder);
    assert.deepEqual(
      files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]),
      [
        ['b/c/a.yml', 'b/c/a.yml'],
        ['b/x.json', 'b/x.json'],
        ['z.yaml', 'z.yaml'],
      ],
    );
    assert.deepEqual(
      skipped.map((line) => line.split(' ')[0]),
      ['.git', '.hidden.yaml', 'b/README.md', 'folder', 'link.yaml'],
    );
  });

  test('takes one file by its name', async (t) => {
    const file = join(await makeTempDir(t), 'all.yaml');
    await writeFile(file, 'x');
    assert.deepEqual(
      (await collectFiles(file)).files.map(({ path }) => path),
      ['all.yaml'],
    );
  });

  test('refuses one file that nobody would read objects from', async (t) => {
    const file = join(await makeTempDir(t), 'app.txt');
    await writeFile(file, 'x');
    await assertRejectsWithCode(collectFiles(file), InputError, 'INPUT_INVALID');
  });

  test('refuses links, nothing, and what is too large', async (t) => {
    const folder = await makeTempDir(t);
    await assertRejectsWithCode(collectFiles(folder), InputError, 'INPUT_INVALID');
    await assertRejectsWithCode(collectFiles(join(folder, 'none')), InputError, 'FILE_UNREADABLE');
    await symlink('/etc', join(folder, 'link'));
    await assertRejectsWithCode(collectFiles(join(folder, 'link')), InputError, 'INPUT_INVALID');
    await writeFile(join(folder, 'a.yaml'), '');
    await truncate(join(folder, 'a.yaml'), archiveLimits.fileBytes + 1);
    await assertRejectsWithCode(collectFiles(folder), InputError, 'INPUT_INVALID');
  });

  test('leaves out what ignore files name, and says which line did', async (t) => {
    const folder = await makeTempDir(t);
    for (const path of ['a/b/c', 'gone/deep', '.hidden'])
      await mkdir(join(folder, path), { recursive: true });
    for (const path of [
      'x.yaml',
      'a/x.yaml',
      'a/b/y.json',
      'a/b/c/x.yaml',
      'gone/deep/x.yaml',
      '.hidden/x.yaml',
    ]) {
      await writeFile(join(folder, path), '');
    }
    await writeFile(
      join(folder, '.sealiftignore'),
      '# left out\ngone/\nx.yaml\n!.hidden\n!/.sealiftignore\n',
    );
    await writeFile(join(folder, 'a', '.sealiftignore'), '!/x.yaml\n*.json\n');
    // Below an ignored folder nothing is read, so nothing is taken in again.
    await writeFile(join(folder, 'gone', '.sealiftignore'), '!*\0');
    const { files, skipped } = await collectFiles(folder);
    assert.deepEqual(
      files.map(({ path }) => path),
      ['a/x.yaml'],
    );
    assert.deepEqual(skipped, [
      '.hidden (hidden)',
      'a/b/c/x.yaml (ignored by .sealiftignore:3)',
      'a/b/y.json (ignored by a/.sealiftignore:2)',
      'gone (ignored by .sealiftignore:2)',
      'x.yaml (ignored by .sealiftignore:3)',
    ]);
    const file = join(folder, 'x.yaml');
    assert.equal((await collectFiles(file)).files.length, 1);
  });

  test('leaves out what given lines exclude, as if they ended the ignore file of the top', async (t) => {
    const folder = await makeTempDir(t);
    for (const path of ['a', 'b/a']) await mkdir(join(folder, path), { recursive: true });
    for (const path of ['a/x.yaml', 'b/a/x.yaml', 'b/y.yaml', 'b/z.yaml', 'kept.yaml', 'own.yaml']) {
      await writeFile(join(folder, path), '');
    }
    const pathsOf = async (exclude: string): Promise<readonly string[]> =>
      (await collectFiles(folder, { exclude })).files.map(({ path }) => path);
    assert.deepEqual(await pathsOf('/a/\r\n# note\nb/y.yaml\n'), [
      'b/a/x.yaml',
      'b/z.yaml',
      'kept.yaml',
      'own.yaml',
    ]);
    await writeFile(join(folder, '.sealiftignore'), 'kept.yaml\nown.yaml\n');
    await writeFile(join(folder, 'b', '.sealiftignore'), '!z.yaml\n');
    const { files, skipped } = await collectFiles(folder, { exclude: '!kept.yaml\n?.yaml' });
    assert.deepEqual(
      files.map(({ path }) => path),
      ['b/z.yaml', 'kept.yaml'],
    );
    assert.ok(skipped.includes('b/y.yaml (ignored by exclude:2)'), skipped.join('\n'));
    assert.ok(skipped.includes('own.yaml (ignored by .sealiftignore:2)'));
    for (const exclude of ['*', '\0', 'x'.repeat(ignoreLimits.bytes + 1)]) {
      await assertRejectsWithCode(collectFiles(folder, { exclude }), InputError, 'INPUT_INVALID');
    }
  });

  test('refuses an ignore file that it can not follow, and one that leaves nothing', async (t) => {
    const folder = await makeTempDir(t);
    const file = join(folder, '.sealiftignore');
    await writeFile(join(folder, 'a.yaml'), '');
    await writeFile(file, '*');
    await assertRejectsWithCode(collectFiles(folder), InputError, 'INPUT_INVALID');
    await truncate(file, ignoreLimits.bytes + 1);
    await assertRejectsWithCode(collectFiles(folder), InputError, 'INPUT_INVALID');
    await rm(file);
    await symlink('a.yaml', file);
    await assertRejectsWithCode(collectFiles(folder), InputError, 'INPUT_INVALID');
    await rm(file);
    await mkdir(file);
    await assertRejectsWithCode(collectFiles(folder), InputError, 'INPUT_INVALID');
    await rm(file, { recursive: true });
    assert.equal((await collectFiles(folder)).files.length, 1);
  });

  test('tells which path can not be read', async (t) => {
    const folder = await makeTempDir(t);
    await writeFile(join(folder, 'a.yaml'), 'x');
    const path = join(folder, 'a.yaml', 'b');
    const { message } = await assertRejectsWithCode(collectFiles(path), InputError, 'FILE_UNREADABLE');
    assert.match(message, /a\.yaml/u);
  });
});

suite('annotationsOf', () => {
  test('splits at the first "=" and names the standard ones', () => {
    assert.deepEqual(
      annotationsOf(['a.b/c=d=e', 'x='], {
        source: 's',
        revision: '',
        created: '2026-11-22T12:00:00.5+02:00',
      }),
      {
        'a.b/c': 'd=e',
        x: '',
        'org.opencontainers.image.source': 's',
        'org.opencontainers.image.created': '2026-11-22T10:00:00Z',
      },
    );
    assert.deepEqual(annotationsOf([], {}), {});
  });

  test('refuses what is no pair, no time, or given twice', () => {
    for (const pair of ['', '=', '=x', 'a', 'a b=c', `${'k'.repeat(256)}=x`]) {
      assertThrowsWithCode(() => annotationsOf([pair], {}), InputError, 'INPUT_INVALID');
    }
    for (const created of ['', 'now', '2026-11-22', '2026-13-22T00:00:00Z', '1763812800'].slice(1)) {
      assertThrowsWithCode(() => annotationsOf([], { created }), InputError, 'INPUT_INVALID');
    }
    assertThrowsWithCode(() => annotationsOf(['a=1', 'a=1'], {}), InputError, 'INPUT_CONFLICT');
    const pair = 'org.opencontainers.image.source=a';
    assertThrowsWithCode(() => annotationsOf([pair], { source: 'a' }), InputError, 'INPUT_CONFLICT');
  });
});

test('times have whole seconds in UTC', () => {
  assert.equal(formatTime(Date.parse('2026-11-22T12:00:00.999Z')), '2026-11-22T12:00:00Z');
});
