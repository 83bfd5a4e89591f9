// Builds dist/: what the runner, the command and the container start, without node_modules, and the licences of what is in
// it. Committed, so the bytes must not depend on the machine or the directory; not minified, so that it can be reviewed.
// `node tools/build.ts [--out DIR]`
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle } from './bundling/bundle.ts';
import { collectLicenses } from './bundling/licenses.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The actions share chunks, since they lie in one checkout; a program is one file, since it is copied alone. */
const builds = [
  {
    hasChunks: true,
    entries: {
      publish: 'action/publish/index.ts',
      promote: 'action/promote/index.ts',
      verify: 'action/verify/index.ts',
      diff: 'action/diff/index.ts',
    },
  },
  { hasChunks: false, entries: { sealift: 'src/cli/main.ts' } },
  { hasChunks: false, entries: { puller: 'puller/main.ts' } },
] as const;

/** Files that are started by their name. */
const commands: ReadonlySet<string> = new Set(['sealift.js', 'puller.js']);

/** A file of dist that is started. */
export type BundleFile = 'publish.js' | 'promote.js' | 'verify.js' | 'diff.js' | 'sealift.js' | 'puller.js';

/** A file that was built. */
export type BuiltFile = { readonly file: string; readonly bytes: number };

/**
 * Builds into a directory, which then holds nothing else.
 * @param wanted files that are needed; all by default. One action comes with the others, as they share code
 */
export async function buildDist(
  outDir: string,
  wanted?: readonly BundleFile[],
): Promise<readonly BuiltFile[]> {
  const licenses = collectLicenses(root);
  const chosen = builds.filter(
    ({ entries }) => wanted?.some((file) => Object.hasOwn(entries, file.replace(/\.js$/u, ''))) ?? true,
  );
  const bundled = await Promise.all(
    chosen.map((build) => bundle({ root, ...build, plugins: [licenses.plugin()] })),
  );
  const files = [...bundled.flatMap((part) => [...part]), ['LICENSES.txt', licenses.format()] as const];
  // Only now, so that a build that fails leaves the old files.
  await rm(outDir, { recursive: true, force: true });
  for (const [file, text] of files) {
    const path = join(outDir, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    if (commands.has(file)) await chmod(path, 0o755);
  }
  return files.map(([file, text]) => ({ file, bytes: Buffer.byteLength(text) }));
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } });
  for (const { file, bytes } of await buildDist(resolve(values.out))) {
    console.log(`${file} ${(bytes / 1024).toFixed(0)} KiB`);
  }
}
