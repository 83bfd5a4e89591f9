// Garbage collection of registries: by the command, while nobody else writes, and by a registry while it runs.
import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { runGc } from '../../src/cli/gc.ts';
import { parseLocation } from '../../src/cli/location.ts';
import { runServe } from '../../src/cli/serve.ts';
import { openTargetWith } from '../../src/cli/stores.ts';
import type { World } from '../../src/cli/world.ts';
import { InputError } from '../../src/errors.ts';
import { garbageLimits } from '../../src/limits.ts';
import { openLayout } from '../../src/layout/layout.ts';
import { emptyContent, emptyDescriptor } from '../../src/oci/descriptor.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { lastLine, sealift } from '../helpers/cli.ts';
import { makeManifest } from '../helpers/content-store-contract.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { makeRegistry, pushBlob, pushImage, putManifest, type TestRegistry } from '../unit/server/client.ts';

const HOUR_MS = 3_600_000;

/** What a command sees where the test is its process. */
const world: World = {
  env: {},
  stdout: () => assert.fail('there is no result'),
  stderr: () => undefined,
  stdin: {
    isTerminal: false,
    read: () => assert.fail('nothing is read'),
    askSecret: () => assert.fail('nothing is asked'),
  },
  now: Date.now,
  random: Math.random,
  signal: new AbortController().signal,
};

/** Two repositories: each with a tagged and signed artifact, and with one whose tag is gone. */
async function fill({ send }: Pick<TestRegistry, 'send'>): Promise<void> {
  for (const name of ['a', 'a/b']) {
    for (const text of ['old', 'new']) {
      const { manifest } = await pushImage(send, name, { text, tag: text });
      await pushImage(send, name, {
        text: `signature of ${text}`,
        members: { subject: manifest.descriptor },
      });
    }
    await send('DELETE', `/v2/${name}/manifests/old`);
  }
}

function listBlobs(directory: string, name: string): Promise<readonly string[]> {
  return readdir(join(directory, name, 'blobs', 'sha256'));
}

type Printed = {
  readonly dryRun: boolean;
  readonly manifests: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly repositories: readonly { readonly repository: string; readonly blobs: number }[];
};

