// A registry that lies, between the puller and what is true: it hides, errs, swaps and moves things at the worst moment.
// What runs is kept, corrected, and neither taken for unsigned nor replaced.
import assert from 'node:assert/strict';
import type { Content } from '../../src/oci/manifest.ts';
import { parseManifest } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { legacySignatureTag } from '../../src/signing/candidates.ts';
import { promotionPredicateType } from '../../src/trust/promotion-statement.ts';
import type { Answer, Exchange } from '../helpers/registry-proxy.ts';
import { testAttacks, type Lane } from './lane.ts';

const denied: Answer = { status: 403, body: '{"errors":[{"code":"DENIED","message":"no"}]}' };
const noReferrers: Answer = indexOf([]);

function indexOf(manifests: readonly object[]): Answer {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests });
  return { status: 200, headers: { 'content-type': mediaTypes.index }, body };
}

function isReferrersOf({ path }: Exchange, artifact: Content | undefined): boolean {
  return artifact !== undefined && path.includes(`/referrers/${artifact.descriptor.digest}`);
}

/** A good artifact that the channel shows, and that is not looked at yet. */
async function next(lane: Lane, value: string): Promise<Content> {
  const artifact = await lane.release(value);
  await lane.promote(artifact);
  return artifact;
}

testAttacks('a registry that lies', {
  'tag moved between check and use': async (open) => {
    let checked: Content | undefined;
    let evil: Content | undefined;
    const lane: Lane = await open({
      meddler: {
        before: async (request) => {
          if (isReferrersOf(request, checked) && evil !== undefined) await lane.show(evil);
          return undefined;
        },
      },
    });
    evil = await lane.push('evil');
    checked = await next(lane, 'checked');
    await lane.show(checked);
    await lane.tenant.reconcileNow(lane.name);
    // What was resolved once is what is judged, read and applied; a next look may already refuse the tag.
    await lane.untilRuns(checked, 'checked');
    await lane.refuses('SIGNATURE_MISSING', evil);
  },
  'HEAD of the tag shows what runs, GET something else': async (open) => {
    let shown = '';
    const lane = await open({
      meddler: {
        before: ({ method, path }) =>
          shown !== '' && method === 'HEAD' && path.endsWith('/manifests/prod')
            ? {
                status: 200,
                headers: { 'docker-content-digest': shown, 'content-type': mediaTypes.manifest },
              }
            : undefined,
      },
    });
    shown = (await lane.store.resolve('prod')).descriptor.digest;
    await lane.refuses('SIGNATURE_MISSING', await lane.push('evil'));
    await lane.corrects();
  },
  'another digest in the header than in the bytes': async (open) => {
    let evil: Content | undefined;
    const lane = await open({
      meddler: {
        after: ({ path, method }, answer) =>
          evil !== undefined && method === 'GET' && path.endsWith('/manifests/prod')
            ? { ...answer, body: evil.bytes }
            : undefined,
      },
    });
    const good = await next(lane, 'good');
    evil = await lane.push('evil');
    await lane.show(good);
    await lane.look();
    const { status } = await lane.until('the refusal', (found) => found.status?.candidate !== undefined);
    const { digest } = evil.descriptor;
    assert.deepEqual(status?.candidate, { digest, reason: 'SIGNATURE_MISSING' });
    await lane.corrects();
    evil = undefined;
    await lane.look();
    await lane.untilApplied(good, 'good');
  },
  'another layer under its digest': async (open) => {
    let layer = '';
    const lane = await open({
      meddler: {
        after: ({ path }, answer) => {
          if (layer === '' || !path.endsWith(`/blobs/${layer}`)) return undefined;
          const body = Buffer.from(answer.body);
          body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
          return { ...answer, body };
        },
      },
    });
    const artifact = await next(lane, 'good');
    layer = parseManifest(artifact.bytes).layers[0]?.digest ?? '';
    await lane.refuses('DIGEST_MISMATCH', artifact);
    await lane.corrects();
  },
  'error on the referrers endpoint': async (open) => {
    let artifact: Content | undefined;
    const lane = await open({
      meddler: { before: (request) => (isReferrersOf(request, artifact) ? denied : undefined) },
    });
    const good = await next(lane, 'good');
    artifact = good;
    await lane.cannotJudge('SIGNATURE_UNCHECKABLE', good);
    artifact = undefined;
    await lane.look();
    await lane.untilApplied(good, 'good');
  },
  'error on the referrers of what runs': async (open) => {
    let artifact: Content | undefined;
    const lane = await open({
      meddler: { before: (request) => (isReferrersOf(request, artifact) ? denied : undefined) },
    });
    const running = await lane.store.resolve('prod');
    artifact = running;
    await lane.cannotJudge('SIGNATURE_UNCHECKABLE', running);
  },
  'error on the legacy tag': async (open) => {
    let tag = '';
    const lane = await open({
      meddler: { before: ({ path }) => (tag !== '' && path.endsWith(tag) ? denied : undefined) },
    });
    const artifact = await lane.push('good');
    await lane.promote(artifact);
    tag = legacySignatureTag(artifact.descriptor.digest);
    // It may hold what is missing, so this is no "unsigned".
    await lane.cannotJudge('SIGNATURE_UNCHECKABLE', artifact);
    await lane.attest(artifact, 'ci');
    await lane.look();
    await lane.untilApplied(artifact, 'good');
  },
  'registry that hides referrers': async (open) => {
    let hidden: Content | undefined;
    const lane = await open({
      meddler: { before: (request) => (isReferrersOf(request, hidden) ? noReferrers : undefined) },
    });
    const good = await next(lane, 'good');
    hidden = good;
    await lane.refuses('SIGNATURE_MISSING', good);
    await lane.corrects();
    hidden = undefined;
    await lane.look();
    await lane.untilApplied(good, 'good');
    // Nor does it put out what runs.
    hidden = good;
    await lane.refuses('SIGNATURE_MISSING', good);
    await lane.corrects();
  },
  'registry that hides the promotion alone': async (open) => {
    let hidden: Content | undefined;
    const lane = await open({
      meddler: {
        after: (request, answer) => {
          if (!isReferrersOf(request, hidden)) return undefined;
          const { manifests } = JSON.parse(String(answer.body)) as { manifests: readonly object[] }; // a registry's answer
          return indexOf(manifests.filter((one) => !JSON.stringify(one).includes(promotionPredicateType)));
        },
      },
    });
    hidden = await next(lane, 'good');
    await lane.refuses('STATEMENT_MISSING', hidden);
    await lane.corrects();
  },
  'referrers of another artifact in the answer': async (open) => {
    let borrowing: Content | undefined;
    let lender: Content | undefined;
    const lane: Lane = await open({
      meddler: {
        before: async (request) => {
          if (!isReferrersOf(request, borrowing) || lender === undefined) return undefined;
          return indexOf(await lane.store.referrers(lender.descriptor));
        },
      },
    });
    lender = await lane.store.resolve('prod');
    borrowing = await lane.push('evil');
    await lane.refuses('SIGNATURE_INVALID', borrowing);
  },
  'pages of referrers without end': async (open) => {
    let endless: Content | undefined;
    const lane = await open({
      meddler: {
        before: (request) =>
          isReferrersOf(request, endless)
            ? { ...noReferrers, headers: { ...noReferrers.headers, link: `<${request.path}>; rel="next"` } }
            : undefined,
      },
    });
    endless = await next(lane, 'good');
    await lane.cannotJudge('SIGNATURE_UNCHECKABLE', endless);
    await lane.deliver('better');
  },
});
