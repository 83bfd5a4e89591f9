// The files that a path stands for: rendered where a kustomization or a chart lies there, else as they are. Everything
// that reads files goes through here, so that push publishes the bytes that check, images and diff have looked at.
import { lstat } from 'node:fs/promises';
import {
  renderDirectory,
  type RenderMode,
  type Rendering,
  type RenderOptions,
} from '../render/render-directory.ts';
import type { ToolWorld } from '../render/tool.ts';
import { collectFiles, type Collected, type CollectOptions } from './collect.ts';

export type { Rendering, RenderMode };

/** How a path is to be read; without anything, as its files say. */
export type SourceOptions = Partial<RenderOptions> &
  /** For what lies there as it is; see {@link collectFiles}. */
  CollectOptions;

export type Sources = Collected & {
  /** With what the files were made; undefined where they lie there as they are. */
  readonly rendering: Rendering | undefined;
};

/**
 * Reads the files of a path.
 * @param world PATH, and what a network that is allowed needs; nothing else of the environment is looked at
 * @throws RenderError, InputError; FailuresError of RenderError and ResourceError
 */
export async function readSources(
  path: string,
  { exclude, only, ...options }: SourceOptions,
  world: ToolWorld,
): Promise<Sources> {
  const rendered = (await isLink(path))
    ? undefined
    : await renderDirectory(
        path,
        {
          mode: 'auto',
          values: [],
          apiVersions: [],
          dropHooks: false,
          allowNetwork: false,
          ...options,
        },
        world,
      );
  if (rendered === undefined)
    return { ...(await collectFiles(path, { exclude, only })), rendering: undefined };
  return { files: rendered.files, skipped: rendered.notes, rendering: rendered.rendering };
}

/** What is collected is never a link; that is said in one place. */
async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => true,
  );
}
