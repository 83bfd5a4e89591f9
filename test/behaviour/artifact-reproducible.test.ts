// The same files give the same artifact: in any order, time zone and umask, in memory and as a stream.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCommand } from '../helpers/cli.ts';
import { makeTempDir } from '../helpers/temp.ts';

const script = join(import.meta.dirname, '../helpers/pack-folder.ts');

test('order, time zone and umask change no byte', async (t) => {
  const cwd = await makeTempDir(t);
  const surroundings = [
    { zone: 'UTC', umask: '022', order: 'forward', hours: 0 },
    { zone: 'Pacific/Kiritimati', umask: '077', order: 'reverse', hours: 13 },
    { zone: 'America/St_Johns', umask: '002', order: 'reverse', hours: 20 },
  ];
  const results = await Promise.all(
    surroundings.map(async ({ zone, umask, order, hours }) => {
      const folder = join(cwd, umask);
      await mkdir(folder);
      const running = startCommand(process.execPath, [script, umask, order, folder], {
        cwd,
        env: { TZ: zone },
      });
      const { code, stdout, stderr } = await running.finished;
      assert.equal(code, 0, stderr);
      const result = JSON.parse(stdout);
      // A zone that the system does not know would prove nothing.
      assert.equal(result.hours, hours, zone);
      return result.digests;
    }),
  );
  const [first] = results.flat();
  assert.match(first, /^sha256:/u);
  assert.deepEqual(
    results.flat(),
    Array.from({ length: 6 }, () => first),
  );
});
