// The store contract by the registry client, against a registry of our own.
import { contentStoreContract } from '../../helpers/content-store-contract.ts';
import { openStore } from '../../helpers/registry-store.ts';
import { makeRegistry } from '../server/client.ts';

contentStoreContract('registry client against our registry', async (t) => {
  const { registry } = await makeRegistry(t);
  return openStore(t, `${registry.host}/config/app`);
});
