import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { list } from 'tar';
import { copyGraph } from '../../../src/copy/copy.ts';
import { ContentError } from '../../../src/errors.ts';
import { openLayout } from '../../../src/layout/layout.ts';
import { editLayoutTar, openLayoutTar } from '../../../src/layout/tar-store.ts';
import { fetchBytes } from '../../../src/oci/content-store.ts';
import { digestHex } from '../../../src/oci/digest.ts';
import { createMemoryStore } from '../../../src/oci/memory-store.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeBlob, pushManifest } from '../../helpers/content-store-contract.ts';
import { assertHasGraph, seedGraph } from '../../helpers/copy-graph.ts';
import { makeTempDir } from '../../helpers/temp.ts';

const maxBytes = 1024 * 1024;

async function namesOf(file: string): Promise<readonly string[]> {
  const names: string[] = [];
  await list({ file, onReadEntry: (entry) => void names.push(entry.path) });
  return names;
}

suite('a layout in a tar', () => {
  test('is not there before it is closed, and nothing else is afterwards', async (t) => {
    const directory = await makeTempDir(t);
    const path = join(directory, 'layout.tar');
    const store = await editLayoutTar(path);
    const graph = await seedGraph(store);
    assert.deepEqual(await readdir(directory), ['layout.tar.part']);
    await store.close();
    await store.close();
    await store.abort();
    assert.deepEqual(await readdir(directory), ['layout.tar']);
    const source = await openLayoutTar(path);
    t.after(() => source.close());
    assert.deepEqual(
      await source.tags(),
      ['app', 'v1', `sha256-${digestHex(graph.app.descriptor.digest)}.sig`].sort(),
    );
    assert.equal((await source.resolve('v1')).descriptor.digest, graph.index.descriptor.digest);
  });

  test('has the same bytes whenever and in whatever order it was filled', async (t) => {
    const directory = await makeTempDir(t);
    const source = createMemoryStore();
    await seedGraph(source);
    const [once, another] = [join(directory, 'a.tar'), join(directory, 'b.tar')];
    const first = await editLayoutTar(once);
    await copyGraph({ source, target: first, roots: ['v1', 'app'].map((name) => ({ name, tags: [name] })) });
    await first.close();
    for (const name of ['app', 'v1']) {
      const store = await editLayoutTar(another);
      await copyGraph({ source, target: store, roots: [{ name, tags: [name] }] });
      await store.close();
    }
    assert.equal(Buffer.compare(await readFile(once), await readFile(another)), 0);
    const names = await namesOf(once);
    assert.deepEqual(names.slice(0, 2), ['oci-layout', 'index.json']);
    assert.deepEqual(names, [...names.slice(0, 2), ...names.slice(2).toSorted()]);
  });

  test('stays untouched where nothing has changed', async (t) => {
    const path = join(await makeTempDir(t), 'layout.tar');
    const store = await editLayoutTar(path);
    await seedGraph(store);
    await store.close();
    const before = await lstat(path);
    const again = await editLayoutTar(path);
    await again.resolve('v1');
    await again.close();
    assert.equal((await lstat(path)).ino, before.ino);
  });

  test('keeps what it had when something is added, and forgets a deleted tag', async (t) => {
    const path = join(await makeTempDir(t), 'layout.tar');
    const store = await editLayoutTar(path);
    const { app } = await seedGraph(store);
    await store.close();
    const again = await editLayoutTar(path);
    const added = await pushManifest(again, 'added', { subject: app.descriptor });
    await again.deleteTag('v1');
    await again.close();
    const source = await openLayoutTar(path);
    t.after(() => source.close());
    assert.deepEqual((await source.tags()).includes('v1'), false);
    assert.deepEqual(
      (await source.referrers(app.descriptor)).map(({ digest }) => digest),
      [added.descriptor.digest],
    );
    assert.equal((await source.resolve('app')).descriptor.digest, app.descriptor.digest);
  });

  test('keeps its old file where it is aborted, or a blob on the way in was damaged', async (t) => {
    const directory = await makeTempDir(t);
    const path = join(directory, 'layout.tar');
    const store = await editLayoutTar(path);
    await seedGraph(store);
    await store.close();
    const before = await readFile(path);
    const aborted = await editLayoutTar(path);
    await pushManifest(aborted, 'never seen');
    await aborted.abort();
    const damaged = await editLayoutTar(path);
    const { descriptor } = await pushManifest(damaged, 'damaged');
    await writeFile(
      join(`${path}.part`, 'blobs', 'sha256', digestHex(descriptor.digest)),
      Buffer.alloc(descriptor.size),
    );
    await assertRejectsWithCode(damaged.close(), ContentError, 'DIGEST_MISMATCH');
    await damaged.abort();
    assert.equal(Buffer.compare(await readFile(path), before), 0);
    assert.deepEqual(await readdir(directory), ['layout.tar']);
  });

  test('uses whole blobs that an earlier writer left, and none that nobody asks for', async (t) => {
    const path = join(await makeTempDir(t), 'layout.tar');
    const store = await editLayoutTar(path);
    const [wanted, unwanted] = [makeBlob('wanted'), makeBlob('unwanted')];
    await store.push(wanted);
    await store.push(unwanted);
    await store.abort({ keepsBlobs: true });
    const again = await editLayoutTar(path);
    await again.pushBlob(wanted.descriptor, () => assert.fail('it is read again'));
    await again.close();
    const names = await namesOf(path);
    assert.ok(names.includes(`blobs/sha256/${digestHex(wanted.descriptor.digest)}`));
    assert.equal(names.length, 3);
  });

  test('is as it was after its writer was killed', async (t) => {
    const directory = await makeTempDir(t);
    const path = join(directory, 'layout.tar');
    const store = await editLayoutTar(path);
    await seedGraph(store);
    await store.close();
    const before = await readFile(path);
    const blob = makeBlob('from the one that is killed');
    const script = `
      import { editLayoutTar } from ${JSON.stringify(new URL('../../../src/layout/tar-store.ts', import.meta.url).href)};
      const store = await editLayoutTar(process.argv[1]);
      const bytes = Buffer.from('from the one that is killed');
      await store.push({ descriptor: ${JSON.stringify(blob.descriptor)}, bytes });
      console.log('pushed');
      setInterval(() => undefined, 1000);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(Buffer.compare(await readFile(path), before), 0);
    const again = await editLayoutTar(path);
    assert.ok(await again.exists(blob.descriptor));
    await again.abort();
  });

  test('takes blobs over from a directory without reading them', async (t) => {
    const directory = await makeTempDir(t);
    const source = await openLayout(join(directory, 'layout'), { create: true });
    const graph = await seedGraph(source);
    const path = join(directory, 'layout.tar');
    const target = await editLayoutTar(path);
    const report = await copyGraph({ source, target, roots: [{ name: 'v1', tags: ['v1'] }] });
    assert.equal(report.mounted.count, 7);
    await target.close();
    const read = await openLayoutTar(path);
    t.after(() => read.close());
    await assertHasGraph(source, read, graph);
  });

  test('is reached through a link, which stays one', async (t) => {
    const directory = await makeTempDir(t);
    await mkdir(join(directory, 'real'));
    const [real, link] = [join(directory, 'real', 'layout.tar'), join(directory, 'link.tar')];
    const store = await editLayoutTar(real);
    await seedGraph(store);
    await store.close();
    await symlink(real, link);
    const again = await editLayoutTar(link);
    await again.tag(await again.resolve('v1'), 'v2');
    await again.close();
    assert.ok((await lstat(link)).isSymbolicLink());
    const read = await openLayoutTar(link);
    t.after(() => read.close());
    assert.ok((await read.tags()).includes('v2'));
    assert.equal(dirname(real), join(directory, 'real'));
  });

  test('refuses to write where something else stands', async (t) => {
    const path = join(await makeTempDir(t), 'layout.tar');
    await writeFile(`${path}.part`, 'a file of somebody');
    await assertRejectsWithCode(editLayoutTar(path), ContentError, 'LAYOUT_INVALID');
    assert.equal(await readFile(`${path}.part`, 'utf8'), 'a file of somebody');
  });

  test('leaves what somebody else put beside its blobs', async (t) => {
    const path = join(await makeTempDir(t), 'layout.tar');
    await mkdir(`${path}.part`);
    await writeFile(join(`${path}.part`, 'notes'), 'mine');
    const store = await editLayoutTar(path);
    await store.push(makeBlob('x'));
    await store.close();
    assert.deepEqual(await readdir(`${path}.part`), ['notes']);
  });

  test('gives its blobs at any position, as often as they are asked for', async (t) => {
    const path = join(await makeTempDir(t), 'layout.tar');
    const store = await editLayoutTar(path);
    const blobs = ['', 'a', 'b'.repeat(511), 'c'.repeat(512), 'd'.repeat(513), 'e'.repeat(700_000)].map(
      makeBlob,
    );
    for (const blob of blobs) await store.push(blob);
    await store.close();
    const source = await openLayoutTar(path);
    t.after(() => source.close());
    await Promise.all(
      [...blobs, ...blobs].map(async ({ descriptor, bytes }) => {
        assert.equal(Buffer.compare(await fetchBytes(source, descriptor, maxBytes), bytes), 0);
      }),
    );
  });
});
