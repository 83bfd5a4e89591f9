// Options that say how files are rendered before they are looked at. push, check, diff and images share them.
import type { ParseArgsOptionsConfig } from 'node:util';
import { InputError } from '../errors.ts';
import {
  readSources,
  type RenderMode,
  type SourceOptions,
  type Sources,
} from '../operations/read-sources.ts';
import { renderModes } from '../render/render-directory.ts';
import type { World } from './world.ts';

export const renderOptions = {
  render: { type: 'string' },
  values: { type: 'string', multiple: true, default: [] },
  'release-name': { type: 'string' },
  'release-namespace': { type: 'string' },
  'kube-version': { type: 'string' },
  'api-versions': { type: 'string', multiple: true, default: [] },
  'drop-hooks': { type: 'boolean', default: false },
  'allow-network': { type: 'boolean', default: false },
} as const satisfies ParseArgsOptionsConfig;

export type RenderValues = {
  readonly render?: string | undefined;
  readonly values: readonly string[];
  readonly 'release-name'?: string | undefined;
  readonly 'release-namespace'?: string | undefined;
  readonly 'kube-version'?: string | undefined;
  readonly 'api-versions': readonly string[];
  readonly 'drop-hooks': boolean;
  readonly 'allow-network': boolean;
};

/** The files of a path, rendered as the options say; with what, and what was left out of it, is told. */
export async function readPath(path: string, values: RenderValues, world: World): Promise<Sources> {
  const sources = await readSources(path, parseRender(values), { env: world.env, signal: world.signal });
  const { rendering } = sources;
  if (rendering !== undefined) {
    world.stderr(`rendered with ${rendering.tool} ${rendering.version}\n`);
    for (const note of sources.skipped) world.stderr(`${note}\n`);
  }
  return sources;
}

/** @throws InputError `INPUT_CONFLICT` where there are no files that they could be for */
export function refuseRender(values: RenderValues): void {
  const { render, mode: _, ...rest } = { ...parseRender(values), render: values.render };
  const isGiven = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));
  if (![render, ...Object.values(rest)].some(isGiven)) return;
  throw new InputError('INPUT_CONFLICT', 'options of rendering, and an artifact, which is rendered already', {
    hint: 'Leave out --render and what belongs to it.',
  });
}

function parseRender(values: RenderValues): SourceOptions {
  return {
    mode: parseMode(values.render ?? 'auto'),
    values: values.values,
    releaseName: values['release-name'],
    releaseNamespace: values['release-namespace'],
    kubeVersion: values['kube-version'],
    apiVersions: values['api-versions'],
    dropHooks: values['drop-hooks'],
    allowNetwork: values['allow-network'],
  };
}

/** @throws InputError `INPUT_INVALID` */
function parseMode(value: string): RenderMode {
  const mode = renderModes.find((name) => name === value);
  if (mode !== undefined) return mode;
  throw new InputError(
    'INPUT_INVALID',
    `--render is ${JSON.stringify(value)}, not ${renderModes.join(', ')}`,
  );
}
