// Directories of a test rendered with the real programs, and nothing else of the machine in PATH.
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { renderDirectory, type Rendered, type RenderOptions } from '../../src/render/render-directory.ts';
import { requireComponents } from '../components/locate.ts';
import { makeTempDir } from './temp.ts';

export type RenderTool = 'kustomize' | 'helm' | 'kubectl';

/** PATH with these programs alone. */
export async function pathOf(...tools: readonly RenderTool[]): Promise<string> {
  const found = await requireComponents(tools);
  return tools.map((tool) => dirname(found[tool])).join(delimiter);
}

/** Writes files by their relative paths into a new checkout, and gives its folder. */
export async function makeCheckout(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await makeTempDir(t);
  await mkdir(join(folder, '.git'));
  await writeFiles(folder, files);
  return folder;
}

export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

export type RenderExtra = Partial<RenderOptions> & {
  readonly path?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

/** Renders a directory, with kustomize and helm by default. */
export async function render(
  directory: string,
  { path, env = {}, signal, ...options }: RenderExtra = {},
): Promise<Rendered | undefined> {
  const PATH = path ?? (await pathOf('kustomize', 'helm'));
  const all = {
    mode: 'auto',
    values: [],
    apiVersions: [],
    allowNetwork: false,
    dropHooks: false,
    ...options,
  } as const;
  return renderDirectory(directory, all, { env: { ...env, PATH }, signal });
}

/** Rendered files as text by their paths. */
export function textsOf(rendered: Rendered | undefined): Readonly<Record<string, string>> {
  const files = rendered?.files ?? [];
  return Object.fromEntries(files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString('utf8')]));
}
