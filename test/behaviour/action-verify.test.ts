// verify as the runner starts it: who signed and when, provenance that is asked for, and every candidate told where it is
// refused.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, suite, test } from 'node:test';
import { apiVersion } from '../../src/api/common.ts';
import { parseSigningKey } from '../../src/signing/keys.ts';
import { errorsOf, type StepResult, type Values } from '../helpers/action-step.ts';
import { sealift } from '../helpers/cli.ts';
import { configMapOf } from '../helpers/field.ts';
import { openKeylessWorkflow } from '../helpers/keyless-workflow.ts';
import { makePrivatePem, publicPemOf } from '../helpers/signers.ts';

const workflow = await openKeylessWorkflow();
after(() => workflow.close());
const { at, cwd, publish, registry, services, sigstore } = workflow;
const { host } = registry;

const identity = {
  'certificate-identity': sigstore.identity(),
  'certificate-oidc-issuer': sigstore.issuer,
  'trusted-root': 'root.json',
};
const proven = { 'require-provenance': 'true' };
const release = makePrivatePem();
const publicPem = publicPemOf(await parseSigningKey(release));
const byKey = {
  sign: 'key',
  'signing-key': release,
  ...Object.fromEntries(Object.keys(services).map((name) => [name, ''])),
};

const verify = (repository: string, inputs: Values): Promise<StepResult> =>
  workflow.step('verify', { repository: `oci://${host}/${repository}`, version: '1.0', ...inputs });

/** Digests and reasons of the candidates in the log. */
const toldOf = ({ stdout }: StepResult): readonly string[] =>
  [...stdout.matchAll(/^sha256:[0-9a-f]{64}: (?<reason>.*)$/gmu)].map(
    ({ groups }) => groups?.['reason'] ?? '',
  );

async function writePolicy(name: string, attestations: readonly object[] = []): Promise<void> {
  const keyless = { issuer: sigstore.issuer, subject: sigstore.identity(), trustedRootRef: { name: 'root' } };
  const policy = {
    apiVersion,
    kind: 'TrustPolicy',
    metadata: { name: 'site' },
    spec: {
      match: [{ url: `oci://${host}/*` }],
      authorities: [
        { name: 'release', keyless },
        { name: 'builder', key: { data: publicPem } },
      ],
      signatures: { authorities: ['release'] },
      ...(attestations.length === 0 ? {} : { attestations }),
    },
  };
  const root = configMapOf('root', { 'trusted_root.json': JSON.stringify(sigstore.trustedRoot()) });
  await writeFile(at(name), [policy, root].map((one) => JSON.stringify(one)).join('\n---\n'));
}

/** Attaches what somebody claims to be provenance, signed with the key. */
async function attest(repository: string, predicate: object): Promise<void> {
  const file = at(`${repository}.json`);
  await writeFile(file, JSON.stringify(predicate));
  await writeFile(at('release.key'), release);
  const what = ['--key', at('release.key'), '--attest', `https://slsa.dev/provenance/v1=${file}`];
  const { code, stderr } = await sealift(['sign', `oci://${host}/${repository}:1.0`, ...what], { cwd });
  assert.equal(code, 0, stderr);
}

