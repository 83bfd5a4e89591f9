// The store contract by the registry client, against docker-registry, which has no referrers API and deletes no tags.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { contentStoreContract } from '../helpers/content-store-contract.ts';
import { openStore } from '../helpers/registry-store.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';

const directory = await mkdtemp(join(tmpdir(), 'sealift-docker-registry-'));
const registry = await startDockerRegistry(directory);
after(async () => {
  await registry.stop();
  await rm(directory, { recursive: true, force: true });
});

let repositories = 0;

contentStoreContract(
  'registry client against docker-registry',
  async (t) => {
    repositories += 1;
    return openStore(t, `${registry.host}/test/repository-${repositories}`);
  },
  { deletesTags: false },
);
