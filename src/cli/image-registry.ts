// The registries that images come from, with the options of the command line: a log-in that stands there is for one
// registry, so it is refused where the images come from several.
import { toRequestable, wantedOf } from '../images/reference.ts';
import type { Reference } from '../oci/reference.ts';
import type { ImageRegistry } from '../operations/update-images.ts';
import { openConnections, type RegistryValues } from './registries.ts';
import type { World } from './world.ts';

export type OpenImageRegistry = { readonly registry: ImageRegistry; close(): void };

/**
 * Whoever opens it closes it.
 * @param login the registry that the log-in of the command line is for
 * @throws InputError `INPUT_CONFLICT` where several registries would see what is meant for one
 */
export async function openImageRegistry(
  values: RegistryValues,
  world: World,
  login: string | undefined,
): Promise<OpenImageRegistry> {
  const { open, close } = await openConnections(values, world, login);
  return {
    registry: {
      tags: (image) => open(toRequestable(image), values['plain-http']).tags(world.signal),
      resolve: async (image) => {
        const store = open(toRequestable(image), values['plain-http']);
        return (await store.resolve(wantedOf(image), world.signal)).descriptor.digest;
      },
    },
    close,
  };
}

/** The registry that all images come from; undefined where they come from several. */
export function loneRegistryOf(images: readonly Reference[]): string | undefined {
  const [registry, ...others] = new Set(images.map((image) => toRequestable(image).registry));
  return others.length === 0 ? registry : undefined;
}
