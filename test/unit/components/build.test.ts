// Builds into the cache: once for all who wait, published whole or not at all.
import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { componentFolder } from '../../components/cache.ts';
import { components } from '../../components/components.ts';
import { findComponent, requireComponents } from '../../components/locate.ts';
import { makeTempDir } from '../../helpers/temp.ts';
import { fillCache, type FakeGo, writeFakeGo } from './fakes.ts';

async function prepare(folder: string, go: FakeGo = {}) {
  const goFolder = await writeFakeGo(join(folder, 'go'), go);
  const lines: string[] = [];
  const environment = { SEALIFT_CACHE: join(folder, 'cache'), PATH: `${goFolder}:/usr/bin:/bin` };
  const options = { environment, log: (line: string) => void lines.push(line) };
  const countBuilds = async (): Promise<number> =>
    (await readFile(join(goFolder, 'calls'), 'utf8')).trimEnd().split('\n').length;
  return { goFolder, lines, environment, options, countBuilds };
}

test('a missing component is built, verified and kept', async (t) => {
  const { environment, options, lines, countBuilds } = await prepare(await makeTempDir(t));
  const { crane } = await requireComponents(['crane'], options);
  assert.equal((await findComponent('crane', environment)).path, crane);
  await requireComponents(['crane'], options);
  assert.equal(await countBuilds(), 1);
  assert.equal(lines[0], 'building crane v0.22.1 with go (first time: about 10 seconds)');
  assert.match(lines.at(-1) ?? '', /^crane v0\.22\.1 is ready \(\d+ s\)$/u);
});

test('a damaged component is built again', async (t) => {
  const { environment, options, countBuilds } = await prepare(await makeTempDir(t));
  const path = await fillCache(environment, 'crane');
  await writeFile(path, 'evil');
  assert.deepEqual(await requireComponents(['crane'], options), { crane: path });
  assert.equal(await countBuilds(), 1);
});

test('builders at the same time build once', async (t) => {
  const { options, countBuilds } = await prepare(await makeTempDir(t), { beforeBuild: 'sleep 0.3' });
  const results = await Promise.all([1, 2, 3].map(() => requireComponents(['crane'], options)));
  assert.equal(new Set(results.map(({ crane }) => crane)).size, 1);
  assert.equal(await countBuilds(), 1);
});

test('companion files come from the Go module', async (t) => {
  const { goFolder, options } = await prepare(await makeTempDir(t));
  const { companion } = components.kwok;
  assert.ok(companion);
  for (const [index, part] of companion.parts.entries()) {
    const path = join(goFolder, 'module', part);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `stage: ${index}\n`);
  }
  const { kwok } = await requireComponents(['kwok'], options);
  const text = await readFile(join(dirname(kwok), companion.name), 'utf8');
  assert.equal(text, [0, 1, 2, 3, 4].map((index) => `stage: ${index}`).join('\n---\n'));
});

test('a failed build says what go said and leaves nothing', async (t) => {
  const beforeBuild = 'echo "no such module" >&2; exit 1';
  const { environment, options } = await prepare(await makeTempDir(t), { beforeBuild });
  await assert.rejects(requireComponents(['crane'], options), /go: go build failed: no such module/u);
  const folder = await componentFolder(components.crane, environment);
  assert.deepEqual(await readdir(dirname(folder)), []);
});

test('a binary that prints another version is not published', async (t) => {
  const beforeBuild = `printf '#!/bin/sh\\necho v9.9.9\\n' > "$3"; chmod +x "$3"; exit 0`;
  const { environment, options } = await prepare(await makeTempDir(t), { beforeBuild });
  await assert.rejects(requireComponents(['crane'], options), /is version 9\.9\.9, wanted 0\.22\.1/u);
  assert.deepEqual(await readdir(dirname(await componentFolder(components.crane, environment))), []);
});

test('an aborted build leaves nothing and takes go along', { timeout: 10_000 }, async (t) => {
  const goPid = join(await makeTempDir(t), 'pid');
  const beforeBuild = `echo $$ > '${goPid}.new'; mv '${goPid}.new' '${goPid}'; exec sleep 600`;
  const { environment, options } = await prepare(await makeTempDir(t), { beforeBuild });
  const abort = new AbortController();
  const building = requireComponents(['crane'], { ...options, signal: abort.signal });
  const assertion = assert.rejects(building, /^Error: stopped$/u);
  const pid = await readWhenThere(goPid);
  abort.abort(new Error('stopped'));
  await assertion;
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  assert.deepEqual(await readdir(dirname(await componentFolder(components.crane, environment))), []);
});

async function readWhenThere(path: string): Promise<number> {
  for (;;) {
    try {
      return Number(await readFile(path, 'utf8'));
    } catch {
      await delay(10);
    }
  }
}
