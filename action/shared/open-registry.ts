// The repository that an action works on, over connections as its inputs and the runner's environment ask for them.
import type { Reference } from '../../src/oci/reference.ts';
import { connectRegistries } from '../../src/registry/connect.ts';
import { givenCredential } from '../../src/registry/credentials/keychain.ts';
import type { RepositoryStore } from '../../src/registry/repository.ts';
import { userSettings } from '../../src/registry/user-settings.ts';
import type { RegistryAccess } from './registry-inputs.ts';
import type { ActionWorld } from './world.ts';

type Place = Pick<Reference, 'registry' | 'repository'>;

/** Opens a repository for as long as `work` takes. */
export function withRepository<T>(
  reference: Place,
  access: RegistryAccess,
  world: ActionWorld,
  work: (store: RepositoryStore) => Promise<T>,
): Promise<T> {
  return withRegistries(reference.registry, access, world, (open) => work(open(reference)));
}

/**
 * Opens repositories of any registries for as long as `work` takes.
 * @param registry that the inputs speak of: no other one, nor one that it redirects to, sees what they give
 */
export async function withRegistries<T>(
  registry: string,
  { credential, ca, plainHttp, tries }: RegistryAccess,
  { env, random, now }: ActionWorld,
  work: (open: (reference: Place) => RepositoryStore) => Promise<T>,
): Promise<T> {
  const first = credential === undefined ? [] : [givenCredential('registry-username', credential, registry)];
  const { open, close } = connectRegistries({ ...userSettings(env, first), ca, random, now, tries });
  try {
    return await work((reference) => open(reference, plainHttp && reference.registry === registry));
  } finally {
    close();
  }
}
