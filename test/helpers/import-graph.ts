// What a source file reaches by its imports, packages included: as the bundler resolves them, types left out.
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..', '..');

export type SourceModule = {
  /** Modules of node that it imports, without `node:`. */
  readonly builtins: readonly string[];
  /** Files that it imports, from the project's root. */
  readonly files: readonly string[];
  readonly text: string;
};

/** Each file with its path from the project's root. */
export type ImportGraph = ReadonlyMap<string, SourceModule>;

/** @param entry path from the project's root */
export async function readImportGraph(entry: string): Promise<ImportGraph> {
  const modules = new Map<string, SourceModule>();
  const graph = await rolldown({
    cwd: root,
    input: join(root, entry),
    platform: 'node',
    tsconfig: false,
    treeshake: false,
    resolve: { symlinks: false },
    plugins: [
      {
        name: 'import-graph',
        moduleParsed: ({ id, code, importedIds, dynamicallyImportedIds }) => {
          const imported = [...importedIds, ...dynamicallyImportedIds];
          modules.set(pathOf(id), {
            builtins: imported.filter(isBuiltin).map((name) => name.replace(/^node:/u, '')),
            files: imported.filter((name) => !isBuiltin(name)).map(pathOf),
            text: code ?? '',
          });
        },
      },
    ],
    onLog: () => undefined,
  });
  try {
    await graph.generate({ format: 'esm', codeSplitting: false });
  } finally {
    await graph.close();
  }
  return modules;
}

/** The files that are reached from an entry by paths that lead through none that `isClosed` names. */
export function reachableIn(
  graph: ImportGraph,
  entry: string,
  isClosed: (path: string) => boolean,
): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path) || isClosed(path)) continue;
    reached.add(path);
    waiting.push(...(graph.get(path)?.files ?? []));
  }
  return reached;
}

function pathOf(id: string): string {
  return relative(root, id.replace(/\?.*$/u, ''));
}
