// Ignore files mean what git makes of them: the same patterns in a `.sealiftignore` and a `.gitignore`, the one read by
// collectFiles, the other by git itself, over a tree of real files. File and line of what decides are compared, too.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import { collectFiles } from '../../src/operations/collect.ts';
import { makeTempDir } from '../helpers/temp.ts';

const RUNS = 150;

const files: readonly string[] = [
  ['a.yaml', 'b.yaml', 'ab.yaml', 'aab.yaml', 'abab', 'A.yaml', 'é.yaml', ' .yaml', 'a b.yaml', 'a .yaml '],
  ['#a.yaml', '!a.yaml', '[a].yaml', '*.yaml', '\\a', 'a\\', '-', ']', '^', 'a:.yaml', 'tab\t.yaml', 'a\r'],
  ['a/a.yaml', 'a/b.yaml', 'a/b/a.yaml', 'a/b/b.yaml', 'a/b/a/a.yaml', 'a/b/a/b/a/b.yaml', 'a/ab/b'],
  [
    'b/a',
    'b/b.yaml',
    'b/a.yaml',
    'ab/a.yaml',
    'ab/b/a',
    'aab/b/c.yaml',
    'abab.d/a.yaml',
    'é/a.yaml',
    'a b/a',
  ],
].flat();

/** Of a path, the place that decides and whether it is ignored there. */
type Verdict = `ignored by ${string}` | 'taken';

const plain = fc.constantFrom('a', 'b', 'ab', '.yaml', 'a.yaml', 'a/', '/b', '/');
const wild = fc.constantFrom('*', '?', '**', '**/', '/**', '/**/', '*/', '*.yaml', '[ab]', '[!a]', '[a-c]');
const odd = fc.constantFrom(
  ['c', 'é', '.', '//', '-', ' ', '#', '!', '^', ']', '\\', '\t', '***', '\\*', '\\ ', '\\/', '/*', '**\\/'],
  ['[^b]', '[c-a]', '[]a]', '[!]a]', '[a-]', '[-a]', '[\\a-b]', '[a-\\b]', '[\\]]', '[/]', '[', '[a', '[:'],
  [
    '[[:alpha:]]',
    '[[:punct:][:space:]]',
    '[[:upper:]b]',
    '[![:lower:]]',
    '[[:x:]]',
    '[[:a]',
    '[[:]',
    '[ -~]',
  ],
);
const piece = fc.oneof(
  { weight: 4, arbitrary: plain },
  { weight: 4, arbitrary: wild },
  { weight: 2, arbitrary: odd.chain((some) => fc.constantFrom(...some)) },
);
const someGlob = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
/** The end of a path of the tree with some letters replaced: it matches more often than chance does. */
const nearPath = fc
  .record({
    path: fc.constantFrom(...files),
    skip: fc.nat(3),
    changes: fc.array(fc.tuple(fc.nat(12), fc.nat(3), piece), { maxLength: 2 }),
  })
  .map(({ path, skip, changes }) =>
    changes.reduce(
      (text, [at, length, by]) => text.slice(0, at) + by + text.slice(at + length),
      path
        .split('/')
        .slice(-1 - skip)
        .join('/'),
    ),
  );
const line = fc
  .tuple(
    fc.constantFrom('', '', '', '', '!', '!', '/', '!/', '#', '\\'),
    fc.oneof(someGlob, nearPath),
    fc.constantFrom('', '', '', '', '', '/', '/', '/**', ' ', '  ', '\\ ', '\\', '\r'),
  )
  .map((parts) => parts.join(''));
const ignoreFile = fc
  .tuple(
    fc.constantFrom('', '', '\uFEFF'),
    fc.array(line, { minLength: 2, maxLength: 6 }),
    fc.constantFrom('', '\n', '\r\n'),
  )
  .map(([mark, lines, end]) => mark + lines.join('\n') + end);
/** By folder: that of the root, and some below it. */
const ignoreFiles = fc
  .record({
    root: ignoreFile,
    others: fc.dictionary(fc.constantFrom('a/', 'a/b/', 'ab/', 'é/'), ignoreFile, { maxKeys: 2 }),
  })
  .map(({ root, others }) => ({ ...others, '': root }));

test('an ignore file means what git makes of it', async (t) => {
  const root = await makeTempDir(t);
  await runGit(root, ['init', '--quiet', '--template='], '');
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), '');
  }
  // Something is always left, so that no run ends for want of files.
  await mkdir(join(root, 'kept'));
  await writeFile(join(root, 'kept', '.sealiftignore'), '!kept.yaml');
  await writeFile(join(root, 'kept', 'kept.yaml'), '');
  const property = fc.asyncProperty(ignoreFiles, async (contents) => {
    const written = Object.entries(contents).flatMap(([folder, text]) =>
      ['.gitignore', '.sealiftignore'].map((name) => ({ path: join(root, folder, name), text })),
    );
    for (const { path, text } of written) await writeFile(path, `${text}\n!/kept/`);
    try {
      assert.deepEqual(await askSealift(root), await askGit(root));
    } finally {
      for (const { path } of written) await rm(path);
    }
  });
  await fc.assert(property, { seed: 5, numRuns: RUNS });
});

async function askSealift(root: string): Promise<readonly (readonly [string, Verdict])[]> {
  const { skipped } = await collectFiles(root);
  const ignored = new Map<string, Verdict>();
  for (const text of skipped) {
    const found = /^(.*) \((ignored by .*)\)$/su.exec(text);
    if (found !== null)
      ignored.set(found[1] ?? '', `ignored by ${(found[2] ?? '').slice('ignored by '.length)}`);
  }
  return files.map((path) => {
    const segments = path.split('/');
    const prefixes = segments.map((_, index) => segments.slice(0, index + 1).join('/'));
    return [path, prefixes.map((prefix) => ignored.get(prefix)).find((is) => is !== undefined) ?? 'taken'];
  });
}

async function askGit(root: string): Promise<readonly (readonly [string, Verdict])[]> {
  const args = ['check-ignore', '--no-index', '--stdin', '-z', '--verbose', '--non-matching'];
  const fields = (await runGit(root, args, files.join('\0'))).split('\0');
  return files.map((_, index) => {
    const [source = '', place = '', pattern = '', path = ''] = fields.slice(index * 4);
    const isIgnored = source !== '' && !pattern.startsWith('!');
    const file = source.replace(/\.gitignore$/u, '.sealiftignore');
    return [path, isIgnored ? `ignored by ${file}:${place}` : 'taken'];
  });
}

async function runGit(cwd: string, args: readonly string[], input: string): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    HOME: cwd,
  };
  const child = spawn('git', args, { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  const [output, [code]] = await Promise.all([buffer(child.stdout), once(child, 'close')]);
  // 1 says that nothing is ignored.
  assert.ok(code === 0 || code === 1, `git ended with ${code}`);
  return output.toString();
}
