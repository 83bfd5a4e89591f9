// Around the policy: several policies, keys and roots that change or are missing, what was accepted and is no longer,
// attestations, and policies that only audit.
import assert from 'node:assert/strict';
import { apiVersion } from '../../src/api/common.ts';
import { resourceSchema } from '../../src/resources/resource.ts';
import { createTrustDomain, rootTextOf } from '../helpers/certified.ts';
import { publicPemOf, signerNamed } from '../helpers/signers.ts';
import { channel, keysOf, policyPath, testAttacks, type Lane } from './lane.ts';
import { conditionOf, type Tenant } from './tenant.ts';

const pullerNamespace = 'sealift-system';

async function applyPolicy({ site }: Tenant, name: string, spec: object): Promise<void> {
  const signing = { authorities: await keysOf('ci', 'promoter'), signatures: { authorities: ['ci'] } };
  const policy = { apiVersion, kind: 'TrustPolicy', metadata: { name }, spec: { ...signing, ...spec } };
  await site.apply([resourceSchema.parse(policy)]);
}

/** An object of the puller's namespace with one text in it, as KIND/NAME. */
async function keep({ site }: Tenant, id: string, key: string, text: string): Promise<void> {
  const [kind = '', name = ''] = id.split('/');
  const data = kind === 'Secret' ? { stringData: { [key]: text } } : { data: { [key]: text } };
  const metadata = { name, namespace: pullerNamespace };
  await site.apply([resourceSchema.parse({ apiVersion: 'v1', kind, metadata, ...data })]);
}

/** What runs is accepted no longer: said with the code, not corrected, not torn down. */
async function isDistrusted(lane: Lane, code: string): Promise<void> {
  const delivery = await lane.until('the alarm', (found) =>
    /is not corrected/u.test(conditionOf(found, 'Ready')?.message ?? ''),
  );
  for (const type of ['Ready', 'SourceVerified']) {
    assert.match(conditionOf(delivery, type)?.message ?? '', new RegExp(`^${code}: `, 'u'));
  }
  await lane.leavesAlone();
}

/** Trust that comes back corrects what was spoiled meanwhile. */
async function isTrustedAgain(lane: Lane, value = 'first'): Promise<void> {
  await lane.until('the correction', async () => (await lane.live()) === value);
  await lane.corrects();
}

