// A directory to rendered files, by what lies in it: a kustomization, a chart, or files that need no rendering. It is
// rendered twice; what differs has no digest that a second build could show.
import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, RenderError } from '../errors.ts';
import { resourceLimits } from '../limits.ts';
import { formatIdentity } from '../resources/resource.ts';
import type { SourceFile } from '../resources/validate.ts';
import { chartFile, inspectChart } from './chart.ts';
import {
  checkHelmOptions,
  findHelm,
  prepareChart,
  renderChart,
  type HelmOptions,
  type HelmOutput,
} from './helm.ts';
import { kustomizationNames } from './kustomization.ts';
import { buildKustomization, findKustomize, inspectKustomization } from './kustomize.ts';
import { findDifferences, hookOf, isTest, readOutput, type RenderedDocument } from './objects.ts';
import { toFiles } from './rendered-files.ts';
import { openSourceTree, type SourceTree } from './source-tree.ts';
import { withToolHome, type ToolWorld } from './tool.ts';

/** `auto` decides by the files in the directory; `none` renders nothing. */
export const renderModes = ['auto', 'none', 'kustomize', 'helm'] as const;
export type RenderMode = (typeof renderModes)[number];

/** How a directory is rendered. What only charts have is refused where no chart is rendered. */
export type RenderOptions = HelmOptions & {
  readonly mode: RenderMode;
  /** Leaves hooks out, in place of refusing the chart. */
  readonly dropHooks: boolean;
  /** Nothing outside of it is read; by default the checkout that the directory lies in. */
  readonly root?: string | undefined;
};

/** With what something was rendered. */
export type Rendering = {
  /** `kustomize`, `kubectl kustomize` or `helm`. */
  readonly tool: string;
  /** As the tool itself says it. */
  readonly version: string;
  /** What was asked of it, for whoever wants to do it again. */
  readonly parameters: Readonly<Record<string, string | boolean | readonly string[]>>;
};

export type Rendered = {
  readonly files: readonly SourceFile[];
  readonly rendering: Rendering;
  /** Objects that were left out, and other things to know, as people read them. */
  readonly notes: readonly string[];
};

/**
 * Renders a directory.
 * @returns undefined where nothing needs rendering, or none is wanted
 * @throws RenderError, FailuresError of RenderError and ResourceError, InputError
 */
export async function renderDirectory(
  directory: string,
  options: RenderOptions,
  world: ToolWorld,
): Promise<Rendered | undefined> {
  const tool = await chooseTool(directory, options.mode);
  if (tool !== 'helm') refuseChartOptions(options);
  checkHelmOptions(options);
  if (tool === undefined) return undefined;
  const tree = await openSourceTree(directory, options.root);
  return withToolHome((home) =>
    tool === 'helm'
      ? renderHelm({ tree, home, options }, world)
      : renderKustomize({ tree, home, options }, world),
  );
}

