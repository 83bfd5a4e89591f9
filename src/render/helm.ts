// Renders a chart with `helm template`: no cluster, no plugins, no network unless it is allowed, values and release as
// the caller says.
import { copyFile, cp, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessageOf, FailuresError, InputError, RenderError, type ResourceLocation } from '../errors.ts';
import { archiveLimits, renderLimits } from '../limits.ts';
import type { Chart, Dependency } from './chart.ts';
import type { SourceTree } from './source-tree.ts';
import { askVersion, findTool, runTool, type Tool, type ToolWorld } from './tool.ts';

export type HelmOptions = {
  /** Files of values, the last one wins. */
  readonly values: readonly string[];
  /** Name of the release; the chart's by default. */
  readonly releaseName?: string | undefined;
  /** Namespace of the release; `default` by default. */
  readonly releaseNamespace?: string | undefined;
  /** Version of Kubernetes that the chart sees; helm's own by default. */
  readonly kubeVersion?: string | undefined;
  readonly apiVersions: readonly string[];
  readonly allowNetwork: boolean;
};

/** @throws InputError `INPUT_INVALID` for what helm would refuse, or take for an option */
export function checkHelmOptions({
  releaseName,
  releaseNamespace,
  kubeVersion,
  apiVersions,
}: HelmOptions): void {
  const check = (what: string, value: string | undefined, pattern: RegExp, maxLength: number): void => {
    if (value === undefined || (value.length <= maxLength && pattern.test(value))) return;
    throw new InputError('INPUT_INVALID', `${what} is ${JSON.stringify(value.slice(0, 300))}`);
  };
  check('release name', releaseName, /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/u, 53);
  check('namespace of the release', releaseNamespace, /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u, 63);
  check('version of Kubernetes', kubeVersion, /^v?\d{1,4}\.\d{1,4}(?:\.\d{1,4})?(?:[-+][\w.+-]+)?$/u, 64);
  for (const version of apiVersions) {
    check('API version', version, /^[A-Za-z0-9][\w.-]*(?:\/[\w.-]+){0,2}$/u, 400);
  }
}

/** helm, and its version. */
export type Helm = { readonly tool: Tool; readonly version: string };

/** @throws RenderError `TOOL_MISSING`, `RENDER_FAILED` */
export async function findHelm(home: string, world: ToolWorld): Promise<Helm> {
  const tool = await findTool(['helm'], world.env);
  if (tool === undefined) {
    throw new RenderError('TOOL_MISSING', 'helm is not in PATH', {
      hint: 'Install helm, which renders this directory, or publish rendered files.',
    });
  }
  const text = await askVersion(tool, ['version', '--template', '{{.Version}}'], { home, world });
  const version = /^v\d[\w.+-]*/u.exec(text)?.[0];
  if (version === undefined) throw new RenderError('RENDER_FAILED', `${tool.path} does not say its version`);
  return { tool, version };
}

/** A chart that is ready to be rendered. */
export type ReadyChart = {
  readonly folder: string;
  readonly args: readonly string[];
  /** Names that helm's words have for copies, and what the caller calls them. */
  readonly names: ReadonlyMap<string, string>;
};

export type ChartToRender = {
  readonly helm: Helm;
  readonly tree: SourceTree;
  readonly chart: Chart;
  readonly home: string;
};

/**
 * Fetches what the chart depends on, where that is allowed, and copies the values.
 * @throws FailuresError of RenderError `RENDER_REFUSED`; RenderError; InputError `FILE_UNREADABLE`, `INPUT_INVALID`
 */
export async function prepareChart(
  { helm, tree, chart, home }: ChartToRender,
  options: HelmOptions,
  world: ToolWorld,
): Promise<ReadyChart> {
  const { values, releaseName, releaseNamespace = 'default', kubeVersion, apiVersions } = options;
  if (!options.allowNetwork) refuseMissing(chart.missing);
  const folder =
    chart.missing.length === 0 ? tree.directory : await fetchDependencies({ helm, tree, chart, home }, world);
  const release =
    releaseName ??
    chart.name
      .toLowerCase()
      .slice(0, 53)
      .replaceAll(/[^a-z0-9-]/gu, '-')
      .replaceAll(/^-+|-+$/gu, '');
  const args = ['template', release, '.', '--namespace', releaseNamespace, '--include-crds'];
  if (chart.uncheckedValues !== undefined && !options.allowNetwork) args.push('--skip-schema-validation');
  if (kubeVersion !== undefined) args.push('--kube-version', kubeVersion);
  for (const version of apiVersions) args.push('--api-versions', version);
  const copies = await copyValues(values, home);
  for (const path of copies) args.push('--values', path);
  const names = new Map(copies.map((copy, index) => [copy, values[index] ?? copy]));
  return { folder, args, names };
}

