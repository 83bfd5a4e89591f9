// Inputs that say how the files of `path` are rendered. publish and diff share them, so that a pull request is shown what
// will be published.
import * as z from 'zod';
import type { SourceOptions } from '../../src/operations/read-sources.ts';
import { renderModes } from '../../src/render/render-directory.ts';
import type { RunContext } from './context.ts';
import { flag, lines, text } from './fields.ts';
import type { Problems } from './problems.ts';
import { resolveInWorkspace } from './workspace.ts';

/** One member an input of action.yml. */
export const renderShape = {
  render: z.enum(renderModes, `is none of ${renderModes.join(', ')}`),
  values: lines,
  'release-name': text,
  'release-namespace': text,
  'kube-version': text,
  'drop-hooks': flag,
  'allow-network': flag,
};

export type RenderValues = z.output<z.ZodObject<typeof renderShape>>;

/** Options of their values; files of values lie in the workspace, as all that is rendered does. */
export async function toSourceOptions(
  values: RenderValues,
  { workspace }: RunContext,
  problems: Problems,
): Promise<SourceOptions> {
  const files: string[] = [];
  for (const path of values.values) {
    const found = await problems.attempt('values', () => resolveInWorkspace(workspace, path));
    if (found !== undefined) files.push(found.absolute);
  }
  const given = (value: string): string | undefined => (value === '' ? undefined : value);
  return {
    mode: values.render,
    root: workspace,
    values: files,
    releaseName: given(values['release-name']),
    releaseNamespace: given(values['release-namespace']),
    kubeVersion: given(values['kube-version']),
    dropHooks: values['drop-hooks'],
    allowNetwork: values['allow-network'],
  };
}
