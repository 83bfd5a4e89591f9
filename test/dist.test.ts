// dist/ is what the sources give, on this machine and in this directory as on any other, and all of it starts.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite, test, type TestContext } from 'node:test';
import { buildDist } from '../tools/build.ts';
import { makeTempDir } from './helpers/temp.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

type Result = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a script on plain node: no environment, no dependencies near it. */
async function runNode(args: readonly string[]): Promise<Result> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: {} }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

/** Each file's name with what git keeps of it. */
async function readFiles(folder: string): Promise<Map<string, { bytes: Buffer; isExecutable: boolean }>> {
  const files = new Map<string, { bytes: Buffer; isExecutable: boolean }>();
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, name);
    const { mode } = await stat(path);
    files.set(name, { bytes: await readFile(path), isExecutable: (mode & 0o100) !== 0 });
  }
  return files;
}

async function assertSame(actual: string, expected: string, hint: string): Promise<void> {
  const [found, wanted] = [await readFiles(actual), await readFiles(expected)];
  for (const name of new Set([...found.keys(), ...wanted.keys()])) {
    const [a, b] = [found.get(name), wanted.get(name)];
    assert.ok(a !== undefined, `${name} is missing: ${hint}`);
    assert.ok(b !== undefined, `${name} is too much: ${hint}`);
    assert.ok(a.bytes.equals(b.bytes), `${name} differs: ${hint}`);
    assert.equal(a.isExecutable, b.isExecutable, `${name} has another mode: ${hint}`);
  }
}

/** A copy of everything that the build reads, elsewhere. */
async function copyCheckout(t: TestContext): Promise<string> {
  const copy = join(await makeTempDir(t), 'elsewhere');
  await mkdir(copy);
  for (const name of ['action', 'puller', 'src', 'tools', 'package.json', 'tsconfig.json']) {
    await cp(join(root, name), join(copy, name), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

suite('dist', () => {
  test('is what the sources give', async (t) => {
    const fresh = join(await makeTempDir(t), 'dist');
    await buildDist(fresh);
    await assertSame(dist, fresh, 'run `npm run build` and commit dist/');
  });

  test('has the same bytes when it is built in another directory', async (t) => {
    const copy = await copyCheckout(t);
    const { code, stderr } = await runNode([join(copy, 'tools/build.ts')]);
    assert.equal(code, 0, stderr);
    await assertSame(join(copy, 'dist'), dist, 'the build depends on its directory, or dist/ is stale');
  });

  test('names no directory of this machine', async () => {
    for (const [name, { bytes }] of await readFiles(dist)) assert.ok(!bytes.includes(root), name);
  });
});

suite('each file starts alone on plain node', () => {
  const starts = [
    ['publish.js', [], 1, /^::error title=.*GITHUB_WORKSPACE/u],
    ['sealift.js', ['--help'], 0, /^sealift — /u],
    ['puller.js', ['--help'], 0, /sealift-puller/u],
  ] as const;
  for (const [file, args, expected, words] of starts) {
    test(file, async (t) => {
      const alone = join(await makeTempDir(t), file);
      await cp(join(dist, file), alone);
      const { code, stdout, stderr } = await runNode([alone, ...args]);
      assert.equal(code, expected, stderr);
      assert.match(`${stdout}${stderr}`, words);
      assert.doesNotMatch(stderr, /Warning/u);
    });
  }

  test('commands keep their first line', async () => {
    for (const file of ['sealift.js', 'puller.js']) {
      assert.match((await readFile(join(dist, file))).toString('latin1'), /^#!\/usr\/bin\/env node\n/u);
    }
  });
});
