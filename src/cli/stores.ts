// Stores behind locations.
import { openLayout } from '../layout/layout.ts';
import type { ContentSource } from '../oci/content-store.ts';
import { connect, type RegistryValues } from './arguments.ts';
import type { Location } from './location.ts';
import type { World } from './world.ts';

export type OpenSource = { readonly source: ContentSource; close(): Promise<void> };

/**
 * Opens a location to read from.
 * @throws InputError `FILE_UNREADABLE`; ContentError `LAYOUT_INVALID`
 */
export async function openSource(
  location: Location,
  values: RegistryValues,
  world: World,
): Promise<OpenSource> {
  if (location.kind === 'registry') {
    const { store, close } = await connect(location.reference, values, world);
    return { source: store, close: async () => close() };
  }
  return { source: await openLayout(location.path), close: async () => undefined };
}
