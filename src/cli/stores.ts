// Stores behind locations: opened to be read, or to be written and made where there is none.
import { openLayout } from '../layout/layout.ts';
import { editLayoutTar, openLayoutTar } from '../layout/tar-store.ts';
import { lockTree } from '../layout/tree-lock.ts';
import type { ContentSource, ContentStore } from '../oci/content-store.ts';
import type { Connections } from '../registry/connect.ts';
import type { Location } from './location.ts';
import { openConnections, type RegistryValues } from './registries.ts';
import type { World } from './world.ts';

export type OpenSource = { readonly source: ContentSource; close(): Promise<void> };

export type OpenTarget = {
  readonly target: ContentStore;
  /** Ends it; what was written is complete. */
  close(): Promise<void>;
  /** Ends it after a failure; what came in whole may be used by the next try. */
  abort(): Promise<void>;
};

/**
 * Opens a location to read from.
 * @throws InputError; ContentError `LAYOUT_INVALID`
 */
export async function openSource(
  location: Location,
  values: RegistryValues,
  world: World,
): Promise<OpenSource> {
  const connections =
    location.kind === 'registry'
      ? await openConnections(values, world, location.reference.registry)
      : undefined;
  const { source, close } = await openSourceWith(location, values, connections);
  return {
    source,
    close: async () => {
      await close();
      connections?.close();
    },
  };
}

/** The same with connections that are there, for a location in a registry. */
export async function openSourceWith(
  location: Location,
  values: RegistryValues,
  connections: Connections | undefined,
): Promise<OpenSource> {
  if (location.kind === 'archive') {
    const source = await openLayoutTar(location.path);
    return { source, close: () => source.close() };
  }
  const source =
    location.kind === 'registry'
      ? openRepository(location.reference, values, connections)
      : await openLayout(location.path);
  return { source, close: async () => undefined };
}

/**
 * Opens a location to write to; a directory is locked until it is ended.
 * @throws InputError `INPUT_CONFLICT` where another process writes to the directory; ContentError `LAYOUT_INVALID`
 */
export async function openTargetWith(
  location: Location,
  values: RegistryValues,
  connections: Connections | undefined,
): Promise<OpenTarget> {
  if (location.kind === 'archive') {
    const target = await editLayoutTar(location.path);
    return {
      target,
      close: () => target.close(),
      abort: () => target.abort({ keepsBlobs: true }),
    };
  }
  if (location.kind === 'registry') {
    const end = async (): Promise<void> => undefined;
    return { target: openRepository(location.reference, values, connections), close: end, abort: end };
  }
  return openDirectory(location.path);
}

async function openDirectory(path: string): Promise<OpenTarget> {
  const lock = await lockTree(path);
  try {
    const target = await openLayout(path, { create: true, isIndexHeld: true });
    const end = async (): Promise<void> => {
      try {
        await target.flush();
      } finally {
        await lock.release();
      }
    };
    // What made it fail counts more than that what came in whole can't be listed either.
    return { target, close: end, abort: () => end().catch(() => undefined) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function openRepository(
  reference: Parameters<Connections['open']>[0],
  values: RegistryValues,
  connections: Connections | undefined,
): ContentStore {
  if (connections === undefined) throw new TypeError('a registry is opened without connections');
  return connections.open(reference, values['plain-http']);
}
