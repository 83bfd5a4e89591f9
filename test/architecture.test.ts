// The import rule: which file may import what, and what only a process's entry may touch. A breach fails with the file
// and the import; an edge that is meant is declared here with its reason.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';
import { suite, test } from 'node:test';

const root = join(import.meta.dirname, '..');

type Import = { readonly specifier: string; readonly isTypeOnly: boolean };
type SourceFile = {
  readonly path: string;
  readonly text: string;
  readonly code: string;
  readonly imports: readonly Import[];
};

/** Layers from below; a unit is a folder below `src`, a single file of `src`, or a program. */
const layers: readonly (readonly string[])[] = [
  ['src/errors.ts', 'src/limits.ts'],
  ['src/oci', 'src/resources', 'src/api'],
  ['src/registry', 'src/layout', 'src/kube', 'src/expressions'],
  ['src/copy', 'src/artifact', 'src/signing', 'src/trust', 'src/render', 'src/schema', 'src/images'],
  ['src/transfer', 'src/operations', 'src/server', 'src/plan'],
  ['src/cli', 'action', 'puller', 'src/index.ts'],
];

/** Edges within a layer, each with its reason. */
const declaredEdges: Readonly<Record<string, string>> = {
  'src/trust → src/signing': 'policies judge the statements that signing has verified',
  'src/plan → src/operations': 'a plan is the difference of two artifacts, judged and made fit to be shown',
  'src/images → src/trust': 'a range of versions means the same for images as for Deliveries',
};

