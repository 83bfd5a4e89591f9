// Attacks on release signatures by somebody who may write anything to the registry, against the whole puller: each is
// refused with its code, what runs stays, and what is good is not hidden by what is bad beside it.
import assert from 'node:assert/strict';
import { ociLimits, signingLimits } from '../../src/limits.ts';
import type { ContentStore } from '../../src/oci/content-store.ts';
import { describe, emptyContent, emptyDescriptor } from '../../src/oci/descriptor.ts';
import { formatManifest, type Content } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { promotionPredicateType } from '../../src/trust/promotion-statement.ts';
import { attachRaw, copyBare, readBundles, readLegacy, writeLegacy } from '../helpers/forging.ts';
import { signerNamed } from '../helpers/signers.ts';
import { keysOf, testAttacks, type Lane } from './lane.ts';

/** An artifact that is promoted, but for its signature: that is what the attack is about. */
async function unsigned({ push, promote }: Lane, value: string): Promise<Content> {
  const artifact = await push(value);
  await promote(artifact);
  return artifact;
}

/** Attaches what registries let anyone attach. */
async function attachLayer(store: ContentStore, subject: Content, bytes: Uint8Array): Promise<void> {
  await attachRaw(store, subject.descriptor, bytes);
}

testAttacks('attacks on signatures', {
  'stripped signature': async (open, tenant) => {
    const lane = await open();
    const elsewhere = tenant.storeOf(`${lane.name}/origin`);
    const artifact = await lane.release('stripped');
    await copyBare(lane.store, elsewhere, artifact);
    // In another repository of the same policy nothing came along.
    await lane.setDelivery({ source: { url: lane.url.replace(/app$/u, 'origin') } });
    await elsewhere.tag(artifact, 'prod');
    await lane.until('the refusal', ({ status }) => status?.candidate?.reason === 'SIGNATURE_MISSING');
    await lane.corrects();
  },
  'swapped payload of a bundle': async (open) => {
    const lane = await open();
    const artifact = await unsigned(lane, 'swapped');
    const [good] = await readBundles(lane.store, (await lane.store.resolve('prod')).descriptor);
    const statement = JSON.parse(Buffer.from(good.dsseEnvelope.payload, 'base64').toString());
    statement.subject[0].digest.sha256 = artifact.descriptor.digest.slice('sha256:'.length);
    good.dsseEnvelope.payload = Buffer.from(JSON.stringify(statement)).toString('base64');
    await attachLayer(lane.store, artifact, Buffer.from(JSON.stringify(good)));
    await lane.refuses('SIGNATURE_INVALID', artifact);
    await lane.deliver('good');
  },
  'swapped payload of a legacy signature': async (open) => {
    const lane = await open();
    const artifact = await unsigned(lane, 'swapped');
    const former = await lane.push('former');
    await lane.attestLegacy(former, 'ci');
    const [part] = await readLegacy(lane.store, former.descriptor.digest);
    assert.ok(part !== undefined);
    const text = Buffer.from(part.payload).toString();
    const payload = Buffer.from(text.replace(former.descriptor.digest, artifact.descriptor.digest));
    await writeLegacy(lane.store, artifact.descriptor.digest, [{ ...part, payload }]);
    await lane.refuses('SIGNATURE_INVALID', artifact);
    await lane.attestLegacy(artifact, 'ci');
    await lane.look();
    await lane.untilApplied(artifact, 'swapped');
  },
  'signature of another digest': async (open) => {
    const lane = await open();
    const artifact = await unsigned(lane, 'borrowed');
    const running = await lane.store.resolve('prod');
    await lane.attest(artifact, 'ci', { about: running.descriptor.digest });
    await lane.attestLegacy(running, 'ci');
    const parts = await readLegacy(lane.store, running.descriptor.digest);
    await writeLegacy(lane.store, artifact.descriptor.digest, parts);
    await lane.refuses('SIGNATURE_INVALID', artifact);
  },
  'signature by a stranger with the hint of the true key': async (open) => {
    const lane = await open();
    const artifact = await unsigned(lane, 'hinted');
    const [good] = await readBundles(lane.store, (await lane.store.resolve('prod')).descriptor);
    await lane.attest(artifact, 'stranger');
    const bundles = await readBundles(lane.store, artifact.descriptor);
    for (const forged of bundles) {
      forged.verificationMaterial.publicKey.hint = good.verificationMaterial.publicKey.hint;
      await attachLayer(lane.store, artifact, Buffer.from(JSON.stringify(forged)));
    }
    await lane.refuses('SIGNATURE_INVALID', artifact);
  },
  'provenance of the trusted key passed off as a signature': async (open) => {
    const lane = await open();
    const artifact = await unsigned(lane, 'provenance');
    await lane.attest(artifact, 'ci', { type: 'https://slsa.dev/provenance/v1' });
    await lane.refuses('PREDICATE_UNEXPECTED', artifact);
    await lane.attest(artifact, 'ci');
    await lane.look();
    await lane.untilApplied(artifact, 'provenance');
  },
  'promotion statement of the trusted key passed off as a signature': async (open) => {
    const lane = await open();
    const artifact = await unsigned(lane, 'promotion');
    await lane.promote(artifact, {}, 'ci');
    await lane.refuses('PREDICATE_UNEXPECTED', artifact);
  },
  'signature passed off as a promotion': async (open) => {
    const lane = await open();
    const artifact = await lane.release('unpromoted');
    await lane.attest(artifact, 'promoter', { predicate: { repository: lane.repository, channel: 'prod' } });
    await lane.refuses('STATEMENT_MISSING', artifact);
    await lane.attest(artifact, 'promoter', { type: promotionPredicateType, predicate: { sequence: 2 } });
    await lane.refuses('STATEMENT_MISSING', artifact);
  },
  'foreign bundle beside a good legacy signature': async (open) => {
    const lane = await open();
    const artifact = await unsigned(lane, 'legacy');
    await lane.attest(artifact, 'stranger');
    await lane.refuses('SIGNATURE_INVALID', artifact);
    await lane.attestLegacy(artifact, 'ci');
    await lane.look();
    const { status } = await lane.untilApplied(artifact, 'legacy');
    assert.deepEqual(status?.verification?.formats, ['legacy']);
  },
  'foreign legacy signature beside a good bundle': async (open) => {
    const lane = await open();
    const artifact = await lane.release('bundle');
    await lane.promote(artifact);
    await lane.attestLegacy(artifact, 'stranger');
    await lane.show(artifact);
    await lane.look();
    const { status } = await lane.untilApplied(artifact, 'bundle');
    assert.deepEqual(status?.verification?.formats, ['bundle']);
  },
  'legacy signature by a stranger alone': async (open) => {
    const lane = await open();
    const artifact = await unsigned(lane, 'legacy');
    await lane.attestLegacy(artifact, 'stranger');
    await lane.refuses('SIGNATURE_INVALID', artifact);
  },
  'huge and malformed referrers': async (open) => {
    const lane = await open();
    const artifact = await unsigned(lane, 'malformed');
    const { store } = lane;
    const [good] = await readBundles(store, (await store.resolve('prod')).descriptor);
    const malformed = [
      '{',
      'null',
      '[]',
      '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}',
      `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
      JSON.stringify({ ...good, mediaType: 'application/vnd.dev.sigstore.bundle.v9+json' }),
      JSON.stringify({ ...good, dsseEnvelope: { ...good.dsseEnvelope, payload: '!' } }),
      JSON.stringify({ ...good, dsseEnvelope: { ...good.dsseEnvelope, signatures: [] } }),
      JSON.stringify({ ...good, verificationMaterial: { certificate: { rawBytes: 'AAAA' } } }),
      Buffer.alloc(ociLimits.bundleBytes + 1, ' '),
    ];
    for (const bytes of malformed) await attachLayer(store, artifact, Buffer.from(bytes));
    const parts = Array.from({ length: signingLimits.legacySignatures + 1 }, (_, index) => ({
      payload: Buffer.from(`${index}`),
      annotations: { 'dev.cosignproject.cosign/signature': 'AAAA' },
    }));
    await writeLegacy(store, artifact.descriptor.digest, parts);
    await lane.refuses('SIGNATURE_INVALID', artifact);
    await lane.attest(artifact, 'ci');
    await lane.look();
    await lane.untilApplied(artifact, 'malformed');
  },
  'more bytes of bundles than are looked at': async (open) => {
    const lane = await open();
    const artifact = await lane.release('bytes');
    await lane.promote(artifact);
    const count = Math.ceil(ociLimits.bundlesBytes / ociLimits.bundleBytes);
    for (let index = 0; index <= count; index += 1) {
      const bytes = Buffer.alloc(ociLimits.bundleBytes, ' ');
      bytes.write(String(index));
      await attachLayer(lane.store, artifact, bytes);
    }
    await lane.refuses('CANDIDATE_LIMIT', artifact);
    await lane.corrects();
    await lane.deliver('good');
  },
  'thousands of referrers': async (open) => {
    let flooded = '';
    const lane = await open({
      meddler: {
        before: ({ path }) => {
          if (flooded === '' || !path.includes(`/referrers/${flooded}`)) return undefined;
          const manifests = Array.from({ length: 5000 }, (_, index) => ({
            ...describe(mediaTypes.manifest, Buffer.from(`${index}`)),
            artifactType: mediaTypes.sigstoreBundle,
          }));
          const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests });
          return { status: 200, headers: { 'content-type': mediaTypes.index }, body };
        },
      },
    });
    const artifact = await lane.release('flood');
    await lane.promote(artifact);
    flooded = artifact.descriptor.digest;
    await lane.refuses('CANDIDATE_LIMIT', artifact);
    const asked = lane.proxy?.seen.filter(
      (line) => line.startsWith('GET') && line.includes('/manifests/sha256:'),
    );
    assert.ok((asked?.length ?? 0) < 50, 'it is not followed');
    await lane.corrects();
    await lane.deliver('good');
  },
  'a referrer that is listed but gone': async (open) => {
    let gone = '';
    const lane = await open({
      meddler: {
        before: ({ path }) =>
          gone !== '' && path.includes(`/manifests/${gone}`) ? { status: 404, body: '{}' } : undefined,
      },
    });
    const artifact = await unsigned(lane, 'gone');
    gone = (await lane.attest(artifact, 'ci')).descriptor.digest;
    await lane.cannotJudge('SIGNATURE_UNCHECKABLE', artifact);
    // One that is good beside it is enough.
    await lane.attest(artifact, 'ci');
    await lane.look();
    await lane.untilApplied(artifact, 'gone');
  },
  'a threshold of two, one signer twice': async (open) => {
    const lane = await open({
      first: null,
      policy: {
        authorities: await keysOf('ci', 'reviewer', 'promoter'),
        signatures: { authorities: ['ci', 'reviewer'], threshold: 2 },
      },
    });
    const artifact = await lane.release('twice');
    await lane.attest(artifact, 'ci', { predicate: { again: true } });
    await lane.attestLegacy(artifact, 'ci');
    await lane.promote(artifact);
    await lane.refuses('THRESHOLD_NOT_MET', artifact);
    await lane.attestLegacy(artifact, 'reviewer');
    await lane.look();
    const { status } = await lane.untilApplied(artifact, 'twice');
    assert.deepEqual(status?.verification?.matched, [`${lane.name}/ci`, `${lane.name}/reviewer`]);
  },
  'a threshold of two, one key under two names': async (open) => {
    const [ci] = await keysOf('ci');
    const lane = await open({
      first: null,
      policy: {
        authorities: [ci, { ...ci, name: 'reviewer' }, ...(await keysOf('promoter'))],
        signatures: { authorities: ['ci', 'reviewer'], threshold: 2 },
      },
    });
    const artifact = await lane.release('names');
    await lane.attest(artifact, 'ci', { predicate: { again: true } });
    await lane.promote(artifact);
    await lane.show(artifact);
    await lane.look();
    await lane.until('the refusal', ({ status }) => status?.candidate?.reason === 'POLICY_INVALID');
  },
  'legacy signatures as referrers beyond what is checked': async (open) => {
    const lane = await open();
    const artifact = await lane.release('many');
    await lane.promote(artifact);
    const signer = await signerNamed('stranger');
    const layers = await Promise.all(
      Array.from({ length: signingLimits.legacySignatures }, async (_, index) => {
        const payload = Buffer.from(`{"n":${index}}`);
        const content = { descriptor: describe(mediaTypes.simpleSigning, payload), bytes: payload };
        await lane.store.push(content);
        const signature = Buffer.from(await signer.sign(payload)).toString('base64');
        const annotations = { 'dev.cosignproject.cosign/signature': signature };
        return { ...content.descriptor, annotations };
      }),
    );
    await lane.store.push({ descriptor: emptyDescriptor, bytes: emptyContent });
    for (let index = 0; index <= ociLimits.signatures / layers.length; index += 1) {
      const manifest = formatManifest({
        config: emptyDescriptor,
        layers,
        subject: artifact.descriptor,
        annotations: { n: `${index}` },
      });
      await lane.store.push(manifest);
    }
    await lane.refuses('CANDIDATE_LIMIT', artifact);
    await lane.deliver('good');
  },
});
