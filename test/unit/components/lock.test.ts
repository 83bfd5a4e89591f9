// The lock between builders, and what becomes of it when its owner dies.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { access, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withLock } from '../../components/lock.ts';
import { makeTempDir } from '../../helpers/temp.ts';

test('bodies run one after the other and the lock goes away', async (t) => {
  const path = join(await makeTempDir(t), 'lock');
  let running = 0;
  const body = async (): Promise<void> => {
    running += 1;
    assert.equal(running, 1);
    await access(path);
    running -= 1;
  };
  await Promise.all([withLock(path, {}, body), withLock(path, {}, body), withLock(path, {}, body)]);
  await assert.rejects(access(path));
});

test('the lock goes away when the body fails', async (t) => {
  const path = join(await makeTempDir(t), 'lock');
  await assert.rejects(
    withLock(path, {}, () => Promise.reject(new Error('failed'))),
    /failed/u,
  );
  assert.equal(await withLock(path, {}, async () => 1), 1);
});

test('the lock of a dead process is taken over', async (t) => {
  const path = join(await makeTempDir(t), 'lock');
  const { pid } = spawnSync('true');
  await writeFile(path, JSON.stringify({ pid, host: hostname(), token: 'x' }));
  assert.equal(await withLock(path, {}, async () => 1), 1);
});

test('a lock without heartbeat is taken over', async (t) => {
  const path = join(await makeTempDir(t), 'lock');
  const longAgo = new Date(Date.now() - 3_600_000);
  await writeFile(path, JSON.stringify({ pid: 1, host: 'another', token: 'x' }));
  await utimes(path, longAgo, longAgo);
  assert.equal(await withLock(path, {}, async () => 1), 1);
});

test('the lock of a living process is waited for until the signal', async (t) => {
  const path = join(await makeTempDir(t), 'lock');
  await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname(), token: 'x' }));
  const abort = new AbortController();
  const onWait = (pid: number | undefined): void => {
    assert.equal(pid, process.pid);
    abort.abort(new Error('enough'));
  };
  await assert.rejects(
    withLock(path, { signal: abort.signal, onWait }, async () => 1),
    /^Error: enough$/u,
  );
});
