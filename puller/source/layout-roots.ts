// Folders that an admin gave names, below which Deliveries may follow image layouts: a site with a USB stick and no
// registry. Who may read which is the admin's word; no path and no link leads out of a root.
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve, sep } from 'node:path';
import { nameSchema } from '../../src/api/common.ts';
import { InputError } from '../../src/errors.ts';
import { isSystemError } from '../../src/layout/files.ts';
import { openLayout } from '../../src/layout/layout.ts';
import { openLayoutTar } from '../../src/layout/tar-store.ts';
import { pullerLimits } from '../../src/limits.ts';
import type { ContentSource } from '../../src/oci/content-store.ts';
import { isLayoutRootName, type LayoutUrl } from '../../src/trust/source-url.ts';
import type { Source } from '../services.ts';

export type LayoutRoot = {
  readonly name: string;
  readonly folder: string;
  /** Besides the puller's own. */
  readonly namespaces: readonly string[];
};

/**
 * Reads `NAME=FOLDER[,namespaces=NAMESPACE[;NAMESPACE…]]`, each root once.
 * @param forbidden folders that no root may hold or lie in
 * @throws InputError `INPUT_INVALID`, `INPUT_CONFLICT`
 */
export function parseLayoutRoots(
  texts: readonly string[],
  forbidden: readonly string[] = [],
): readonly LayoutRoot[] {
  if (texts.length > pullerLimits.layoutRoots)
    throw new InputError(
      'INPUT_INVALID',
      `--layout-root is given more than ${pullerLimits.layoutRoots} times`,
    );
  const roots = texts.map(parseRoot);
  for (const [index, { name, folder }] of roots.entries()) {
    const others = [
      ...roots.slice(0, index).map((other) => ({ ...other, what: `--layout-root ${other.name}` })),
      ...forbidden.map((other) => ({ name: '', folder: resolve(other), what: '--state-dir' })),
    ];
    for (const other of others) {
      if (other.name !== name && !isWithin(other.folder, folder) && !isWithin(folder, other.folder)) continue;
      // What one root refuses a namespace, another would show it.
      const message = `--layout-root ${name} has the name or a folder of ${other.what}`;
      throw new InputError('INPUT_CONFLICT', message);
    }
  }
  return roots;
}

function parseRoot(text: string): LayoutRoot {
  const groups = /^(?<name>[^=]+)=(?<folder>.+?)(?:,namespaces=(?<namespaces>[^,/]*))?$/u.exec(text)?.groups;
  const { name = '', folder = '', namespaces } = groups ?? {};
  const listed = namespaces?.split(';') ?? [];
  const problem = !isLayoutRootName(name)
    ? 'names no root: lower-case letters, digits and "-"'
    : !isAbsolute(folder)
      ? 'names no absolute folder'
      : listed.find((namespace) => !nameSchema.safeParse(namespace).success) === undefined
        ? undefined
        : 'lists a namespace that is none';
  if (problem === undefined) return { name, folder: resolve(folder), namespaces: listed };
  throw new InputError('INPUT_INVALID', `--layout-root ${JSON.stringify(text.slice(0, 300))} ${problem}`, {
    hint: 'Write it as NAME=FOLDER or NAME=FOLDER,namespaces=one;two.',
  });
}

function isWithin(folder: string, outer: string): boolean {
  return folder === outer || folder.startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`);
}

/**
 * The layout behind a URL, read anew by each look. It has to be closed.
 * @param namespace of the Delivery
 */
export function openLayoutUrl(
  url: LayoutUrl,
  namespace: string,
  { roots, pullerNamespace }: { readonly roots: readonly LayoutRoot[]; readonly pullerNamespace: string },
): Source {
  let opened: Promise<Opened> | undefined;
  const open = async (): Promise<ContentSource> => {
    opened ??= openBelow(rootOf(url, namespace, { roots, pullerNamespace }), url);
    return (await opened).source;
  };
  return {
    resolve: async (tagOrDigest, signal) => (await open()).resolve(tagOrDigest, signal),
    referrers: async (subject, signal) => (await open()).referrers(subject, signal),
    tags: async (signal) => (await open()).tags(signal),
    peek: async (tag, signal) => {
      const { descriptor } = await (await open()).resolve(tag, signal);
      return descriptor.digest;
    },
    async *fetch(descriptor, signal) {
      yield* (await open()).fetch(descriptor, signal);
    },
    close: async () => {
      const done = await opened?.catch(() => undefined);
      opened = undefined;
      await done?.close();
    },
  };
}

/** Who may not read a root is not told that it is there. */
function rootOf(
  { root: name }: LayoutUrl,
  namespace: string,
  { roots, pullerNamespace }: { readonly roots: readonly LayoutRoot[]; readonly pullerNamespace: string },
): LayoutRoot {
  const root = roots.find((one) => one.name === name);
  if (root !== undefined && (namespace === pullerNamespace || root.namespaces.includes(namespace)))
    return root;
  throw new InputError('INPUT_INVALID', `namespace ${namespace} has no layout root ${name}`, {
    hint: 'Ask the cluster admin to name it in --layout-root of the puller.',
  });
}

type Opened = { readonly source: ContentSource; close(): Promise<void> };

/** @throws InputError `FILE_UNREADABLE` (retryable): a stick that is not there now is an outage; ContentError */
async function openBelow({ folder }: LayoutRoot, { path, canonical }: LayoutUrl): Promise<Opened> {
  try {
    const top = await realpath(folder);
    const wanted = join(top, ...path);
    // "Symlink escape": below the root nothing may be a link, wherever it leads.
    if ((await realpath(wanted)) !== wanted)
      throw new InputError('INPUT_INVALID', `${canonical} leads through a symbolic link`);
    if ((await stat(wanted)).isDirectory())
      return { source: await openLayout(wanted), close: async () => undefined };
    const source = await openLayoutTar(wanted);
    return { source, close: () => source.close() };
  } catch (cause) {
    if (!isSystemError(cause, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EIO', 'ENODEV', 'ESTALE')) throw cause;
    // Of the system's error just the code: the folder is the admin's affair.
    const code = 'code' in cause ? String(cause.code) : '';
    throw new InputError('FILE_UNREADABLE', `${canonical} can not be read now (${code})`, {
      cause,
      retryable: true,
      hint: 'See whether the volume of the layout root is there.',
    });
  }
}
