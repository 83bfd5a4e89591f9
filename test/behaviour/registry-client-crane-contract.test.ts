// The store contract by the registry client, against a registry without the referrers API.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { contentStoreContract, pushManifest } from '../helpers/content-store-contract.ts';
import { startCraneRegistry } from '../helpers/crane-registry.ts';
import { openStore } from '../helpers/registry-store.ts';

const directory = await mkdtemp(join(tmpdir(), 'sealift-crane-'));
const crane = await startCraneRegistry(directory);
after(async () => {
  await crane.stop();
  await rm(directory, { recursive: true, force: true });
});

let repositories = 0;
function nextRepository(): string {
  repositories += 1;
  return `${crane.host}/test/repository-${repositories}`;
}

contentStoreContract(
  'registry client against crane registry serve',
  async (t) => openStore(t, nextRepository()),
  { deletesTagsOfManifests: false },
);

suite('the referrers tag', () => {
  test('lists ten referrers that ten clients attach at once', async (t) => {
    const repository = nextRepository();
    const subject = await pushManifest(openStore(t, repository), 'subject');
    const names = Array.from({ length: 10 }, (_, number) => `referrer ${number}`);
    const pushed = await Promise.all(
      names.map((name) => pushManifest(openStore(t, repository), name, { subject: subject.descriptor })),
    );
    const listed = await openStore(t, repository).referrers(subject.descriptor);
    assert.deepEqual(
      listed.map(({ digest }) => digest).toSorted(),
      pushed.map(({ descriptor }) => descriptor.digest).toSorted(),
    );
  });
});
