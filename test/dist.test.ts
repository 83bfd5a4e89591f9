// dist/ is what the sources give, on this machine and in this directory as on any other, and all of it starts.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite, test, type TestContext } from 'node:test';
import * as z from 'zod';
import { buildDist } from '../tools/build.ts';
import { noOldestNode, oldestNode } from './helpers/oldest-node.ts';
import { makeTempDir } from './helpers/temp.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

const packageSchema = z.object({ name: z.string(), version: z.string() });

type Result = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a script on plain node: no environment, no dependencies near it. */
async function runNode(args: readonly string[], node = process.execPath): Promise<Result> {
  return new Promise((resolve) => {
    execFile(node, args, { env: {} }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

/** Each file's name with what git keeps of it. */
async function readFiles(folder: string): Promise<Map<string, { bytes: Buffer; isExecutable: boolean }>> {
  const files = new Map<string, { bytes: Buffer; isExecutable: boolean }>();
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, name);
    const found = await stat(path);
    if (!found.isFile()) continue;
    files.set(name, { bytes: await readFile(path), isExecutable: (found.mode & 0o100) !== 0 });
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

/** Name and version of the package that a module of a bundle is from. */
async function packageOf(module: string): Promise<string> {
  const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/u.exec(module)?.[0] ?? module;
  const { name, version } = packageSchema.parse(
    JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')),
  );
  return `${name} ${version}`;
}

test('the licences file names every package whose code is in dist, and no other', async () => {
  const modules = new Set<string>();
  for (const [name, { bytes }] of await readFiles(dist)) {
    if (!name.endsWith('.js')) continue;
    for (const [, module = ''] of bytes.toString('latin1').matchAll(/^\/\/ (node_modules\/\S+)$/gmu))
      modules.add(module);
  }
  const wanted = new Set(await Promise.all([...modules].map(packageOf)));
  assert.ok(wanted.size > 20, [...wanted].join());
  const text = await readFile(join(dist, 'LICENSES.txt'), 'utf8');
  const named = text
    .split(`\n\n${'-'.repeat(80)}\n\n`)
    .map((part) => /^(?:The files .*\n\n)?(\S+ \S+) \(/u.exec(part)?.[1] ?? part);
  assert.deepEqual(named.toSorted(), [...wanted].toSorted());
});

/** A copy of what a user has: a program alone, or the actions with what they share. */
async function copyDist(t: TestContext, files: readonly string[]): Promise<string> {
  const copy = await makeTempDir(t);
  for (const file of files) await cp(join(dist, file), join(copy, file), { recursive: true });
  return copy;
}

const actions = ['publish.js', 'promote.js', 'verify.js', 'diff.js'] as const;

suite('dist starts on plain node', () => {
  const nodes = [process.execPath, ...(noOldestNode === false ? [oldestNode.path] : [])];
  for (const node of nodes) {
    test(`the actions, on ${node === process.execPath ? process.version : oldestNode.version}`, async (t) => {
      const copy = await copyDist(t, [...actions, 'chunks']);
      for (const file of actions) {
        const { code, stdout, stderr } = await runNode([join(copy, file)], node);
        assert.deepEqual([code, stderr], [1, ''], file);
        assert.match(stdout, /^::error title=.*GITHUB_WORKSPACE/u, file);
      }
    });
  }

  for (const [file, words] of [
    ['sealift.js', /^sealift — /u],
    ['puller.js', /sealift-puller/u],
  ] as const) {
    test(`${file} alone, with its first line`, async (t) => {
      const copy = await copyDist(t, [file]);
      const { code, stdout, stderr } = await runNode([join(copy, file), '--help']);
      assert.equal(code, 0, stderr);
      assert.match(`${stdout}${stderr}`, words);
      assert.doesNotMatch(stderr, /Warning/u);
      assert.match(await readFile(join(copy, file), 'latin1'), /^#!\/usr\/bin\/env node\n/u);
    });
  }
});
