// The files that a tool would read, before it does: each inside the root that was given, links followed, and all of
// them within bounds.
import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { RenderError, type ResourceLocation } from '../errors.ts';
import { renderLimits } from '../limits.ts';

/** What a path is; links are followed. */
export type Found =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'missing' };

export type SourceTree = {
  /** The directory that is rendered, without links. */
  readonly directory: string;
  /**
   * Looks a path up.
   * @throws RenderError `RENDER_REFUSED` for what lies outside the root or is neither file nor folder, `RENDER_LIMIT`
   */
  find(path: string, location: ResourceLocation): Promise<Found>;
  /** The bytes of a small document; `RENDER_LIMIT` above its bound. */
  readDocument(path: string): Promise<Buffer>;
  /** A path as errors name it: relative to the directory, with forward slashes. */
  nameOf(path: string): string;
};

/**
 * @param directory absolute, or relative to where the process runs
 * @param root what nothing may lie outside of; by default the checkout that the directory lies in
 */
export async function openSourceTree(directory: string, root?: string): Promise<SourceTree> {
  const here = await realpath(directory);
  const top = root === undefined ? await findRoot(here) : await realpath(root);
  if (!isInside(top, here)) throw new RenderError('RENDER_REFUSED', `${directory} leads out of ${top}`);
  let entries = 0;
  let bytes = 0;
  const nameOf = (path: string): string => relative(here, path).replaceAll(sep, '/') || '.';
  return {
    directory: here,
    nameOf,
    async find(path, location) {
      const target = await resolveLinks(path);
      if (target === undefined) return { kind: 'missing' };
      if (!isInside(top, target)) {
        // "symlink escape": what it would read could be published.
        throw new RenderError('RENDER_REFUSED', `${nameOf(path)} leads out of the checkout`, {
          location,
          hint: 'Only files of the checkout are rendered: the folder above that has .git, or the workspace.',
        });
      }
      const found = await stat(target);
      if (found.isDirectory()) return { kind: 'folder', path: target };
      if (!found.isFile()) {
        throw new RenderError('RENDER_REFUSED', `${nameOf(path)} is neither a file nor a folder`, {
          location,
        });
      }
      entries += 1;
      bytes += found.size;
      if (entries > renderLimits.entries || bytes > renderLimits.sourceBytes) {
        const limit = `${renderLimits.entries} files or ${renderLimits.sourceBytes} bytes`;
        throw new RenderError('RENDER_LIMIT', `sources have more than ${limit}`);
      }
      return { kind: 'file', path: target };
    },
    async readDocument(path) {
      const { size } = await stat(path);
      if (size > renderLimits.documentBytes) {
        throw new RenderError(
          'RENDER_LIMIT',
          `file has ${size} bytes, more than ${renderLimits.documentBytes}`,
          {
            location: { file: nameOf(path) },
          },
        );
      }
      return readFile(path);
    },
  };
}

async function resolveLinks(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch {
    return undefined;
  }
}

/** The checkout: the nearest folder with `.git`; else the current folder where it is above; else the directory itself. */
async function findRoot(directory: string): Promise<string> {
  let folder = directory;
  for (let count = 0; count < renderLimits.parents; count += 1) {
    if (await isThere(join(folder, '.git'))) return folder;
    const above = dirname(folder);
    if (above === folder) break;
    folder = above;
  }
  const current = await realpath(resolve('.'));
  return isInside(current, directory) ? current : directory;
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Whether a path is a folder or lies in it; both without links. */
function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
