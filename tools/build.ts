// Builds dist/: what the runner, the command and the container start, each one file without node_modules, and the
// licences of what is in them. Committed, so the bytes must not depend on the machine or the directory; not minified,
// so that it can be reviewed. `node tools/build.ts [--out DIR]`
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown, type Plugin } from 'rolldown';
import license, { type Dependency, type Options as LicenseOptions } from 'rollup-plugin-license';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The files of dist and their entries. */
const bundles = [
  { file: 'publish.js', entry: 'action/publish/index.ts', isCommand: false },
  { file: 'promote.js', entry: 'action/promote/index.ts', isCommand: false },
  { file: 'verify.js', entry: 'action/verify/index.ts', isCommand: false },
  { file: 'diff.js', entry: 'action/diff/index.ts', isCommand: false },
  { file: 'sealift.js', entry: 'src/cli/main.ts', isCommand: true },
  { file: 'puller.js', entry: 'puller/main.ts', isCommand: true },
] as const;

/** A file of dist that is a bundle. */
export type BundleFile = (typeof bundles)[number]['file'];

/** A file that was built. */
export type BuiltFile = { readonly file: string; readonly bytes: number };

/**
 * Builds into a directory, which then holds nothing else.
 * @param files of dist that are wanted, with their licences; all by default
 */
export async function buildDist(
  outDir: string,
  files: readonly BundleFile[] = bundles.map(({ file }) => file),
): Promise<readonly BuiltFile[]> {
  const wanted = bundles.filter(({ file }) => files.includes(file));
  const built: BuiltFile[] = [];
  const dependencies = new Map<string, Dependency>();
  const codes = await Promise.all(wanted.map(({ entry }) => bundleOne(entry, dependencies)));
  // Only now, so that a build that fails leaves the old files.
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  for (const [index, { file, isCommand }] of wanted.entries()) {
    const code = codes[index] ?? '';
    await writeFile(join(outDir, file), code);
    if (isCommand) await chmod(join(outDir, file), 0o755);
    built.push({ file, bytes: Buffer.byteLength(code) });
  }
  const licenses = formatLicenses([...dependencies.values()]);
  await writeFile(join(outDir, 'LICENSES.txt'), licenses);
  built.push({ file: 'LICENSES.txt', bytes: Buffer.byteLength(licenses) });
  return built;
}

async function bundleOne(entry: string, dependencies: Map<string, Dependency>): Promise<string> {
  const build = await rolldown({
    cwd: root,
    input: join(root, entry),
    platform: 'node',
    transform: { target: 'node24' },
    tsconfig: false,
    // A linked node_modules would otherwise bring paths of another directory into the comments.
    resolve: {
      symlinks: false,
    },
    // The toolkit imports its HTTP client and with it undici (700 KB) for calls that are not made.
    treeshake: {
      moduleSideEffects: [{ test: /\/node_modules\/@(?:actions|kubernetes)\//u, sideEffects: false }],
    },
    plugins: [collectLicenses(dependencies)],
    onLog(level, log) {
      // A warning means that the bundle may not do what the sources do.
      if (level === 'warn') throw new Error(`${entry}: ${log.message}`);
    },
  });
  try {
    // One file: @kubernetes/client-node is imported on demand, and inlined it is still evaluated on demand.
    const { output } = await build.generate({
      format: 'esm',
      codeSplitting: false,
      minify: false,
      sourcemap: false,
    });
    const [chunk, ...more] = output;
    if (more.length > 0) throw new Error(`${entry} became more than one file`);
    return toLatin1(chunk.code);
  } finally {
    await build.close();
  }
}

/** V8 keeps a source with one character beyond Latin-1 in twice the memory; these stand in strings and comments. */
function toLatin1(code: string): string {
  const escaped = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return code.replaceAll(/[\u0100-\uffff]/gu, escaped);
}

/** Gathers the packages whose code is in a bundle. */
function collectLicenses(dependencies: Map<string, Dependency>): Plugin {
  // Its types describe `exports.default`, but the function is the module itself; rolldown calls Rollup's hooks alike.
  const createPlugin = license as unknown as (options: LicenseOptions) => Plugin;
  return createPlugin({
    cwd: root,
    thirdParty: {
      includePrivate: false,
      multipleVersions: true,
      output: (found) => {
        for (const dependency of found)
          dependencies.set(`${dependency.name}@${dependency.version}`, dependency);
      },
    },
  });
}

function formatLicenses(dependencies: readonly Dependency[]): string {
  const parts = dependencies
    .map((dependency) => ({ dependency, title: `${dependency.name} ${dependency.version}` }))
    .sort((a, b) => (a.title < b.title ? -1 : 1))
    .map(({ dependency, title }) => {
      const { license: id, licenseText, noticeText } = dependency;
      const texts = [licenseText, noticeText].filter((text) => text !== null && text.trim() !== '');
      return [`${title} (${id ?? 'no licence named'})`, ...texts]
        .map((text) => normalize(text ?? ''))
        .join('\n\n');
    });
  return `The files in this directory contain these packages.\n\n${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function normalize(text: string): string {
  return text
    .replaceAll(/\r\n?/gu, '\n')
    .replaceAll(/[ \t]+$/gmu, '')
    .trim();
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } });
  for (const { file, bytes } of await buildDist(resolve(values.out))) {
    console.log(`${file} ${(bytes / 1024).toFixed(0)} KiB`);
  }
}