suite('sealift gc', () => {
  async function makeSite(t: TestContext): Promise<string> {
    const { directory, registry, send } = await makeRegistry(t);
    await fill({ send });
    await registry.close();
    return directory;
  }

  test('tidies every repository, and says what it did', async (t) => {
    const cwd = await makeSite(t);
    const args = ['gc', '.', '--min-age', '0s', '-o', 'json'];
    const run = async (...more: readonly string[]): Promise<Printed> => {
      const { code, stdout, stderr } = await sealift([...args, ...more], { cwd });
      assert.equal(code, 0, stderr);
      // The command's own schema, which docs/cli.md shows.
      return JSON.parse(stdout) as Printed;
    };
    const before = await Promise.all(['a', 'a/b'].map((name) => listBlobs(cwd, name)));
    const seen = await run('--dry-run');
    assert.deepEqual(await Promise.all(['a', 'a/b'].map((name) => listBlobs(cwd, name))), before);
    const done = await run();
    assert.deepEqual({ ...done, dryRun: true }, seen);
    assert.deepEqual([done.manifests, done.blobs], [4, 8]);
    assert.deepEqual(
      done.repositories.map(({ repository, blobs }) => [repository, blobs]),
      [
        ['a', 4],
        ['a/b', 4],
      ],
    );
    assert.equal((await run()).blobs, 0);
    const store = await openLayout(join(cwd, 'a'));
    const content = await store.resolve('new');
    assert.equal((await store.referrers(content.descriptor)).length, 1);
  });

  test('leaves what is younger than a day, and takes one repository alone', async (t) => {
    const cwd = await makeSite(t);
    const { stdout } = await sealift(['gc', '.'], { cwd });
    assert.equal(lastLine(stdout), '0');
    const below = await sealift(['gc', 'a/b', '--min-age=0s'], { cwd });
    assert.equal(below.code, 0);
    assert.match(below.stderr, /^a\/b: 2 manifests, 4 blobs, \d+ bytes removed\n$/u);
    assert.ok(Number(lastLine(below.stdout)) > 0);
    assert.equal((await listBlobs(cwd, 'a')).length, 9);
  });

  test('does not touch what a registry writes to, nor one repository of it', async (t) => {
    const { directory, send } = await makeRegistry(t);
    await fill({ send });
    const before = await listBlobs(directory, 'a/b');
    for (const path of ['.', 'a/b']) {
      const { code, stdout } = await sealift(['gc', path, '--min-age=0s', '-o', 'json'], { cwd: directory });
      assert.deepEqual([code, /"code":"(\w+)"/u.exec(stdout)?.[1]], [3, 'INPUT_CONFLICT'], path);
    }
    assert.deepEqual(await listBlobs(directory, 'a/b'), before);
    const looked = await sealift(['gc', '.', '--dry-run', '--min-age=0s'], { cwd: directory });
    assert.equal(looked.code, 0);
    assert.notEqual(lastLine(looked.stdout), '0');
  });

  test('nor what holds a repository that a registry writes to', async (t) => {
    const top = await makeTempDir(t);
    await makeRegistry(t, { directory: join(top, 'shop') });
    await assertRejectsWithCode(runGc([top], world), InputError, 'INPUT_CONFLICT');
  });

  test('goes on where one repository is damaged, tells what it did, and fails', async (t) => {
    const cwd = await makeSite(t);
    const broken = join(cwd, 'a', 'a-broken', 'index.json');
    await openLayout(dirname(broken), { create: true });
    await writeFile(broken, '{');
    const { code, stdout, stderr } = await sealift(['gc', '.', '--min-age=0s', '-o', 'json'], { cwd });
    assert.equal(code, 5);
    assert.equal(/"code":"(\w+)"/u.exec(stdout)?.[1], 'LAYOUT_INVALID');
    assert.match(stdout, /a\/a-broken/u);
    assert.match(stderr, /^a: 2 manifests, 4 blobs, \d+ bytes removed\na\/b: 2 manifests, /u);
    assert.equal((await listBlobs(cwd, 'a/b')).length, 5);
  });

  test('wrong arguments, and a folder without layouts, are told', async (t) => {
    const cwd = await makeTempDir(t);
    for (const args of [[cwd], [`${cwd}/none`], [cwd, '--min-age', 'soon'], [cwd, '--min-age=-1h'], []]) {
      await assert.rejects(runGc(args, world), InputError, args.join(' '));
    }
  });
});

suite('sealift copy', () => {
  test('has the layout that it writes to for itself until it ends', async (t) => {
    const { directory } = await makeRegistry(t);
    const open = (path: string): ReturnType<typeof openTargetWith> =>
      openTargetWith(parseLocation(`oci-layout:${path}`), { 'plain-http': false }, undefined);
    for (const path of [directory, join(directory, 'a'), dirname(directory)])
      await assertRejectsWithCode(open(path), InputError, 'INPUT_CONFLICT');
    const path = join(await makeTempDir(t), 'layout');
    for (const end of ['close', 'abort'] as const) {
      const opened = await open(path);
      await assertRejectsWithCode(runGc([path], world), InputError, 'INPUT_CONFLICT');
      await assertRejectsWithCode(open(path), InputError, 'INPUT_CONFLICT');
      await opened[end]();
    }
    assert.ok(!(await readdir(path)).some((name) => name.startsWith('.sealift-writer-')));
  });
});

