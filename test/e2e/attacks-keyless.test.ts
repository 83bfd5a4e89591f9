// Keyless in the whole puller: identities that a real Fulcio certifies, a real timestamp authority stamps and a real
// Rekor v2 logs, signed by the real cosign; and everybody whose certificate is good, but not for this.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Content } from '../../src/oci/manifest.ts';
import { resourceSchema } from '../../src/resources/resource.ts';
import { openServices } from '../../src/signing/keyless/ask.ts';
import { keylessSigner } from '../../src/signing/keyless/keyless-signer.ts';
import { parseSigningConfig } from '../../src/signing/keyless/services.ts';
import { signStatement } from '../../src/signing/sign-statement.ts';
import { formatStatement } from '../../src/signing/statement.ts';
import { promotionPredicateType } from '../../src/trust/promotion-statement.ts';
import { openWorkflow } from '../helpers/action-step.ts';
import { createTrustDomain, rootTextOf } from '../helpers/certified.ts';
import { cosignSign, writeCosignFiles, type Way } from '../helpers/cosign.ts';
import { openField } from '../helpers/field.ts';
import { attachRaw, copyBare, readBundles, timeFromNow } from '../helpers/forging.ts';
import { startSigstore, type Claims } from '../servers/sigstore/stack.ts';
import { channel, keysOf, testAttacks, type Lane } from './lane.ts';
import { conditionOf } from './tenant.ts';

const field = await openField();
const sigstore = await startSigstore(field.path('sigstore'));
after(async () => {
  await sigstore.stop();
  await field.close();
});
await writeCosignFiles(field, sigstore);

const withLog: Way = { name: 'log', format: 'bundle', proof: 'log' };
const withTime: Way = { name: 'timestamp', format: 'bundle', proof: 'timestamp' };
const legacy: Way = { name: 'legacy', format: 'legacy', proof: 'timestamp' };
const lastYear = { certificateValidity: { start: '2020-01-01T00:00:00Z', end: '2021-01-01T00:00:00Z' } };
const roots: Readonly<Record<string, () => string>> = {
  logged: () => JSON.stringify(sigstore.trustedRoot()),
  stamped: () => JSON.stringify(sigstore.trustedRoot({ tlogs: false })),
  ended: () => JSON.stringify(sigstore.trustedRoot({ tlogs: false, ...lastYear })),
  foreign: () => rootTextOf(createTrustDomain()),
};

/** Whose certificate a token gives; the job of `example-org/example-app` in production, where nothing is said. */
function workflowOf(repository: string): Partial<Claims> {
  return { job_workflow_ref: `${repository}/.github/workflows/release.yml@refs/heads/main`, repository };
}

async function writeRoot({ tenant }: Lane, root: string, name = root): Promise<void> {
  const metadata = { name: `root-${name}`, namespace: 'sealift-system' };
  const data = { 'trusted_root.json': roots[root]?.() ?? '' };
  await tenant.site.apply([resourceSchema.parse({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data })]);
}

/** An authority by identity; of the usual job, unless told otherwise. */
function identity(root: string, members: object = {}, name = 'ci'): object {
  const subject = 'subjectRegExp' in members ? {} : { subject: sigstore.identity() };
  const keyless = {
    issuer: sigstore.issuer,
    ...subject,
    trustedRootRef: { name: `root-${root}` },
    ...members,
  };
  return { name, keyless };
}

/** Sets the lane's authorities, with the roots that they refer to. */
async function accept(lane: Lane, root: string, members: object = {}): Promise<void> {
  await writeRoot(lane, root);
  await lane.setPolicy({ authorities: [identity(root, members), ...(await keysOf('promoter'))] });
}

/** An artifact that is promoted, and signed by the real cosign as the job that a token tells of. */
async function signed(lane: Lane, way: Way, claims: Partial<Claims> = {}): Promise<Content> {
  const artifact = await lane.push(`${way.name} ${JSON.stringify(claims)}`.slice(0, 60));
  await sign(lane, artifact, way, claims);
  await lane.promote(artifact);
  return artifact;
}

async function sign(
  { tenant, repository }: Lane,
  artifact: Content,
  way: Way,
  { place = repository, ...claims }: Partial<Claims> & { readonly place?: string } = {},
): Promise<void> {
  const reference = `${tenant.site.registry.host}/${place}@${artifact.descriptor.digest}`;
  const as = { ...sigstore, token: () => sigstore.token(claims) };
  await cosignSign(field, 'cosign 3', way, { reference, sigstore: as });
}

/** The bundle by certificate that an artifact carries, to be made another of. */
// oxlint-disable-next-line typescript/no-explicit-any -- a forger changes what no type allows
async function certifiedBundle({ store }: Lane, artifact: Content): Promise<any> {
  const bundles = await readBundles(store, artifact.descriptor);
  return bundles.find(({ verificationMaterial }) => verificationMaterial.certificate !== undefined);
}

