// A chart's own folder, before helm reads it: helm follows links wherever they lead and puts what it reads into
// templates, and its schemas of values may be fetched. What the chart depends on must lie in it.
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { RenderError, type ResourceLocation } from '../errors.ts';
import { renderLimits } from '../limits.ts';
import { readDocuments } from '../resources/documents.ts';
import { locatePath } from '../resources/parse.ts';
import type { SourceTree } from './source-tree.ts';

export const chartFile = 'Chart.yaml';
const schemaFile = 'values.schema.json';

const chartSchema = z.looseObject({
  name: z
    .string()
    .max(250)
    .regex(/^[a-zA-Z0-9._-]+$/u, 'is no name of a chart'),
  dependencies: z
    .array(
      z.looseObject({
        name: z.string().max(250),
        repository: z.string().max(2048).nullish(),
      }),
    )
    .max(1000)
    .nullish(),
});

export type Dependency = {
  readonly name: string;
  readonly repository: string;
  readonly location: ResourceLocation;
};

export type Chart = {
  readonly name: string;
  /** What it depends on and `charts/` does not have. */
  readonly missing: readonly Dependency[];
  /** Why values can't be compared with their schemas; undefined where they can. */
  readonly uncheckedValues: string | undefined;
};

type Walk = {
  readonly tree: SourceTree;
  readonly schemas: string[];
  readonly archives: string[];
};

/**
 * Reads a chart's folder.
 * @throws RenderError `RENDER_REFUSED`, `RENDER_FAILED`, `RENDER_LIMIT`
 */
export async function inspectChart(tree: SourceTree): Promise<Chart> {
  const walk: Walk = { tree, schemas: [], archives: [] };
  await inspectFolder(walk, tree.directory, 0);
  const { name, dependencies } = await readChart(tree, tree.directory);
  const vendored = await readVendored(tree);
  return {
    name,
    missing: dependencies.filter((dependency) => !vendored(dependency.name)),
    uncheckedValues: await findUnchecked(walk),
  };
}

/** Follows links, as helm does: one that leads in a circle ends at the bound of depth. */
async function inspectFolder(walk: Walk, folder: string, depth: number): Promise<void> {
  const { tree } = walk;
  if (depth > renderLimits.depth) {
    const location = { file: tree.nameOf(folder) };
    throw new RenderError('RENDER_LIMIT', `chart nests deeper than ${renderLimits.depth} folders`, {
      location,
    });
  }
  for (const { name } of await readdir(folder, { withFileTypes: true })) {
    // No checkout can bring one along.
    if (name === '.git') continue;
    const path = join(folder, name);
    const found = await tree.find(path, { file: tree.nameOf(path) });
    if (found.kind === 'folder') await inspectFolder(walk, path, depth + 1);
    else if (name === schemaFile) walk.schemas.push(path);
    else if (basename(folder) === 'charts' && /\.t(?:ar\.)?gz$/u.test(name)) walk.archives.push(path);
  }
}

type ReadChart = { readonly name: string; readonly dependencies: readonly Dependency[] };

async function readChart(tree: SourceTree, folder: string): Promise<ReadChart> {
  const path = join(folder, chartFile);
  const file = tree.nameOf(path);
  const { documents, problems } = readDocuments(file, await tree.readDocument(path));
  const [document] = documents;
  const [problem] = problems;
  if (problem !== undefined || document === undefined) {
    const what = problem?.message.replace(/^.*?: /u, '') ?? 'file is empty';
    throw new RenderError('RENDER_FAILED', what, { location: problem?.location ?? { file } });
  }
  const { data, error } = chartSchema.safeParse(document.value);
  if (data === undefined) {
    const [issue] = error.issues;
    const where = issue?.path.map(String) ?? [];
    const location = locatePath(document, where, 'value');
    throw new RenderError('RENDER_FAILED', `${where.join('.')}: ${issue?.message}`, { location });
  }
  const dependencies = (data.dependencies ?? []).map(({ name, repository }, index) => ({
    name,
    repository: repository ?? '',
    location: locatePath(document, ['dependencies', `${index}`], 'value'),
  }));
  return { name: data.name, dependencies };
}

/** Whether `charts/` has a chart of a name, as a folder or as an archive. */
async function readVendored(tree: SourceTree): Promise<(name: string) => boolean> {
  const folder = join(tree.directory, 'charts');
  const place = { file: 'charts' };
  if ((await tree.find(folder, place)).kind !== 'folder') return () => false;
  const folders = new Set<string>();
  const archives: string[] = [];
  for (const name of await readdir(folder)) {
    const found = await tree.find(join(folder, name), place);
    if (found.kind === 'file') archives.push(name);
    else if (found.kind === 'folder') {
      const chart = await tree.find(join(folder, name, chartFile), place);
      if (chart.kind === 'file') folders.add((await readChart(tree, join(folder, name))).name);
    }
  }
  return (name) =>
    folders.has(name) ||
    archives.some((archive) => archive.startsWith(`${name}-`) && /\.t(?:ar\.)?gz$/u.test(archive));
}

/** A schema may refer to another one by its URL, which helm would fetch; archives are not looked into. */
async function findUnchecked({ tree, schemas, archives }: Walk): Promise<string | undefined> {
  const [archive] = archives;
  if (archive !== undefined) return `${tree.nameOf(archive)} may have a schema that refers to others`;
  for (const path of schemas) {
    let schema: unknown;
    try {
      schema = JSON.parse((await tree.readDocument(path)).toString('utf8'));
    } catch {
      return `${tree.nameOf(path)} can not be read`;
    }
    const reference = findReference(schema);
    if (reference !== undefined) return `${tree.nameOf(path)} refers to ${reference}`;
  }
  return undefined;
}

const referenceKeys: ReadonlySet<string> = new Set(['$ref', '$dynamicRef', '$recursiveRef']);

/** The first reference that leads out of a schema. */
function findReference(schema: unknown): string | undefined {
  const open: unknown[] = [schema];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    for (const [key, value] of Object.entries(next)) {
      if (typeof value !== 'string') open.push(value);
      else if (referenceKeys.has(key) && !value.startsWith('#')) return value.slice(0, 200);
      else if (key === '$schema' && !/^https?:\/\/json-schema\.org\/[\w/-]+#?$/u.test(value)) {
        return value.slice(0, 200);
      }
    }
  }
  return undefined;
}
