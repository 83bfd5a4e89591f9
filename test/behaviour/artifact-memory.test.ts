// An artifact of any size in little memory: packed, pushed, fetched and unpacked by a process that may not have more.
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCommand } from '../helpers/cli.ts';
import { makeTempDir } from '../helpers/temp.ts';

const script = join(import.meta.dirname, '../helpers/pack-large.ts');
const TEXT_MIB = 196;
const MAX_RSS_MIB = 150;

test('200 MiB are packed, pushed and unpacked below 150 MiB, with nothing left beside', async (t) => {
  const folder = await makeTempDir(t);
  const { code, stdout, stderr } = await startCommand(
    process.execPath,
    ['--max-old-space-size=64', script, folder, `${TEXT_MIB}`],
    { cwd: folder },
  ).finished;
  assert.equal(code, 0, stderr);
  const { files, bytes, layer, maxRssKib } = JSON.parse(stdout);
  assert.deepEqual([files, bytes], [2, (TEXT_MIB + 6) * 1024 * 1024]);
  // It did not wait in memory.
  assert.ok(layer > 6 * 1024 * 1024, `${layer}`);
  assert.ok(maxRssKib < MAX_RSS_MIB * 1024, `${maxRssKib} KiB`);
  assert.equal((await stat(join(folder, 'out/text.yaml'))).size, TEXT_MIB * 1024 * 1024);
  assert.deepEqual((await readdir(folder)).sort(), ['layout', 'out']);
});
