// Builds a kustomization with kustomize, or with kubectl where there is no kustomize. All that it is made of is read
// first: nothing outside the checkout, nothing from the network unless that is allowed, and no plugin that runs anything.
import { join } from 'node:path';
import { FailuresError, RenderError, type ResourceLocation } from '../errors.ts';
import { renderLimits, resourceLimits } from '../limits.ts';
import {
  isRemote,
  kustomizationNames,
  readKustomization,
  readPlugins,
  type ReadKustomization,
  type Reference,
} from './kustomization.ts';
import type { SourceTree } from './source-tree.ts';
import { askVersion, findTool, runTool, type Tool, type ToolRun, type ToolWorld } from './tool.ts';

export type KustomizeOptions = { readonly allowNetwork: boolean };

type Walk = KustomizeOptions & {
  readonly tree: SourceTree;
  readonly seen: Set<string>;
  readonly open: string[];
  readonly problems: RenderError[];
};

/**
 * Reads a kustomization and all that it refers to, as far as that lies here.
 * @throws FailuresError of RenderError `RENDER_REFUSED`, `RENDER_FAILED`; RenderError `RENDER_LIMIT`
 */
export async function inspectKustomization(tree: SourceTree, options: KustomizeOptions): Promise<void> {
  const walk: Walk = { ...options, tree, seen: new Set(), open: [tree.directory], problems: [] };
  for (let folder = walk.open.pop(); folder !== undefined; folder = walk.open.pop()) {
    if (walk.seen.has(folder)) continue;
    walk.seen.add(folder);
    if (walk.seen.size > renderLimits.kustomizations) {
      throw new RenderError(
        'RENDER_LIMIT',
        `there are more than ${renderLimits.kustomizations} kustomizations`,
      );
    }
    await inspectFolder(walk, folder);
  }
  const [first, ...rest] = walk.problems.slice(0, resourceLimits.problems);
  if (first === undefined) return;
  const count = walk.problems.length;
  throw new FailuresError([first, ...rest], `${count} problem${count === 1 ? '' : 's'} in the kustomization`);
}

async function inspectFolder(walk: Walk, folder: string): Promise<void> {
  const { tree } = walk;
  const place = { file: tree.nameOf(folder) };
  const found: string[] = [];
  for (const name of kustomizationNames) {
    const entry = await tree.find(join(folder, name), place);
    if (entry.kind === 'file') found.push(join(folder, name));
  }
  const [file, ...more] = found;
  if (file === undefined || more.length > 0) {
    const what = file === undefined ? 'folder has no kustomization' : 'folder has several kustomizations';
    walk.problems.push(new RenderError('RENDER_FAILED', what, { location: place }));
    return;
  }
  await inspectFound(walk, folder, readKustomization(tree.nameOf(file), await tree.readDocument(file)));
}

async function inspectFound(
  walk: Walk,
  folder: string,
  { references, charts, problems }: ReadKustomization,
): Promise<void> {
  walk.problems.push(...problems);
  if (!walk.allowNetwork) walk.problems.push(...charts.map(refuseChart));
  for (const reference of references) {
    try {
      await inspectReference(walk, folder, reference);
    } catch (error) {
      if (!(error instanceof RenderError) || error.code === 'RENDER_LIMIT') throw error;
      walk.problems.push(error);
    }
  }
}

async function inspectReference(
  walk: Walk,
  folder: string,
  { kind, path, location }: Reference,
): Promise<void> {
  const isUrl = /^(?:[^=]*=)?\s*https?:/iu.test(path);
  const found = isUrl ? undefined : await walk.tree.find(join(folder, path), location);
  if (found === undefined || found.kind === 'missing') {
    if (!isRemote(path)) throw new RenderError('RENDER_FAILED', `${path} is not there`, { location });
    if (!walk.allowNetwork) throw needsNetwork(path, location);
    return;
  }
  if (found.kind === 'file') {
    if (kind !== 'plugin') return;
    const read = readPlugins(walk.tree.nameOf(found.path), await walk.tree.readDocument(found.path));
    await inspectFound(walk, folder, read);
    return;
  }
  if (kind === 'resource') walk.open.push(found.path);
  else {
    const hint = 'Name the files in it one by one.';
    throw new RenderError('RENDER_REFUSED', `${path} is a folder, not a file`, { location, hint });
  }
}

function needsNetwork(path: string, location: ResourceLocation): RenderError {
  return new RenderError('RENDER_REFUSED', `${path} is not here, and the network is not allowed`, {
    location,
    hint: 'Copy it into the repository, so that the same commit gives the same bytes; or give --allow-network.',
  });
}

function refuseChart(location: ResourceLocation): RenderError {
  return new RenderError('RENDER_REFUSED', 'kustomize would fetch a chart and run helm', {
    location,
    hint: "Render the chart's own directory, or give --allow-network.",
  });
}

/** The program that builds kustomizations, and its version. */
export type Kustomize = {
  readonly tool: Tool;
  readonly name: string;
  readonly version: string;
  /** Arguments before those of a build. */
  readonly verb: string;
};

/**
 * Finds kustomize, or kubectl.
 * @throws RenderError `TOOL_MISSING`, `RENDER_FAILED`
 */
export async function findKustomize(home: string, world: ToolWorld): Promise<Kustomize> {
  const tool = await findTool(['kustomize', 'kubectl'], world.env);
  if (tool === undefined) {
    throw new RenderError('TOOL_MISSING', 'neither kustomize nor kubectl is in PATH', {
      hint: 'Install kustomize, which builds this directory, or publish rendered files.',
    });
  }
  const isKubectl = tool.name === 'kubectl';
  const text = await askVersion(tool, isKubectl ? ['version', '--client'] : ['version'], { home, world });
  const built = (isKubectl ? /^Kustomize Version: *(v[\w.+-]+)/mu : /(v\d[\w.+-]*)/u).exec(text)?.[1];
  if (built === undefined) throw new RenderError('RENDER_FAILED', `${tool.path} does not say its version`);
  const client = /^Client Version: *(v[\w.+-]+)/mu.exec(text)?.[1];
  return isKubectl
    ? {
        tool,
        name: 'kubectl kustomize',
        version: `${client ?? 'unknown'} (kustomize ${built})`,
        verb: 'kustomize',
      }
    : { tool, name: 'kustomize', version: built, verb: 'build' };
}

/**
 * Builds what {@link inspectKustomization} found nothing wrong with.
 * @returns documents of YAML
 * @throws RenderError `RENDER_FAILED`, `RENDER_LIMIT`
 */
export async function buildKustomization(
  { tool, verb }: Kustomize,
  run: Pick<ToolRun, 'home' | 'cwd' | 'allowNetwork'>,
  world: ToolWorld,
): Promise<Buffer> {
  // kustomize takes many paths for addresses of git; the folder that it runs in it takes for a folder.
  const args = [verb, '.', '--load-restrictor', 'LoadRestrictionsRootOnly'];
  const helm = run.allowNetwork ? await findTool(['helm'], world.env) : undefined;
  const withHelm = helm === undefined ? [] : ['--enable-helm', '--helm-command', helm.path];
  return (await runTool({ ...run, tool, args: [...args, ...withHelm] }, world)).stdout;
}