/** Shows it and sees it applied. */
async function isAccepted(lane: Lane, artifact: Content): Promise<void> {
  await lane.show(artifact);
  await lane.look();
  const { digest } = artifact.descriptor;
  const delivery = await lane.until(
    'it applied',
    ({ status }) => status?.lastAppliedRevision === `prod@${digest}`,
  );
  assert.equal(conditionOf(delivery, 'SourceVerified')?.status, 'True');
}

testAttacks('attacks on identities', {
  'an identity is accepted, with log, with timestamp alone, and as legacy': async (open) => {
    const lane = await open({ first: null });
    // Without logThreshold a root with a log asks for one entry, a root without for none.
    await accept(lane, 'logged');
    await isAccepted(lane, await signed(lane, withLog));
    await accept(lane, 'stamped');
    await isAccepted(lane, await signed(lane, withTime));
    const artifact = await signed(lane, legacy);
    await isAccepted(lane, artifact);
    const { status } = await lane.look();
    assert.deepEqual(status?.verification?.formats, ['legacy']);
  },
  'what the publish action signs, in a job that has an identity and no key': async (open) => {
    const lane = await open({ first: null });
    await accept(lane, 'logged');
    const { url, token } = sigstore.tokenRequest;
    const { workspace, step } = await openWorkflow(
      field.path('workflow'),
      join(import.meta.dirname, '../../dist'),
      {
        NODE_EXTRA_CA_CERTS: sigstore.caCertPath,
        ACTIONS_ID_TOKEN_REQUEST_URL: url,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
      },
    );
    await writeFile(join(workspace, 'root.json'), roots['logged']?.() ?? '');
    await writeFile(join(workspace, 'a.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
    const published = await step('publish', {
      repository: `oci://${lane.tenant.site.registry.host}/${lane.repository}`,
      path: 'a.yaml',
      tags: '1.0',
      'fulcio-url': sigstore.fulcioUrl,
      'rekor-url': sigstore.rekorUrl,
      'timestamp-url': sigstore.timestampUrl,
      'trusted-root': 'root.json',
    });
    assert.equal(published.code, 0, published.everything);
    const artifact = await lane.store.resolve('1.0');
    assert.equal(artifact.descriptor.digest, published.outputs['digest']);
    await lane.promote(artifact);
    await isAccepted(lane, artifact);
  },
  'wrong issuer': async (open) => {
    const lane = await open({ first: null });
    await accept(lane, 'stamped', { issuer: 'https://token.actions.githubusercontent.com' });
    const artifact = await signed(lane, withTime);
    await lane.refuses('ISSUER_MISMATCH', artifact);
    await accept(lane, 'stamped');
    await isAccepted(lane, artifact);
  },
  'acme/app against acme/app-evil': async (open) => {
    const lane = await open({ first: null });
    const evil = await signed(lane, withTime, workflowOf('acme/app-evil'));
    for (const subjectRegExp of ['https://github.com/acme/app', 'https://github.com/acme/app/.*']) {
      await accept(lane, 'stamped', { subjectRegExp });
      await lane.look();
      await lane.refuses('IDENTITY_MISMATCH', evil);
    }
    await isAccepted(lane, await signed(lane, withTime, workflowOf('acme/app')));
  },
  'wrong environment, and a repository made anew under the name': async (open) => {
    const lane = await open({ first: null });
    const claims = { environment: 'production', sourceRepositoryId: '1001' };
    await accept(lane, 'stamped', { claims });
    await lane.refuses('IDENTITY_MISMATCH', await signed(lane, withTime, { environment: 'staging' }));
    await lane.refuses('IDENTITY_MISMATCH', await signed(lane, withTime, { repository_id: '9009' }));
    await isAccepted(lane, await signed(lane, withTime));
  },
  'a certificate outside the window of its authority': async (open) => {
    const lane = await open({ first: null });
    await accept(lane, 'ended');
    const artifact = await signed(lane, withTime);
    await lane.refuses('SIGNATURE_INVALID', artifact);
    await accept(lane, 'stamped');
    await isAccepted(lane, artifact);
  },
  'a foreign trusted root, and one that is rotated': async (open) => {
    const lane = await open({ first: null });
    await writeRoot(lane, 'foreign', 'rotated');
    await lane.setPolicy({ authorities: [identity('rotated'), ...(await keysOf('promoter'))] });
    const artifact = await signed(lane, withTime);
    await lane.show(artifact);
    await lane.look();
    const refused = await lane.until('the refusal', (found) => found.status?.candidate !== undefined);
    assert.match(refused.status?.candidate?.reason ?? '', /^(?:SIGNATURE_INVALID|TIMESTAMP_MISSING)$/u);
    await writeRoot(lane, 'stamped', 'rotated');
    await isAccepted(lane, artifact);
    await writeRoot(lane, 'foreign', 'rotated');
    await lane.until('distrust', (found) =>
      /is not corrected/u.test(conditionOf(found, 'Ready')?.message ?? ''),
    );
    await lane.leavesAlone();
  },
  'a log is asked for, and there is no entry': async (open) => {
    const lane = await open({ first: null });
    await accept(lane, 'logged');
    const artifact = await signed(lane, withTime);
    await lane.refuses('LOG_PROOF_MISSING', artifact);
    await accept(lane, 'logged', { logThreshold: 0 });
    await isAccepted(lane, artifact);
  },
  "another bundle's log entry, transplanted": async (open) => {
    const lane = await open({ first: null });
    await accept(lane, 'logged');
    const [good, bare] = [await signed(lane, withLog), await signed(lane, withTime, { run_id: '1' })];
    const logged = await certifiedBundle(lane, good);
    const unlogged = await certifiedBundle(lane, bare);
    unlogged.verificationMaterial.tlogEntries = logged.verificationMaterial.tlogEntries;
    await attachRaw(lane.store, bare.descriptor, Buffer.from(JSON.stringify(unlogged)));
    await lane.refuses('LOG_PROOF_MISSING', bare);
    await isAccepted(lane, good);
  },
  "another signature's timestamp, transplanted": async (open, tenant) => {
    const lane = await open({ first: null });
    await accept(lane, 'stamped');
    const good = await signed(lane, withTime);
    const late = await lane.push('late');
    await lane.promote(late);
    const elsewhere = tenant.storeOf(`${lane.name}/elsewhere`);
    await copyBare(lane.store, elsewhere, late);
    await sign(lane, late, withTime, { place: `${lane.name}/elsewhere` });
    const [bundle] = await readBundles(elsewhere, late.descriptor);
    const [own, others] = [bundle, await certifiedBundle(lane, good)].map(
      ({ verificationMaterial }) => verificationMaterial.timestampVerificationData,
    );
    bundle.verificationMaterial.timestampVerificationData = others;
    await attachRaw(lane.store, late.descriptor, Buffer.from(JSON.stringify(bundle)));
    await lane.refuses('TIMESTAMP_MISSING', late);
    bundle.verificationMaterial.timestampVerificationData = own;
    await attachRaw(lane.store, late.descriptor, Buffer.from(JSON.stringify(bundle)));
    await isAccepted(lane, late);
  },
  'two patterns that one identity matches are not two': async (open) => {
    const lane = await open({ first: null });
    await writeRoot(lane, 'stamped');
    const patterns = [
      identity('stamped', { subjectRegExp: 'https://github.com/.*' }, 'anybody'),
      identity('stamped', {}, 'ci'),
    ];
    await lane.setPolicy({
      authorities: [...patterns, ...(await keysOf('promoter'))],
      signatures: { authorities: ['anybody', 'ci'], threshold: 2 },
    });
    const artifact = await signed(lane, withTime);
    await sign(lane, artifact, withTime, { run_id: '7' });
    await lane.refuses('THRESHOLD_NOT_MET', artifact);
    await sign(lane, artifact, withTime, workflowOf('acme/approvals'));
    await isAccepted(lane, artifact);
  },
  'who may promote is decided by the environment': async (open) => {
    const lane = await open({ first: null });
    await writeRoot(lane, 'logged');
    const approved = identity('logged', { claims: { environment: 'production' } }, 'approved');
    await lane.setPolicy({
      authorities: [...(await keysOf('ci')), approved],
      promotion: channel({ authorities: ['approved'] }),
    });
    const promoteAs = async (artifact: Content, claims: Partial<Claims>): Promise<void> => {
      const signer = keylessSigner({
        services: parseSigningConfig(JSON.stringify(sigstore.signingConfig()), Date.now()),
        identityToken: async () => sigstore.token(claims),
        ask: openServices({ ca: undefined, random: Math.random }),
        now: Date.now,
      });
      const statement = formatStatement(artifact.descriptor.digest, promotionPredicateType, {
        repository: lane.repository,
        channel: 'prod',
        epoch: 1,
        sequence: 1,
        action: 'promote',
        issuedAt: timeFromNow(0),
      });
      const bytes = await signStatement(signer, statement);
      await attachRaw(lane.store, artifact.descriptor, bytes, promotionPredicateType);
    };
    const artifact = await lane.release('approved');
    await promoteAs(artifact, { environment: 'staging' });
    await promoteAs(artifact, { ...workflowOf('acme/fork'), environment: 'production' });
    await lane.refuses('STATEMENT_MISSING', artifact);
    await promoteAs(artifact, {});
    await isAccepted(lane, artifact);
  },
});
