// Server processes end with whoever started them, and an early death is told with its last words.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { makeTempDir } from '../helpers/temp.ts';
import { ControlPlaneError } from './errors.ts';
import { startServerProcess } from './server-process.ts';
import { waitUntil } from './wait.ts';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Starts a Node process that starts a server process and then does `afterwards`; returns both. */
async function startParent(directory: string, afterwards: string) {
  const module = pathToFileURL(join(import.meta.dirname, 'server-process.ts')).href;
  const code = `
    const { startServerProcess } = await import(${JSON.stringify(module)});
    const directory = ${JSON.stringify(directory)};
    const server = await startServerProcess({ name: 'sleep', path: 'sleep', arguments: ['600'], directory });
    console.log(server.pid);
    ${afterwards}`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [output] = await once(parent.stdout, 'data');
  return { parent, pid: Number(output) };
}

for (const [name, afterwards] of [
  ['is killed', 'setInterval(() => {}, 1000);'],
  ['crashes', 'throw new Error("expected by the test")'],
  ['forgets to stop it', ''],
] as const) {
  test(`a server ends when its parent ${name}`, { timeout: 20_000 }, async (t) => {
    const { parent, pid } = await startParent(await makeTempDir(t), afterwards);
    if (name === 'is killed') {
      assert.ok(isAlive(pid));
      parent.kill('SIGKILL');
    }
    await waitUntil(async () => !isAlive(pid), { what: 'the server to end', timeoutMs: 10_000 });
  });
}

test('an early death shows the end of the log', async (t) => {
  const server = await startServerProcess({
    name: 'broken',
    path: '/bin/sh',
    arguments: ['-c', 'echo started; echo "cannot bind" >&2; exit 3'],
    directory: await makeTempDir(t),
  });
  await waitUntil(async () => !server.isRunning(), { what: 'its end', timeoutMs: 10_000 });
  await assert.rejects(server.assertRunning(), (error) => {
    assert.ok(error instanceof ControlPlaneError);
    assert.equal(error.code, 'PROCESS_EXITED');
    assert.match(error.message, /^broken ended with code 3\n {2}started\n {2}cannot bind$/u);
    return true;
  });
  await server.stop();
});

test('a program that is not there is an error', async (t) => {
  const options = { name: 'absent', path: '/absent', arguments: [], directory: await makeTempDir(t) };
  await assert.rejects(startServerProcess(options), { code: 'PROCESS_EXITED' });
});

test('a process that ignores SIGTERM is killed', { timeout: 20_000 }, async (t) => {
  const server = await startServerProcess({
    name: 'stubborn',
    path: '/bin/sh',
    arguments: ['-c', "trap '' TERM; echo ready; while :; do sleep 1; done"],
    directory: await makeTempDir(t),
    killAfterMs: 200,
  });
  await server.stop();
  assert.equal(isAlive(server.pid), false);
});
