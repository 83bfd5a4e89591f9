// Files that are replaced while the registry runs: the last usable ones count.
import assert from 'node:assert/strict';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { InputError } from '../../../src/errors.ts';
import { serverLimits } from '../../../src/limits.ts';
import { watchFiles, type WatchOptions } from '../../../src/server/watched-files.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeTempDir } from '../../helpers/temp.ts';

/** Timers that run when the test says so. */
function makeTimers(): Pick<WatchOptions<unknown>, 'startTimer'> & { pass(): void } {
  let waiting: (() => void)[] = [];
  return {
    startTimer: (callback, afterMs) => {
      assert.equal(afterMs, serverLimits.fileRestMs);
      waiting.push(callback);
      return () => undefined;
    },
    pass: () => {
      const due = waiting;
      waiting = [];
      for (const callback of due) callback();
    },
  };
}

function onProblem(error: unknown): never {
  return assert.fail(String(error));
}

function parse([file = Buffer.of()]: readonly Buffer[]): string {
  const text = file.toString();
  if (text === 'bad') throw new InputError('INPUT_INVALID', 'it is bad');
  return text;
}

test('what changed is read after a rest, what is not usable is told and not used', async (t) => {
  const path = join(await makeTempDir(t), 'file');
  await writeFile(path, 'one');
  const problems: unknown[] = [];
  const timers = makeTimers();
  const watched = await watchFiles({
    paths: [path],
    parse,
    startTimer: timers.startTimer,
    onProblem: (error) => problems.push(error),
  });
  await writeFile(path, 'two!');
  assert.equal(await watched.current(), 'one');
  timers.pass();
  assert.equal(await watched.current(), 'two!');
  await writeFile(path, 'bad');
  timers.pass();
  assert.equal(await watched.current(), 'two!');
  // It is looked at again as long as it is not usable.
  timers.pass();
  assert.equal(await watched.current(), 'two!');
  await rename(path, `${path}.gone`);
  timers.pass();
  assert.equal(await watched.current(), 'two!');
  assert.deepEqual(
    problems.map((problem) => problem instanceof InputError && problem.code),
    ['INPUT_INVALID', 'INPUT_INVALID', 'FILE_UNREADABLE'],
  );
  await writeFile(path, 'three');
  timers.pass();
  assert.equal(await watched.current(), 'three');
});

test('a symbolic link that is exchanged, as Kubernetes does with Secrets, is a change', async (t) => {
  const folder = await makeTempDir(t);
  for (const name of ['a', 'b']) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'file'), name);
  }
  await symlink('a', join(folder, 'link'));
  const timers = makeTimers();
  const watched = await watchFiles({
    paths: [join(folder, 'link', 'file')],
    parse,
    startTimer: timers.startTimer,
    onProblem,
  });
  await symlink('b', join(folder, 'next'));
  await rename(join(folder, 'next'), join(folder, 'link'));
  timers.pass();
  assert.equal(await watched.current(), 'b');
});

test('what can not be read at the start is an error', async (t) => {
  const folder = await makeTempDir(t);
  const large = join(folder, 'large');
  await writeFile(large, Buffer.alloc(serverLimits.fileBytes + 1));
  const { startTimer } = makeTimers();
  for (const path of [join(folder, 'none'), folder, large]) {
    await assertRejectsWithCode(
      () => watchFiles({ paths: [path], parse, startTimer, onProblem }),
      InputError,
      'FILE_UNREADABLE',
    );
  }
});