suite('verify', { concurrency: 2 }, () => {
  test('tells who signed and when, by the identity and by a policy', async () => {
    const before = Date.now();
    const { outputs: published } = await publish('app');
    await writePolicy('plain.yaml');
    for (const trust of [identity, { policy: 'plain.yaml' }]) {
      const result = await verify('app', { ...trust, ...proven });
      assert.equal(result.code, 0, result.everything);
      const { outputs } = result;
      assert.deepEqual([outputs['verified'], outputs['digest']], ['true', published['digest']]);
      assert.equal(outputs['certificate-identity'], published['certificate-identity']);
      assert.equal(outputs['certificate-oidc-issuer'], published['certificate-oidc-issuer']);
      const at = outputs['signed-at'] ?? '';
      assert.match(at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/u);
      // A timestamp has whole seconds.
      assert.ok(Date.parse(at) >= before - 1000 && Date.parse(at) <= Date.now(), at);
    }
  });

  test('knows no time where a key alone signed', async () => {
    const { outputs: published, everything } = await publish('by-key', byKey);
    assert.notEqual(published['provenance-digest'], '', everything);
    const result = await verify('by-key', { 'public-key': publicPem, ...proven });
    assert.equal(result.code, 0, result.everything);
    const { outputs } = result;
    for (const name of ['certificate-identity', 'certificate-oidc-issuer', 'signed-at'])
      assert.equal(outputs[name], '', name);
    assert.equal(outputs['signed-by'], 'key 1');
  });

  test('refuses what has no provenance where that is asked for, and says of each candidate why', async () => {
    await publish('unproven', { provenance: 'false' });
    await writePolicy('bare.yaml');
    assert.equal((await verify('unproven', identity)).code, 0);
    for (const trust of [identity, { policy: 'bare.yaml' }]) {
      const refused = await verify('unproven', { ...trust, ...proven });
      assert.equal(refused.code, 1);
      assert.match(errorsOf(refused).join('\n'), /\(ATTESTATION_MISSING\)::/u);
      assert.deepEqual(refused.outputs, {});
      assert.deepEqual(toldOf(refused), [
        'says https://sigstore.dev/cosign/sign/v1, not https://slsa.dev/provenance/v1',
      ]);
    }
  });

  test("takes nobody else's provenance, unless the policy asks for it; nor anything that merely says so", async () => {
    await publish('foreign', { provenance: 'false' });
    await attest('foreign', {
      buildDefinition: { buildType: 'https://build.example/v1', externalParameters: {} },
      runDetails: { builder: { id: 'https://build.example/builder' } },
    });
    const refused = await verify('foreign', { ...identity, ...proven });
    assert.equal(refused.code, 1);
    // The workflow's signature; and of the key, which signs the artifact as well, in both formats, what it attests.
    assert.deepEqual(toldOf(refused).toSorted(), [
      ...Array.from({ length: 3 }, () => 'is signed by none of the 0 keys asked for'),
      'says https://sigstore.dev/cosign/sign/v1, not https://slsa.dev/provenance/v1',
    ]);
    await writePolicy('builder.yaml', [
      { predicateType: 'https://slsa.dev/provenance/v1', authorities: ['builder'] },
    ]);
    const taken = await verify('foreign', { policy: 'builder.yaml', ...proven });
    assert.equal(taken.code, 0, taken.everything);

    await publish('empty', { ...byKey, provenance: 'false' });
    await attest('empty', { buildDefinition: {}, runDetails: {} });
    const empty = await verify('empty', { 'public-key': publicPem, ...proven });
    assert.equal(empty.code, 1);
    assert.ok(toldOf(empty).includes('does not meet what SLSA v1 requires of provenance'), empty.stdout);
  });

  test('says of every signature why it is refused where nobody signed who may', async () => {
    await publish('strange', { provenance: 'false', 'signature-storage': 'both' });
    await attest('strange', {});
    const refused = await verify('strange', {
      'public-key': publicPemOf(await parseSigningKey(makePrivatePem())),
    });
    assert.equal(refused.code, 1);
    const told = toldOf(refused).toSorted();
    // Two signatures by either, and what the key attests.
    assert.deepEqual(told, [
      ...Array.from({ length: 3 }, () => 'is signed by none of the 1 keys asked for'),
      ...Array.from({ length: 2 }, () => 'was signed with a certificate, which no authority here is about'),
    ]);
    assert.deepEqual(refused.outputs, {});
  });

  test('require-provenance is true or false', async () => {
    const result = await verify('app', { ...identity, 'require-provenance': 'perhaps' });
    assert.match(errorsOf(result).join('\n'), /require-provenance: is neither true nor false/u);
  });
});
