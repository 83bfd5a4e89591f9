// The input `path`: one directory or file as it is; or several, and globs, of which the files are taken together, relative
// to the folder that all of them share.
import { realpath } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { InputError } from '../../src/errors.ts';
import { collectLimits } from '../../src/limits.ts';
import { choosePaths, isWild, type ChosenPath, type PathChoice } from '../../src/operations/path-choice.ts';
import type { SourceOptions } from '../../src/operations/read-sources.ts';
import type { RunContext } from '../shared/context.ts';
import { splitLines } from '../shared/fields.ts';
import type { Problems } from '../shared/problems.ts';
import { resolveInWorkspace, type WorkspacePath } from '../shared/workspace.ts';

export type PublishedPath = WorkspacePath & {
  /** What is taken of the directory; absent where it is all. */
  readonly only?: PathChoice;
};

/** What the input names; undefined where there is a problem. What stands in front of a wildcard must be there, too. */
export async function readPath(
  given: string | undefined,
  { workspace }: RunContext,
  problems: Problems,
): Promise<PublishedPath | undefined> {
  if (given === undefined) return undefined;
  return problems.attempt('path', () => resolvePaths(workspace, splitLines(given)));
}

/** How its files are read: one directory may be rendered, several and globs are taken as they are. */
export function toChosen({ only }: PublishedPath, render: SourceOptions, problems: Problems): SourceOptions {
  if (only === undefined) return render;
  if (render.mode !== 'auto' && render.mode !== 'none') {
    problems.add(
      new InputError(
        'INPUT_CONFLICT',
        `render: ${render.mode} has no use with several paths, or with a glob`,
        {
          hint: 'Name in path the one directory that is rendered, or leave render out.',
        },
      ),
    );
  }
  return { ...render, mode: 'none', only };
}

async function resolvePaths(workspace: string, lines: readonly string[]): Promise<PublishedPath> {
  const [first = '.', ...others] = lines;
  if (others.length === 0 && !isWild(first)) return resolveInWorkspace(workspace, first);
  if (lines.length > collectLimits.paths) {
    throw new InputError('INPUT_INVALID', `has ${lines.length} lines, more than ${collectLimits.paths}`);
  }
  const found: Found[] = [];
  for (const line of lines) found.push(await find(workspace, line));
  const shared = found.map(({ folder }) => folder).reduce(commonOf);
  const chosen = found.map(({ given, segments }) => ({ given, segments: segments.slice(shared.length) }));
  const folder = shared.join('/');
  return { absolute: resolve(await realpath(workspace), folder), folder, only: choosePaths(chosen) };
}

/** Relative to the workspace, without links. */
type Found = ChosenPath & { readonly folder: readonly string[] };

async function find(workspace: string, given: string): Promise<Found> {
  const parts = splitPath(given);
  const wild = parts.findIndex(isWild);
  const literal = wild === -1 ? parts : parts.slice(0, wild);
  const rest = wild === -1 ? [] : parts.slice(wild).filter((part) => part !== '' && part !== '.');
  if (rest.includes('..')) {
    throw new InputError('INPUT_INVALID', `${JSON.stringify(given)} has ".." behind a wildcard`);
  }
  // Nothing in front of a slash is the root of the file system.
  const start = literal.length === 0 ? '.' : literal.join('/') || '/';
  const place = await resolveInWorkspace(workspace, start);
  const root = await realpath(workspace);
  const way = relative(root, place.absolute).split(sep);
  return {
    given,
    folder: place.folder.split('/').filter((part) => part !== ''),
    segments: [...way.filter((part) => part !== ''), ...rest],
  };
}

function splitPath(path: string): readonly string[] {
  return sep === '/' ? path.split('/') : path.split(/[\\/]/u);
}

function commonOf(one: readonly string[], other: readonly string[]): readonly string[] {
  const end = one.findIndex((part, index) => part !== other[index]);
  return end === -1 ? one : one.slice(0, end);
}