suite('sealift serve', () => {
  test('tells of requests that fail, a line a second at most, and no secrets', async (t) => {
    const cwd = await makeTempDir(t);
    await mkdir(join(cwd, 'broken'));
    await writeFile(join(cwd, 'broken', 'oci-layout'), '{');
    const words: string[] = [];
    const ready = Promise.withResolvers<string>();
    const controller = new AbortController();
    const serving = runServe([cwd, '--listen', '127.0.0.1:0'], {
      ...world,
      now: () => 0,
      stdout: (text) => ready.resolve(String(text)),
      stderr: (text) => words.push(text),
      signal: controller.signal,
    });
    const host = (await ready.promise).trim();
    for (let count = 0; count < 3; count += 1)
      assert.equal((await fetch(`http://${host}/v2/broken/tags/list?token=secret`)).status, 500);
    assert.equal((await fetch(`http://${host}/v2/none/tags/list`)).status, 404);
    controller.abort();
    await serving;
    const failed = words.filter((line) => line.startsWith('failed:'));
    assert.match(failed[0] ?? '', /^failed: GET \/v2\/broken\/tags\/list: 500: LAYOUT_INVALID: .+\n$/u);
    assert.deepEqual(failed.slice(1), ['failed: 2 more requests\n']);
    assert.doesNotMatch(words.join(''), /secret/u);
  });

  test('refuses options that do not go together', async (t) => {
    const cwd = await makeTempDir(t);
    for (const args of [
      ['--tls-cert', 'x'],
      ['--tls-key', 'x'],
      ['--anonymous-pull'],
      ['--min-age', '1h'],
      ['--gc-interval', '1s'],
      ['--gc-interval', 'daily'],
      ['--htpasswd', 'none'],
      ['--htpasswd', 'none', '--listen', '0.0.0.0:0'],
    ]) {
      const serving = runServe([cwd, '--listen', '127.0.0.1:0', ...args], world);
      await assert.rejects(serving, InputError, args.join(' '));
    }
  });
});

suite('a registry that runs', () => {
  /** One whose collections start when the test says so, at a time that it says. */
  async function makeTidy(t: TestContext): Promise<TestRegistry & { collect(hours: number): Promise<void> }> {
    let waiting: (() => void) | undefined;
    let nowMs = 0;
    const problems: unknown[] = [];
    const registry = await makeRegistry(t, {
      garbage: { intervalMs: garbageLimits.minIntervalMs, now: () => nowMs },
      startTimer: (callback, afterMs) => {
        if (afterMs === garbageLimits.minIntervalMs) waiting = callback;
        return () => undefined;
      },
      onProblem: (problem) => problems.push(problem),
    });
    return {
      ...registry,
      async collect(hours) {
        nowMs = Date.now() + hours * HOUR_MS;
        const start = waiting;
        waiting = undefined;
        start?.();
        await waitUntil(async () => waiting !== undefined, { what: 'a collection', timeoutMs: 5000 });
        assert.deepEqual(problems, []);
      },
    };
  }

  test('collects its garbage, and what is pushed later is as complete as ever', async (t) => {
    const { directory, send, collect } = await makeTidy(t);
    await fill({ send });
    await collect(23);
    assert.equal((await listBlobs(directory, 'a')).length, 9);
    await collect(25);
    for (const name of ['a', 'a/b']) assert.equal((await listBlobs(directory, name)).length, 5);
    const { manifest, layer } = makeManifest('old');
    assert.equal((await send('HEAD', `/v2/a/blobs/${layer.descriptor.digest}`)).status, 404);
    assert.equal((await putManifest(send, 'a', manifest, 'old')).code, 'MANIFEST_BLOB_UNKNOWN');
    assert.equal((await pushImage(send, 'a', { text: 'old', tag: 'old' })).reply.status, 201);
  });

  test('never lists what a collection takes away, in whatever order pushes come (race)', async (t) => {
    const { send, collect } = await makeTidy(t);
    await pushBlob(send, 'a', { descriptor: emptyDescriptor, bytes: emptyContent });
    const images = Array.from({ length: 40 }, (_, index) => makeManifest(`image ${index}`));
    await Promise.all(images.map(({ layer }) => pushBlob(send, 'a', layer)));
    // Old blobs that nobody needs yet: manifests that need them come while they are collected.
    const collecting = collect(25);
    const replies = await Promise.all(
      images.map(({ manifest }, index) => putManifest(send, 'a', manifest, `v${index}`)),
    );
    await collecting;
    for (const [index, { layer }] of images.entries()) {
      const { status } = replies[index] ?? {};
      assert.ok(status === 201 || status === 400);
      const blob = await send('GET', `/v2/a/blobs/${layer.descriptor.digest}`);
      if (status === 201) assert.equal(blob.status, 200, `v${index}`);
    }
  });
});
