// The store contract by the registry client, against the registry with the referrers API.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { contentStoreContract } from '../helpers/content-store-contract.ts';
import { openStore } from '../helpers/registry-store.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

const directory = await mkdtemp(join(tmpdir(), 'sealift-referrers-registry-'));
const registry = await startReferrersRegistry(directory);
after(async () => {
  await registry.stop();
  await rm(directory, { recursive: true, force: true });
});

let repositories = 0;

contentStoreContract(
  'registry client against referrers-registry',
  async (t) => {
    repositories += 1;
    return openStore(t, `${registry.host}/test/repository-${repositories}`);
  },
  { deletesTagsOfManifests: false, describesReferrers: false },
);
