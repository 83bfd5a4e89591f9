// The repository that an action works on, over connections as its inputs and the runner's environment ask for them.
import type { Reference } from '../../src/oci/reference.ts';
import { connectRegistries } from '../../src/registry/connect.ts';
import { givenCredential } from '../../src/registry/credentials/keychain.ts';
import type { RepositoryStore } from '../../src/registry/repository.ts';
import { userSettings } from '../../src/registry/user-settings.ts';
import type { RegistryAccess } from './registry-inputs.ts';
import type { ActionWorld } from './world.ts';

/** Opens a repository for as long as `work` takes. */
export async function withRepository<T>(
  reference: Pick<Reference, 'registry' | 'repository'>,
  { credential, ca, plainHttp, tries }: RegistryAccess,
  { env, random, now }: ActionWorld,
  work: (store: RepositoryStore) => Promise<T>,
): Promise<T> {
  // What is given is for this registry: none that it redirects to sees it.
  const first =
    credential === undefined ? [] : [givenCredential('registry-username', credential, reference.registry)];
  const { open, close } = connectRegistries({ ...userSettings(env, first), ca, random, now, tries });
  try {
    return await work(open(reference, plainHttp));
  } finally {
    close();
  }
}