testAttacks('attacks around the policy', {
  'two policies for one channel by one url': async (open, tenant) => {
    const lane = await open();
    const url = lane.url.replace(/app$/u, '*');
    await applyPolicy(tenant, `${lane.name}-twin`, {
      match: [{ url }],
      repository: `${lane.name}/{1}`,
      promotion: channel(),
    });
    await isDistrusted(lane, 'POLICY_INVALID');
    await tenant.remove(policyPath(`${lane.name}-twin`));
    await isTrustedAgain(lane);
  },
  'two policies for one channel by two urls that lead to one name': async (open, tenant) => {
    const lane = await open();
    await applyPolicy(tenant, `${lane.name}-mirror`, {
      match: [{ url: `oci://mirror.site/${lane.name}/*` }],
      repository: `${lane.name}/{1}`,
      promotion: channel({}, { minSequence: 100 }),
    });
    await isDistrusted(lane, 'POLICY_INVALID');
    await tenant.remove(policyPath(`${lane.name}-mirror`));
    await isTrustedAgain(lane);
  },
  'a second policy adds what it asks, and takes nothing away': async (open, tenant) => {
    const lane = await open();
    await applyPolicy(tenant, `${lane.name}-strict`, {
      match: [{ url: `${lane.url.replace(/\/app$/u, '')}/**` }],
      authorities: await keysOf('auditor'),
      signatures: { authorities: ['auditor'] },
    });
    await isDistrusted(lane, 'SIGNATURE_INVALID');
    await lane.attest(await lane.store.resolve('prod'), 'auditor');
    await lane.look();
    await isTrustedAgain(lane);
    const { status } = await lane.look();
    assert.deepEqual(status?.verification?.policies.toSorted(), [lane.name, `${lane.name}-strict`]);
    // A lax one beside does not replace it: without its own signature nothing passes.
    const artifact = await lane.release('second');
    await lane.promote(artifact);
    await lane.refuses('SIGNATURE_INVALID', artifact);
  },
  'a denied digest': async (open) => {
    const lane = await open();
    const { digest } = (await lane.store.resolve('prod')).descriptor;
    await lane.setPolicy({ deniedDigests: [digest] });
    await isDistrusted(lane, 'DIGEST_DENIED');
    await lane.setPolicy({ deniedDigests: null });
    await isTrustedAgain(lane);
    await lane.setPolicy({ deniedDigests: [digest] });
    await isDistrusted(lane, 'DIGEST_DENIED');
    await lane.deliver('next');
  },
  'a revoked release key': async (open) => {
    const lane = await open();
    const [successor] = await keysOf('successor');
    const [ci, promoter] = await keysOf('ci', 'promoter');
    await lane.setPolicy({ authorities: [{ ...successor, name: 'ci' }, promoter] });
    await isDistrusted(lane, 'SIGNATURE_INVALID');
    const artifact = await lane.release('by the revoked');
    await lane.promote(artifact);
    await lane.show(artifact);
    await lane.look();
    assert.equal(await lane.live(), 'spoiled');
    // Rotation: both keys for a while.
    await lane.setPolicy({
      authorities: [{ ...successor, name: 'ci' }, promoter, { ...ci, name: 'former' }],
      signatures: { authorities: ['ci', 'former'] },
    });
    await lane.untilApplied(artifact, 'by the revoked');
  },
  'a revoked promotion key': async (open) => {
    const lane = await open();
    const [ci, stranger] = await keysOf('ci', 'stranger');
    await lane.setPolicy({ authorities: [ci, { ...stranger, name: 'promoter' }] });
    await isDistrusted(lane, 'STATEMENT_MISSING');
    await lane.setPolicy({ authorities: await keysOf('ci', 'promoter') });
    await isTrustedAgain(lane);
  },
  'a key in a Secret: wrong, rotated, gone': async (open, tenant) => {
    await keep(tenant, 'Secret/ci-key', 'cosign.pub', publicPemOf(await signerNamed('stranger')));
    const authorities = [
      { name: 'ci', key: { secretRef: { name: 'ci-key' } } },
      ...(await keysOf('promoter')),
    ];
    const lane = await open({ policy: { authorities }, first: null });
    const artifact = await lane.release('rotated');
    await lane.promote(artifact);
    await lane.refuses('SIGNATURE_INVALID', artifact);
    await keep(tenant, 'Secret/ci-key', 'cosign.pub', publicPemOf(await signerNamed('ci')));
    await lane.untilApplied(artifact, 'rotated');
    await tenant.remove(`/api/v1/namespaces/${pullerNamespace}/secrets/ci-key`);
    await isDistrusted(lane, 'POLICY_INVALID');
    await keep(tenant, 'Secret/ci-key', 'cosign.pub', publicPemOf(await signerNamed('ci')));
    await isTrustedAgain(lane, 'rotated');
  },
  'a trusted root that is missing, or none': async (open, tenant) => {
    const name = 'absent-root';
    const keyless = { issuer: 'https://issuer.test', subject: 'ci@site', trustedRootRef: { name } };
    const lane = await open();
    const before = await keysOf('ci', 'promoter');
    await lane.setPolicy({ authorities: [...before, { name: 'identity', keyless }] });
    await isDistrusted(lane, 'POLICY_INVALID');
    await keep(tenant, `ConfigMap/${name}`, 'trusted_root.json', '{"mediaType":"nonsense"}');
    await lane.look();
    await isDistrusted(lane, 'POLICY_INVALID');
    const policy = await tenant.get(policyPath(lane.name));
    assert.match(JSON.stringify(policy.body['status']), /"reason":"PolicyInvalid"/u);
    await keep(tenant, `ConfigMap/${name}`, 'trusted_root.json', rootTextOf(createTrustDomain()));
    await isTrustedAgain(lane);
  },
  'the status of a policy tells of its roots': async (open, tenant) => {
    await keep(tenant, 'ConfigMap/told-root', 'trusted_root.json', rootTextOf(createTrustDomain()));
    const keyless = {
      issuer: 'https://issuer.test',
      subject: 'ci@site',
      trustedRootRef: { name: 'told-root' },
    };
    const lane = await open();
    await lane.setPolicy({
      authorities: [...(await keysOf('ci', 'promoter')), { name: 'identity', keyless }],
    });
    await lane.until('the status', async () => {
      const { status } = (await tenant.get(policyPath(lane.name))).body as {
        status?: { conditions: { type: string; status: string }[]; trustedRoots?: object[] };
      }; // the API server's answer
      const [root] = status?.trustedRoots ?? [];
      const isReady = status?.conditions.some((one) => one.type === 'Ready' && one.status === 'True');
      return isReady === true && /"authority":"identity","expiresAt":"20\d\d-/u.test(JSON.stringify(root));
    });
  },
  'an attestation: missing, by another, not as asked, good': async (open) => {
    const predicateType = 'https://site/scan/v1';
    const attestations = [
      { predicateType, authorities: ['scanner'], expr: 'predicate.findings.all(f, f.severity < 7)' },
    ];
    const lane = await open({
      first: null,
      policy: { authorities: await keysOf('ci', 'promoter', 'scanner'), attestations },
    });
    const scan = (severity: unknown): object => ({
      type: predicateType,
      predicate: { findings: [{ severity }] },
    });
    const artifact = await lane.release('scanned');
    await lane.promote(artifact);
    await lane.refuses('ATTESTATION_MISSING', artifact);
    for (const [signer, forged] of [
      ['ci', scan(1)],
      ['stranger', scan(1)],
      ['scanner', scan(9)],
      ['scanner', scan('low')],
      ['scanner', { type: predicateType, predicate: {} }],
      ['scanner', { ...scan(1), type: 'https://site/scan/v2' }],
    ] as const) {
      await lane.attest(artifact, signer, forged);
    }
    const { status } = await lane.refuses('ATTESTATION_MISSING', artifact);
    assert.match(JSON.stringify(status?.conditions), /does not meet predicate\.findings/u);
    await lane.attest(artifact, 'scanner', scan(1));
    await lane.look();
    await lane.untilApplied(artifact, 'scanned');
  },
  'a policy that audits: told, let through, and nothing remembered': async (open) => {
    const lane = await open({ policy: { mode: 'Audit' } });
    const recorded = await lane.record();
    assert.equal(recorded, undefined);
    const artifact = await lane.push('unsigned');
    await lane.show(artifact);
    await lane.look();
    const { status } = await lane.untilApplied(artifact, 'unsigned');
    const warnings = status?.verification?.warnings?.join('\n') ?? '';
    assert.match(warnings, new RegExp(`^${lane.name}: SIGNATURE_MISSING: `, 'mu'));
    assert.match(warnings, new RegExp(`^${lane.name}: STATEMENT_MISSING: `, 'mu'));
    assert.equal(await lane.record(), undefined);
    // In earnest it is distrusted at once.
    await lane.setPolicy({ mode: 'Enforce' });
    await isDistrusted(lane, 'SIGNATURE_MISSING');
    await lane.deliver('signed');
  },
  'a policy that audits takes nothing from one that enforces': async (open, tenant) => {
    const lane = await open();
    await applyPolicy(tenant, `${lane.name}-audit`, {
      match: [{ url: lane.url }],
      authorities: await keysOf('nobody'),
      signatures: { authorities: ['nobody'] },
      mode: 'Audit',
    });
    const artifact = await lane.push('unsigned');
    await lane.promote(artifact);
    await lane.refuses('SIGNATURE_INVALID', artifact);
    await lane.attest(artifact, 'ci');
    await lane.look();
    const { status } = await lane.untilApplied(artifact, 'unsigned');
    assert.match(status?.verification?.warnings?.join('\n') ?? '', /-audit: SIGNATURE_INVALID: /u);
    assert.equal((await lane.record())?.spec.sequence, 2);
  },
});
