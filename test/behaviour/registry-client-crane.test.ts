// The registry client against a registry of others, without the referrers API: everything goes by the referrers tag.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { verifyArtifact } from '../../src/operations/verify.ts';
import { quorumOf } from '../helpers/authorities.ts';
import { startCraneRegistry } from '../helpers/crane-registry.ts';
import { publishValue } from '../helpers/published.ts';
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

suite('the referrers tag', () => {
  test('carries a signature', async (t) => {
    const store = openStore(t, nextRepository());
    const { digest } = await publishValue(store, 'a', '1.0');
    const { authorities } = await quorumOf(['release']);
    assert.partialDeepStrictEqual(await verifyArtifact(store, { reference: '1.0', authorities }), {
      digest,
      matched: ['release'],
      formats: ['bundle'],
    });
    assert.deepEqual(await store.tags(), ['1.0', digest.replace(':', '-')]);
  });
});
