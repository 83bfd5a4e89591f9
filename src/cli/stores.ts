// Stores behind locations: opened to be read, or to be written and made where there is none.
import { openLayout } from '../layout/layout.ts';
import { editLayoutTar, openLayoutTar } from '../layout/tar-store.ts';
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
  const connections = location.kind === 'registry' ? await openConnections(values, world) : undefined;
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

/** Opens a location to write to. */
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
  const target =
    location.kind === 'registry'
      ? openRepository(location.reference, values, connections)
      : await openLayout(location.path, { create: true });
  const end = async (): Promise<void> => undefined;
  return { target, close: end, abort: end };
}

function openRepository(
  reference: Parameters<Connections['open']>[0],
  values: RegistryValues,
  connections: Connections | undefined,
): ContentStore {
  if (connections === undefined) throw new TypeError('a registry is opened without connections');
  return connections.open(reference, values['plain-http']);
}
