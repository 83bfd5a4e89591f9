// A hole in looking for signatures that a review found: referrers were bounded, and the signatures in them were not.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { VerificationError } from '../../../src/errors.ts';
import { ociLimits, signingLimits } from '../../../src/limits.ts';
import type { ContentStore } from '../../../src/oci/content-store.ts';
import { describe, emptyDescriptor, type Descriptor } from '../../../src/oci/descriptor.ts';
import { formatManifest } from '../../../src/oci/manifest.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { findCandidates } from '../../../src/signing/candidates.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { pushValue } from '../../helpers/forging.ts';
import { createMemoryStore } from '../../../src/oci/memory-store.ts';

/** An artifact with so many legacy signatures, in as few referrers as can be. */
async function makeSigned(count: number): Promise<{ store: ContentStore; subject: Descriptor }> {
  const store = createMemoryStore();
  const { descriptor: subject } = await pushValue(store, 'a');
  const bytes = Buffer.from('{}');
  const layer = describe(mediaTypes.simpleSigning, bytes);
  await store.push({ descriptor: layer, bytes });
  for (let left = count; left > 0; left -= signingLimits.legacySignatures) {
    const layers = Array.from({ length: Math.min(left, signingLimits.legacySignatures) }, () => layer);
    const annotations = { left: `${left}` };
    await store.push(formatManifest({ config: emptyDescriptor, layers, subject, annotations }));
  }
  return { store, subject };
}

suite('signatures of an artifact', () => {
  test('are all looked at up to their limit', async () => {
    const { store, subject } = await makeSigned(ociLimits.signatures);
    assert.equal((await findCandidates(store, subject)).found.length, ociLimits.signatures);
  });

  test('above it are a flood, however few referrers carry them', async () => {
    const { store, subject } = await makeSigned(ociLimits.signatures + 1);
    await assertRejectsWithCode(findCandidates(store, subject), VerificationError, 'CANDIDATE_LIMIT');
  });
});