async function chooseTool(directory: string, mode: RenderMode): Promise<'kustomize' | 'helm' | undefined> {
  if (mode === 'none') return undefined;
  const isChart = await isThere(join(directory, chartFile));
  const found = await Promise.all(kustomizationNames.map((name) => isThere(join(directory, name))));
  const isKustomization = found.includes(true);
  if (mode === 'auto') {
    if (isChart && isKustomization) {
      throw new InputError('INPUT_CONFLICT', `${directory} is a chart and a kustomization`, {
        hint: 'Say which one to render: kustomize, helm, or none.',
      });
    }
    return isChart ? 'helm' : isKustomization ? 'kustomize' : undefined;
  }
  if (mode === 'helm' ? isChart : isKustomization) return mode;
  const wanted = mode === 'helm' ? chartFile : kustomizationNames[0];
  throw new InputError('INPUT_INVALID', `${directory} has no ${wanted}`);
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** A value that would go unnoticed is a release that nobody meant. */
function refuseChartOptions(options: RenderOptions): void {
  const given = [
    options.values.length > 0 ? 'values' : undefined,
    options.releaseName === undefined ? undefined : 'a release name',
    options.releaseNamespace === undefined ? undefined : 'a namespace of the release',
    options.kubeVersion === undefined ? undefined : 'a version of Kubernetes',
    options.apiVersions.length > 0 ? 'API versions' : undefined,
  ].filter((what) => what !== undefined);
  if (given.length === 0) return;
  throw new InputError('INPUT_CONFLICT', `${given.join(', ')} without a chart`, {
    hint: 'They are for a directory with Chart.yaml.',
  });
}

type Task = { readonly tree: SourceTree; readonly home: string; readonly options: RenderOptions };

async function renderKustomize({ tree, home, options }: Task, world: ToolWorld): Promise<Rendered> {
  const { allowNetwork, dropHooks } = options;
  await inspectKustomization(tree, { allowNetwork });
  const kustomize = await findKustomize(home, world);
  const run = { cwd: tree.directory, home, allowNetwork };
  const { documents, dropped } = await renderTwice(options, async () => ({
    documents: await buildKustomization(kustomize, run, world),
    unknownHooks: [],
  }));
  const { name: tool, version } = kustomize;
  const parameters = { ...(dropHooks ? { dropHooks } : {}), ...(allowNetwork ? { allowNetwork } : {}) };
  return { files: toFiles(documents), rendering: { tool, version, parameters }, notes: dropped };
}

async function renderHelm({ tree, home, options }: Task, world: ToolWorld): Promise<Rendered> {
  const chart = await inspectChart(tree);
  const helm = await findHelm(home, world);
  const ready = await prepareChart({ helm, tree, chart, home }, options, world);
  const { documents, dropped } = await renderTwice(options, () =>
    renderChart({ helm, chart, home }, ready, world),
  );
  const { releaseName, releaseNamespace, kubeVersion, apiVersions, dropHooks, allowNetwork } = options;
  const parameters = {
    ...(options.values.length === 0 ? {} : { values: await nameValues(tree, options.values) }),
    ...(releaseName === undefined ? {} : { releaseName }),
    ...(releaseNamespace === undefined ? {} : { releaseNamespace }),
    ...(kubeVersion === undefined ? {} : { kubeVersion }),
    ...(apiVersions.length === 0 ? {} : { apiVersions }),
    ...(dropHooks ? { dropHooks } : {}),
    ...(allowNetwork ? { allowNetwork } : {}),
  };
  const unchecked =
    chart.uncheckedValues === undefined || allowNetwork
      ? []
      : [`values were not compared with the chart's schema: ${chart.uncheckedValues}`];
  const placed = releaseNamespace === undefined ? noteDefault(documents) : [];
  const rendering = { tool: 'helm', version: helm.version, parameters };
  return { files: toFiles(documents), rendering, notes: [...dropped, ...unchecked, ...placed] };
}

/** Templates often write the release's namespace into objects, which are then applied there and nowhere else. */
function noteDefault(documents: readonly RenderedDocument[]): readonly string[] {
  const count = documents.filter(({ identity }) => identity.namespace === 'default').length;
  if (count === 0) return [];
  const objects = count === 1 ? '1 object is' : `${count} objects are`;
  return [`${objects} for the namespace default: no namespace of the release is given`];
}

/** Files of values as everyone finds them in a checkout, wherever that lies. */
function nameValues(tree: SourceTree, values: readonly string[]): Promise<readonly string[]> {
  return Promise.all(values.map(async (path) => tree.nameOf(await realpath(path))));
}

type Output = { readonly documents: readonly RenderedDocument[]; readonly dropped: readonly string[] };

/** @throws RenderError `RENDER_UNSTABLE` with the objects that differ, `HOOKS_REFUSED` */
async function renderTwice(
  { dropHooks }: Pick<RenderOptions, 'dropHooks'>,
  render: () => Promise<HelmOutput>,
): Promise<Output> {
  const first = await render();
  const second = await render();
  const output = dropFrom(readOutput(first.documents), first.unknownHooks, dropHooks);
  if (Buffer.compare(first.documents, second.documents) === 0) return output;
  // What is left out may differ: charts give the pods of their tests random names.
  const again = readOutput(second.documents).filter((document) => hookOf(document) === undefined);
  if (isSame(output.documents, again)) return output;
  const names = findDifferences(output.documents, again);
  const what = names.length === 0 ? 'the order of the objects' : enumerate(names);
  throw new RenderError('RENDER_UNSTABLE', `two runs gave other bytes: ${what}`, {
    hint: 'Give as values what the templates make up, such as passwords, certificates and times.',
  });
}

function isSame(first: readonly RenderedDocument[], second: readonly RenderedDocument[]): boolean {
  return first.length === second.length && first.every(({ text }, index) => text === second[index]?.text);
}

/** Hooks run around an installation, which there is none of: applied as objects they would run at every change. */
function dropFrom(
  documents: readonly RenderedDocument[],
  unknownHooks: readonly string[],
  dropHooks: boolean,
): Output {
  const kept: RenderedDocument[] = [];
  const dropped: string[] = [];
  const refused = unknownHooks.map((hook) => `an object for ${hook}`);
  for (const document of documents) {
    const hook = hookOf(document);
    if (hook === undefined) kept.push(document);
    else {
      const name = `${formatIdentity(document.identity)} (hook ${hook})`;
      if (dropHooks || isTest(hook)) dropped.push(`left out ${name}`);
      else refused.push(name);
    }
  }
  if (!dropHooks && refused.length > 0) {
    throw new RenderError('HOOKS_REFUSED', `hooks have nobody who runs them: ${enumerate(refused)}`, {
      hint: 'Turn them off by values, or leave them out with --drop-hooks where the objects do without.',
    });
  }
  return { documents: kept, dropped };
}

function enumerate(names: readonly string[]): string {
  const shown = names.slice(0, Math.min(20, resourceLimits.problems));
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}