/** The one place of each outside package; every other package has no place at all. */
const owners: readonly { readonly package: RegExp; readonly places: readonly string[] }[] = [
  { package: /^zod$/u, places: ['src/', 'action/', 'puller/'] },
  { package: /^yaml$/u, places: ['src/resources/'] },
  { package: /^tar$/u, places: ['src/artifact/', 'src/layout/'] },
  { package: /^fflate$/u, places: ['src/artifact/', 'src/layout/'] },
  { package: /^@sigstore\//u, places: ['src/signing/'] },
  { package: /^@bufbuild\/cel$/u, places: ['src/expressions/'] },
  {
    package: /^@bufbuild\/re2$/u,
    places: ['src/expressions/', 'src/trust/', 'src/signing/', 'src/render/', 'src/schema/', 'src/images/'],
  },
  { package: /^semver$/u, places: ['src/trust/'] },
  { package: /^@noble\//u, places: ['src/signing/'] },
  { package: /^@kubernetes\/client-node$/u, places: ['src/kube/'] },
  { package: /^bcryptjs$/u, places: ['src/server/'] },
  { package: /^@actions\//u, places: ['action/shared/host.ts', 'action/shared/github.ts'] },
];

/** Programs' entries: they alone see the process's environment, exit, console and clock. */
const entry = /^(?:src\/cli\/main|puller\/main|action\/[^/]+\/(?:index|main))\.ts$/u;
const entryOnly =
  /\bprocess\.(?:env|exit|exitCode|argv)\b|\bconsole\.|\bDate\.now\b|\bMath\.random\b|\bnew Date\(\)/u;

async function readSources(...folders: readonly string[]): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = [];
  for (const folder of folders) {
    for (const found of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!found.isFile() || !found.name.endsWith('.ts')) continue;
      const full = join(found.parentPath, found.name);
      const text = await readFile(full, 'utf8');
      files.push({ path: relative(root, full), text, code: stripComments(text), imports: importsOf(text) });
    }
  }
  assert.ok(files.length > 0, `no sources in ${folders.join(', ')}`);
  return files;
}

/** Static imports, re-exports and dynamic imports. */
function importsOf(text: string): readonly Import[] {
  const statements = text.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\bfrom\s+)?'([^'\n]+)'/gmu);
  const dynamic = text.matchAll(/\bimport\(\s*(?:\/\*.*?\*\/\s*)?['"`]([^'"`]+)['"`]/gu);
  return [
    ...[...statements].map(([, type, specifier = '']) => ({ specifier, isTypeOnly: type !== undefined })),
    ...[...dynamic].map(([, specifier = '']) => ({ specifier, isTypeOnly: false })),
  ];
}

/** Comments become blank; strings that hold `//` (URLs) are kept by asking for a space or line start in front. */
function stripComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//gu, '').replaceAll(/(^|\s)\/\/.*$/gmu, '$1');
}

function unitOf(path: string): string {
  const parts = path.split('/');
  if (parts[0] !== 'src') return parts[0] ?? '';
  return parts.slice(0, 2).join('/');
}

function layerOf(unit: string): number {
  return layers.findIndex((units) => units.includes(unit));
}

function resolveImport(file: SourceFile, specifier: string): string | undefined {
  return specifier.startsWith('.') ? normalize(join(dirname(file.path), specifier)) : undefined;
}

/** Package name of a specifier, without its subpath. */
function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const sources = await readSources('src', 'action', 'puller');

suite('imports', () => {
  test('are found at all', () => {
    const sample =
      "import a from 'x';\nimport type { B } from './y.ts';\nexport { c } from 'z/deep';\nimport 'side';\nimport {\n  d,\n} from '@s/p/q';\nawait import('late');\n";
    assert.deepEqual(
      importsOf(sample).map(({ specifier, isTypeOnly }) => [specifier, isTypeOnly]),
      [
        ['x', false],
        ['./y.ts', true],
        ['z/deep', false],
        ['side', false],
        ['@s/p/q', false],
        ['late', false],
      ],
    );
    assert.equal(packageOf('@s/p/q'), '@s/p');
    assert.ok(sources.some(({ imports }) => imports.length > 3));
  });

  test('every file lies in a layer', () => {
    const lost = sources.filter(({ path }) => layerOf(unitOf(path)) < 0).map(({ path }) => path);
    assert.deepEqual(lost, []);
  });

  test('lead to lower layers, or along a declared edge', () => {
    const breaches: string[] = [];
    for (const file of sources) {
      const unit = unitOf(file.path);
      for (const { specifier } of file.imports) {
        const target = resolveImport(file, specifier);
        if (target === undefined) continue;
        const targetUnit = unitOf(target);
        const edge = `${unit} → ${targetUnit}`;
        const isAllowed = unit === targetUnit || layerOf(targetUnit) < layerOf(unit) || edge in declaredEdges;
        if (!isAllowed || layerOf(targetUnit) < 0) breaches.push(`${file.path} imports ${target} (${edge})`);
      }
    }
    assert.deepEqual(breaches, []);
  });

  test('of packages stand where their owner is', () => {
    const breaches: string[] = [];
    for (const { path, imports } of sources) {
      for (const { specifier } of imports) {
        const name = packageOf(specifier);
        if (name === undefined) continue;
        const places = owners.find((owner) => owner.package.test(name))?.places ?? [];
        if (!places.some((place) => path.startsWith(place))) breaches.push(`${path} imports ${name}`);
      }
    }
    assert.deepEqual(breaches, []);
  });

  test('of @kubernetes/client-node stand in one file', () => {
    const files = sources.filter(({ imports }) =>
      imports.some(({ specifier }) => specifier.startsWith('@kubernetes/')),
    );
    assert.ok(files.length <= 1, files.map(({ path }) => path).join(', '));
  });

  test('of the lowest layers are zod and yaml only', () => {
    const breaches = sources
      .filter(({ path }) => layerOf(unitOf(path)) <= 1)
      .flatMap(({ path, imports }) =>
        imports
          .map(({ specifier }) => packageOf(specifier))
          .filter((name) => name !== undefined && name !== 'zod' && name !== 'yaml')
          .map((name) => `${path} imports ${name}`),
      );
    assert.deepEqual(breaches, []);
  });

  test('of errors.ts and limits.ts are none', () => {
    for (const { path, imports } of sources)
      if (layerOf(unitOf(path)) === 0) assert.deepEqual(imports, [], path);
  });

  test('never lead from product to tests or tools', () => {
    const breaches = sources.flatMap((file) =>
      file.imports
        .map(({ specifier }) => resolveImport(file, specifier) ?? '')
        .filter((target) => /^(?:test|tools|demo|bench)\//u.test(target))
        .map((target) => `${file.path} imports ${target}`),
    );
    assert.deepEqual(breaches, []);
  });

  test('declared edges are used', () => {
    const used = new Set(
      sources.flatMap((file) =>
        file.imports.map(
          ({ specifier }) => `${unitOf(file.path)} → ${unitOf(resolveImport(file, specifier) ?? '')}`,
        ),
      ),
    );
    for (const edge of Object.keys(declaredEdges)) assert.ok(used.has(edge), edge);
  });
});

/** Files that are loaded with one, types left out. */
function closureOf(entryPath: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [entryPath];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = sources.find((candidate) => candidate.path === path);
    if (file === undefined || seen.has(path)) continue;
    seen.add(path);
    for (const { specifier, isTypeOnly } of file.imports) {
      const target = resolveImport(file, specifier);
      if (target !== undefined && !isTypeOnly) open.push(target);
    }
  }
  return seen;
}

test('the puller verifies and can not sign', () => {
  const signing = /^src\/signing\/(?:keyless\/|attach|command-signer|own-signatures|sign-)/u;
  const loaded = closureOf('puller/main.ts');
  assert.ok(loaded.has('src/signing/verifier.ts'));
  assert.ok([...closureOf('src/cli/main.ts')].some((path) => signing.test(path)));
  assert.deepEqual(
    [...loaded].filter((path) => signing.test(path)),
    [],
  );
});

suite('forms', () => {
  test('environment, exit, console, clock and randomness are the entries’ alone', () => {
    const breaches = sources
      .filter(({ path, code }) => !entry.test(path) && entryOnly.test(code))
      .map(({ path, code }) => `${path}: ${entryOnly.exec(code)?.[0]}`);
    assert.deepEqual(breaches, []);
  });

  test('no default exports, no export *', () => {
    const breaches = sources
      .filter(({ code }) => /^export\s+(?:default\b|\*)/mu.test(code))
      .map(({ path }) => path);
    assert.deepEqual(breaches, []);
  });

  test('each file says first what it is', () => {
    const breaches = sources
      .filter(({ text }) => !/^(?:#!.*\n)?\/\/ [^\n]{20,}/u.test(text))
      .map(({ path }) => path);
    assert.deepEqual(breaches, []);
  });
});

test('every error code is thrown somewhere', () => {
  const errors = sources.find(({ path }) => path === 'src/errors.ts');
  assert.ok(errors);
  const unions = [...errors.code.matchAll(/export type \w+Code =([^;]+);/gu)].map(
    ([, members = '']) => members,
  );
  const codes = unions.flatMap((members) =>
    [...members.matchAll(/'([A-Z_]+)'/gu)].map(([, code = '']) => code),
  );
  assert.ok(codes.length > 40);
  // Exit codes, titles and reasons name every code, and throw none.
  const throwing = sources
    .filter(({ path }) => path !== 'src/errors.ts' && !/(?:exit-codes|titles|reasons)\.ts$/u.test(path))
    .map(({ code }) => code)
    .join('\n');
  const unused = codes.filter((code) => !throwing.includes(`'${code}'`) && !throwing.includes(`"${code}"`));
  assert.deepEqual(unused, []);
});
