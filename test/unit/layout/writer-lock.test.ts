// The lock of a directory: one holder at a time, which ends with its process however that ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { InputError } from '../../../src/errors.ts';
import { lockTree } from '../../../src/layout/tree-lock.ts';
import { findWriter, lockWriter } from '../../../src/layout/writer-lock.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeTempDir } from '../../helpers/temp.ts';

const module = join(import.meta.dirname, '../../../src/layout/writer-lock.ts');

/** A process that holds the lock until it is killed. */
async function startHolder(t: TestContext, directory: string): Promise<{ kill(): Promise<void> }> {
  const source = `const { lockWriter } = await import(process.argv[1]);
    console.log((await lockWriter(process.argv[2])) !== undefined);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source, module, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  assert.equal(String(line).trim(), 'true');
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('one holder at a time, and the next after it', async (t) => {
  const directory = await makeTempDir(t);
  const lock = await lockWriter(directory);
  assert.ok(lock);
  assert.equal(await lockWriter(directory), undefined);
  assert.equal(await findWriter(directory), directory);
  await Promise.all([lock.release(), lock.release()]);
  assert.deepEqual(await readdir(directory), []);
  assert.equal(await findWriter(directory), undefined);
  const next = await lockWriter(directory);
  assert.ok(next);
  // One that was let go long ago can't take the next one's away.
  await lock.release();
  assert.equal(await lockWriter(directory), undefined);
  await next.release();
});

test('a holder above is found', async (t) => {
  const directory = await makeTempDir(t);
  const below = join(directory, 'a', 'b');
  await mkdir(below, { recursive: true });
  const lock = await lockWriter(directory);
  assert.equal(await findWriter(below), directory);
  await lock?.release();
});

test('a writer has the tree to itself: none above and none below, but beside it', async (t) => {
  const directory = await makeTempDir(t);
  const at = (...names: string[]): string => join(directory, 'registry', ...names);
  const lock = await lockTree(at('a'));
  for (const path of [at(), at('a'), at('a', 'b', 'c')]) {
    await assertRejectsWithCode(lockTree(path), InputError, 'INPUT_CONFLICT');
  }
  await (await lockTree(at('b'))).release();
  await lock.release();
  // Who was refused has let go of its own.
  for (const path of [at('a', 'b', 'c'), at('a'), at()]) await (await lockTree(path)).release();
});

test('of a tree and a part of it that are locked at once at most one is', async (t) => {
  const directory = await makeTempDir(t);
  for (let round = 0; round < 20; round += 1) {
    const paths = [directory, join(directory, 'a', 'b'), join(directory, 'a')];
    const locks = await Promise.allSettled(paths.map((path) => lockTree(path)));
    const held = locks.filter((lock) => lock.status === 'fulfilled');
    assert.ok(held.length <= 1, `${held.length} hold it`);
    for (const { value } of held) await value.release();
  }
});

test('a directory whose path is too long for a socket has a lock as well', async (t) => {
  const directory = join(await makeTempDir(t), 'x'.repeat(80), 'y'.repeat(80));
  await mkdir(directory, { recursive: true });
  const locks = [await lockWriter(directory), await lockWriter(directory)];
  assert.deepEqual(
    locks.map((lock) => lock !== undefined),
    [true, false],
  );
  await locks[0]?.release();
  assert.deepEqual(await readdir(directory), []);
});

test('another process holds it while it lives, and not after it was killed', async (t) => {
  const directory = await makeTempDir(t);
  const holder = await startHolder(t, directory);
  assert.equal(await lockWriter(directory), undefined);
  await holder.kill();
  assert.equal((await readdir(directory)).length, 1);
  assert.equal(await findWriter(directory), undefined);
  const lock = await lockWriter(directory);
  assert.ok(lock);
  await lock.release();
});

test('of many that come at once at most one gets it, also where a killed one left its own', async (t) => {
  const directory = await makeTempDir(t);
  await (await startHolder(t, directory)).kill();
  for (let round = 0; round < 50; round += 1) {
    const locks = await Promise.all(Array.from({ length: 6 }, () => lockWriter(directory)));
    const held = locks.filter((lock) => lock !== undefined);
    assert.ok(held.length <= 1, `${held.length} hold it`);
    for (const lock of held) await lock.release();
  }
  assert.ok(await lockWriter(directory));
});
