// The repositories of the registry: each is an image layout in a directory of its name. Names that could reach
// outside of the root or into another repository's layout are refused ("path traversal").
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentError } from '../errors.ts';
import { ensureDirectory, lookAt } from '../layout/files.ts';
import { INDEX_FILE } from '../layout/index-file.ts';
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
  // A layout keeps its index in memory, so each is opened once, by a reader again where another process has changed it.
  const opened = new Map<string, Opened>();
  const directoryOf = (name: string): string => join(root, ...name.split('/'));

  function load(name: string, stamp: string): Promise<LayoutStore> {
    const before = opened.get(name)?.store;
    const loading = openLayout(directoryOf(name), { create: isWriter });
    // What another process is just writing may not be whole yet; then the old one serves until it changes again.
    const store = before === undefined ? loading : loading.catch(() => before);
    const entry = { store, stamp };
    opened.set(name, entry);
    store.catch(() => {
      if (opened.get(name) === entry) opened.delete(name);
    });
    return store;
  }

  return {
    directoryOf,
    async open(name) {
      const known = opened.get(name);
      if (known !== undefined && isWriter) return known.store;
      if (known === undefined && !(await isLayout(root, name))) return undefined;
      const stamp = isWriter ? '' : await stampOf(directoryOf(name));
      const entry = opened.get(name);
      if (entry?.stamp === stamp) return entry.store;
      return load(name, stamp);
    },
    async create(name) {
      const known = opened.get(name);
      if (known !== undefined) return known.store;
      let directory = root;
      for (const part of name.split('/')) {
        directory = join(directory, part);
        await ensureDirectory(directory);
      }
      return opened.get(name)?.store ?? load(name, '');
    },
    async list() {
      const names: string[] = [];
      await collectNames(root, '', names);
      return names.sort();
    },
  };
}

type Opened = {
  readonly store: Promise<LayoutStore>;
  /** For a reader: that of the index.json that it has read. */
  readonly stamp: string;
};

/** Changes whenever index.json does. */
async function stampOf(directory: string): Promise<string> {
  const stats = await lookAt(join(directory, INDEX_FILE));
  return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
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
