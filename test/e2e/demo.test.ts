// The README's first command does what it says, as a user runs it, and leaves nothing behind.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { withTempDir } from '../helpers/temp.ts';

const root = join(import.meta.dirname, '..', '..');

test('npm run demo tells the whole way and leaves nothing running', async () => {
  await withTempDir(async (directory) => {
    const child = spawn(process.execPath, [join(root, 'demo', 'main.ts')], {
      env: { ...process.env, TMPDIR: directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(child, 'close');
    assert.equal(child.exitCode, 0, output);
    for (const seen of [
      /applied and healthy: 24 objects/u,
      /repaired \d+ ms after the change/u,
      /created again \d+ ms after it was deleted/u,
      /refused: SIGNATURE_MISSING/u,
      /refused: SIGNATURE_INVALID/u,
      /refused: STATEMENT_MISSING/u,
      /promoted to production by sequence 2/u,
      /promo-banner left the artifact and was pruned/u,
      /promoted to production by sequence 3/u,
    ]) {
      assert.match(output, seen);
    }
    // oxlint-disable-next-line no-control-regex -- the escape character is what must not be there
    assert.doesNotMatch(output, /\u001b\[/u, 'plain in a pipe');
    assert.deepEqual(await readdir(directory), [], 'its folder is removed');
    const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    assert.ok(!processes.includes(directory), 'no process of it is left');
  });
});
