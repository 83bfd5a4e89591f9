// One build of rolldown: entries in, files out, as text that V8 reads fast and people can review.
import { join } from 'node:path';
import { rolldown, type OutputOptions, type Plugin } from 'rolldown';
import { useStandIns } from './stand-ins.ts';

/** Names of files, relative to the folder that they are written to, with their text. */
export type Files = ReadonlyMap<string, string>;

type Build = {
  readonly root: string;
  /** Names of files, without `.js`, with the sources that they start with, relative to the root. */
  readonly entries: Readonly<Record<string, string>>;
  /** Where they share code, it is put in chunks of its own; else each build has one entry and gives one file. */
  readonly hasChunks: boolean;
  readonly plugins: readonly Plugin[];
};

/** Packages that get a chunk of their own, with all that only they need, so that an update changes one file. */
const packageChunks = {
  zod: 'zod',
  yaml: 'yaml',
  re2: '@bufbuild/re2',
  sigstore: '@sigstore/[^/]+',
  cel: '@bufbuild/cel',
  tar: 'tar',
} as const;

/** Names of chunks by a module that lies in them; which modules are together follows from which entries need them. */
const sourceChunks: Readonly<Record<string, string>> = {
  'src/errors.ts': 'common',
  'src/artifact/artifact.ts': 'artifact',
  'src/artifact/pack.ts': 'packing',
  'src/signing/bundle.ts': 'signing',
  'src/trust/policy.ts': 'trust',
  'node_modules/@actions/github/lib/github.js': 'octokit',
};

/** @throws Error where rolldown has any warning */
export async function bundle({ root, entries, hasChunks, plugins }: Build): Promise<Files> {
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, join(root, entry)])),
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
    plugins: [useStandIns(), ...plugins],
    onLog(level, log) {
      // A warning means that the bundle may not do what the sources do.
      if (level === 'warn') throw new Error(`${Object.keys(entries).join()}: ${log.message}`);
    },
  });
  try {
    const { output } = await build.generate({
      format: 'esm',
      minify: false,
      sourcemap: false,
      // Those of licences; the sources have the others.
      comments: { legal: true, annotation: false, jsdoc: false },
      entryFileNames: '[name].js',
      ...(hasChunks ? chunkOptions(root) : { codeSplitting: false }),
    });
    return new Map(
      output.map((file) => {
        if (file.type !== 'chunk') throw new Error(`${file.fileName} is no code`);
        return [file.fileName, toAscii(file.code)];
      }),
    );
  } finally {
    await build.close();
  }
}

/** No hashes in names, so that the difference of two versions is that of their code. */
function chunkOptions(root: string): OutputOptions {
  return {
    chunkFileNames: ({ name, moduleIds }) => {
      const marker = Object.keys(sourceChunks).find((path) => moduleIds.includes(join(root, path)));
      return `chunks/${marker === undefined ? name : sourceChunks[marker]}.js`;
    },
    codeSplitting: {
      groups: Object.entries(packageChunks).map(([name, pattern], index) => ({
        name,
        test: new RegExp(`[\\\\/]node_modules[\\\\/]${pattern}[\\\\/]`, 'u'),
        // What two of them need lies with the first.
        priority: 100 - index,
      })),
    },
  };
}

/**
 * V8 reads a file faster where all of it is ASCII, and keeps it in twice the memory where a character is beyond Latin-1.
 * Such characters stand in strings, patterns and comments.
 */
function toAscii(code: string): string {
  const escaped = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return code.replaceAll(/[\u0080-\uffff]/gu, escaped);
}