/** Copied, since helm takes some names for addresses and cuts others at commas. */
async function copyValues(values: readonly string[], home: string): Promise<readonly string[]> {
  if (values.length > renderLimits.values) {
    throw new InputError('INPUT_INVALID', `there are more than ${renderLimits.values} files of values`);
  }
  const copies: string[] = [];
  for (const [index, path] of values.entries()) {
    const copy = join(home, `values-${index}.yaml`);
    try {
      const found = await stat(path);
      if (!found.isFile() || found.size > archiveLimits.fileBytes) {
        const what = found.isFile() ? `has more than ${archiveLimits.fileBytes} bytes` : 'is no file';
        throw new InputError('INPUT_INVALID', `${path} ${what}`);
      }
      await copyFile(path, copy);
    } catch (cause) {
      if (cause instanceof InputError) throw cause;
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
      throw new InputError('FILE_UNREADABLE', `${path} can not be read (${code})`, { cause });
    }
    copies.push(copy);
  }
  return copies;
}

function refuseMissing(missing: readonly Dependency[]): void {
  const [first, ...rest] = missing.map(
    ({ name, location }) =>
      new RenderError('RENDER_REFUSED', `chart ${name} is not in charts/, and the network is not allowed`, {
        location,
        hint: 'Run `helm dependency build` and commit charts/, or give --allow-network.',
      }),
  );
  if (first === undefined) return;
  const count = missing.length;
  throw new FailuresError([first, ...rest], `${count} chart${count === 1 ? ' is' : 's are'} missing`);
}

/** Fetches into a copy, by the lock file, so that the checkout stays as it is and the versions are those it says. */
async function fetchDependencies(
  { helm, tree, chart, home }: ChartToRender,
  world: ToolWorld,
): Promise<string> {
  const lock = await tree.find(join(tree.directory, 'Chart.lock'), { file: 'Chart.lock' });
  if (lock.kind !== 'file') {
    throw new RenderError(
      'RENDER_REFUSED',
      'chart has dependencies that are not in charts/, and no Chart.lock',
      {
        location: { file: 'Chart.yaml' },
        hint: 'Run `helm dependency update` and commit Chart.lock: without it each run might fetch other versions.',
      },
    );
  }
  const relative = chart.missing.find(({ repository }) => !/^(?:https?|oci):/u.test(repository));
  if (relative !== undefined) {
    throw new RenderError('RENDER_REFUSED', `chart ${relative.name} is not in charts/, and has no address`, {
      location: relative.location,
      hint: 'Run `helm dependency build` and commit charts/.',
    });
  }
  const folder = join(home, 'chart');
  await cp(tree.directory, folder, { recursive: true, dereference: true });
  await writeRepositories(chart.missing, home);
  await runTool(
    { tool: helm.tool, args: ['dependency', 'build', '.'], cwd: folder, home, allowNetwork: true },
    world,
  );
  return folder;
}

/** helm builds from repositories only that its configuration names. */
async function writeRepositories(missing: readonly Dependency[], home: string): Promise<void> {
  const urls = [...new Set(missing.map(({ repository }) => repository))].filter(
    (url) => !url.startsWith('oci:'),
  );
  const folder = join(home, 'config/helm');
  await mkdir(folder, { recursive: true });
  const repositories = urls.map((url, index) => ({ name: `r${index}`, url }));
  // YAML takes JSON.
  await writeFile(join(folder, 'repositories.yaml'), JSON.stringify({ apiVersion: 'v1', repositories }));
}

export type HelmOutput = {
  readonly documents: Buffer;
  /** Kinds of hooks that helm has left out, as it knows them no more. */
  readonly unknownHooks: readonly string[];
};

/**
 * Renders once.
 * @throws RenderError `RENDER_FAILED` with the template's place where helm names it, `RENDER_LIMIT`
 */
export async function renderChart(
  { helm, chart, home }: Pick<ChartToRender, 'helm' | 'chart' | 'home'>,
  { folder, args, names }: ReadyChart,
  world: ToolWorld,
): Promise<HelmOutput> {
  const run = { tool: helm.tool, args, cwd: folder, home, allowNetwork: false };
  try {
    const { stdout, words } = await runTool(run, world);
    const unknownHooks = [...words.matchAll(/skipping unknown hook: "([^"\n]{1,200})"/gu)];
    return { documents: stdout, unknownHooks: unknownHooks.map(([, hook = '']) => hook) };
  } catch (error) {
    if (!(error instanceof RenderError) || error.code !== 'RENDER_FAILED') throw error;
    let words = error.cause === undefined ? '' : errorMessageOf(error.cause);
    for (const [copy, name] of names) words = words.replaceAll(copy, name);
    const location = placeIn(words, chart.name);
    throw new RenderError('RENDER_FAILED', error.message, {
      ...(location === undefined ? {} : { location }),
      ...(words === '' ? {} : { cause: new Error(words) }),
    });
  }
}

/** Where helm says that it failed; its templates have the chart's name in front. */
function placeIn(words: string, name: string): ResourceLocation | undefined {
  const found =
    /(?:template: |at \(|error on )([\w.-]+)\/([\w./-]+?\.(?:ya?ml|json|tpl|txt))(?::(\d{1,7}))?/u.exec(
      words,
    );
  const [, chart, file, line] = found ?? [];
  if (chart !== name || file === undefined) return undefined;
  return line === undefined ? { file } : { file, line: Number(line) };
}
