// The repositories of the registry: each is an image layout in a directory of its name. Names that could reach
// outside of the root or into another repository's layout are refused ("path traversal").
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentError } from '../errors.ts';
import { ensureDirectory, lookAt } from '../layout/files.ts';
import { openLayout, type LayoutStore } from '../layout/layout.ts';
import { parseRepositoryName } from '../oci/reference.ts';

/** Components that are the files and folders of a layout. */
const LAYOUT_NAMES: ReadonlySet<string> = new Set(['blobs', 'index.json', 'oci-layout']);

/** Repositories that a listing looks for. */
const MAX_LISTED = 10_000;

export type Repositories = {
  /** Undefined where there is no such repository. */
  open(name: string): Promise<LayoutStore | undefined>;
  /** Makes it where there is none. */
  create(name: string): Promise<LayoutStore>;
  directoryOf(name: string): string;
  /** All names, sorted. */
  list(): Promise<string[]>;
};

/** Whether a repository of this name may exist here. */
export function isRepositoryName(text: string): boolean {
  try {
    return parseRepositoryName(text)
      .split('/')
      .every((part) => !LAYOUT_NAMES.has(part));
  } catch {
    return false;
  }
}

/**
 * @param root directory that holds the repositories; it must exist
 * @param isWriter whether this process may write to them
 */
export function createRepositories(root: string, isWriter: boolean): Repositories {
  // A layout keeps its index in memory, so each is opened once.
  const opened = new Map<string, Promise<LayoutStore>>();
  const directoryOf = (name: string): string => join(root, ...name.split('/'));

  function load(name: string): Promise<LayoutStore> {
    const known = opened.get(name);
    if (known !== undefined) return known;
    const store = openLayout(directoryOf(name), { create: isWriter });
    opened.set(name, store);
    store.catch(() => opened.delete(name));
    return store;
  }

  return {
    directoryOf,
    async open(name) {
      const known = opened.get(name);
      if (known !== undefined) return known;
      return (await isLayout(root, name)) ? load(name) : undefined;
    },
    async create(name) {
      const known = opened.get(name);
      if (known !== undefined) return known;
      let directory = root;
      for (const part of name.split('/')) {
        directory = join(directory, part);
        await ensureDirectory(directory);
      }
      return load(name);
    },
    async list() {
      const names: string[] = [];
      await collectNames(root, '', names);
      return names.sort();
    },
  };
}

/** Whether each directory down to a repository is a real one ("symlink escape"), and the last one a layout. */
async function isLayout(root: string, name: string): Promise<boolean> {
  let directory = root;
  for (const part of name.split('/')) {
    directory = join(directory, part);
    const stats = await lookAt(directory);
    if (stats === undefined) return false;
    if (!stats.isDirectory()) throw new ContentError('LAYOUT_INVALID', `${directory} is not a directory`);
  }
  return (await lookAt(join(directory, 'oci-layout'))) !== undefined;
}

async function collectNames(directory: string, prefix: string, names: string[]): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const name = `${prefix}${entry.name}`;
    if (names.length >= MAX_LISTED) return;
    if (!entry.isDirectory() || !isRepositoryName(name)) continue;
    const path = join(directory, entry.name);
    if ((await lookAt(join(path, 'oci-layout'))) !== undefined) names.push(name);
    await collectNames(path, `${name}/`, names);
  }
}
