// promote by identity: workflows promote what another workflow published, alone or two together, as a policy says; and
// what they made is accepted where nothing leads anywhere but to the registry.
import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { apiVersion } from '../../src/api/common.ts';
import { parseSigningKey } from '../../src/signing/keys.ts';
import { assertUnseen, errorsOf, type StepResult, type Values } from '../helpers/action-step.ts';
import { configMapOf } from '../helpers/field.ts';
import { openKeylessWorkflow } from '../helpers/keyless-workflow.ts';
import { openNamespace } from '../helpers/namespace.ts';
import { makePrivatePem, publicPemOf, signerNamed } from '../helpers/signers.ts';

const workflow = await openKeylessWorkflow();
after(() => workflow.close());
const { asJob, at, cwd, publish, registry, services, sigstore, tagsOf } = workflow;
const { host } = registry;

/** What a token says of a job of another workflow of the same repository. */
const runOf = (file: string): { readonly job_workflow_ref: string } => ({
  job_workflow_ref: `example-org/example-app/.github/workflows/${file}@refs/heads/main`,
});
const alice = runOf('promote-alice.yml');
const bob = runOf('promote-bob.yml');

function authority(name: string, run?: { readonly job_workflow_ref: string }): object {
  const keyless = {
    issuer: sigstore.issuer,
    subject: sigstore.identity(run),
    trustedRootRef: { name: 'root' },
  };
  return {
    name,
    keyless: run === undefined ? keyless : { ...keyless, claims: { environment: 'production' } },
  };
}

/** A site's policy: two workflows promote, so many of them together. */
async function writePolicy(name: string, threshold: number): Promise<void> {
  const policy = {
    apiVersion,
    kind: 'TrustPolicy',
    metadata: { name: 'site' },
    spec: {
      match: [{ url: `oci://${host}/*` }],
      authorities: [authority('release'), authority('alice', alice), authority('bob', bob)],
      signatures: { authorities: ['release'] },
      promotion: { channels: [{ tag: 'production', authorities: ['alice', 'bob'], threshold }] },
      attestations: [
        {
          predicateType: 'https://slsa.dev/provenance/v1',
          authorities: ['release'],
          expr: "predicate.buildDefinition.internalParameters.github.ref == 'refs/heads/main'",
        },
      ],
    },
  };
  const root = configMapOf('root', { 'trusted_root.json': JSON.stringify(sigstore.trustedRoot()) });
  await writeFile(at(name), [policy, root].map((one) => JSON.stringify(one)).join('\n---\n'));
}

await Promise.all([writePolicy('one.yaml', 1), writePolicy('two.yaml', 2)]);
const own: Values = {
  'fulcio-url': sigstore.fulcioUrl,
  'rekor-url': sigstore.rekorUrl,
  'timestamp-url': sigstore.timestampUrl,
  'trusted-root': 'root.json',
};

async function promote(repository: string, inputs: Values, env: Values): Promise<StepResult> {
  const given = { repository: `oci://${host}/${repository}`, from: '1.0', to: 'production' };
  const result = await workflow.step('promote', { ...given, ...own, ...inputs }, env);
  assertUnseen(result, sigstore.tokenRequest.token);
  return result;
}

const verify = (repository: string, policy: string): Promise<StepResult> =>
  workflow.step('verify', { repository: `oci://${host}/${repository}`, version: 'production', policy });

suite('promote', { concurrency: 2 }, () => {
  test('a workflow that the policy names moves the channel', async () => {
    const { outputs: published } = await publish('single');
    const result = await promote('single', { policy: 'one.yaml' }, asJob(alice));
    assert.equal(result.code, 0, result.everything);
    assert.deepEqual([result.outputs['changed'], result.outputs['sequence']], ['true', '1']);
    assert.equal(result.outputs['digest'], published['digest']);
    assert.match(
      result.summary,
      new RegExp(`Signer .*${RegExp.escape('promote-alice.yml@refs/heads/main')}`, 'u'),
    );
    const verified = await verify('single', 'one.yaml');
    assert.equal(verified.code, 0, verified.everything);
    const again = await promote('single', { policy: 'one.yaml' }, asJob(alice));
    assert.deepEqual([again.code, again.outputs['changed']], [0, 'false']);
  });

  test('two workflows sign the same statement, and only then the channel moves', async () => {
    const { outputs: published } = await publish('pair');
    const first = await promote('pair', { policy: 'two.yaml', reason: 'release' }, asJob(alice));
    assert.equal(first.code, 0, first.everything);
    assert.deepEqual([first.outputs['missing-signers'], first.outputs['changed']], ['1', 'false']);
    assert.deepEqual(await tagsOf('pair'), ['1.0']);
    assert.match(first.summary, /1 more must sign/u);
    const cosign = first.outputs['statement-digest'] ?? '';
    const same = await promote('pair', { policy: 'two.yaml', cosign }, asJob(alice));
    assert.equal(same.outputs['missing-signers'], '1', same.everything);
    const second = await promote('pair', { policy: 'two.yaml', cosign }, asJob(bob));
    assert.equal(second.code, 0, second.everything);
    assert.deepEqual([second.outputs['missing-signers'], second.outputs['changed']], ['0', 'true']);
    assert.deepEqual([second.outputs['sequence'], second.outputs['digest']], ['1', published['digest']]);
    const verified = await verify('pair', 'two.yaml');
    assert.equal(verified.code, 0, verified.everything);
  });

  test('nobody else moves it: the publisher, another workflow, a run that nobody approved; nor what is not signed as asked', async () => {
    await publish('guarded');
    for (const claims of [{}, runOf('elsewhere.yml'), { ...alice, environment: 'staging' }]) {
      const refused = await promote('guarded', { policy: 'one.yaml' }, asJob(claims));
      assert.equal(refused.code, 1);
      assert.match(errorsOf(refused).join('\n'), /\(STATEMENT_MISSING\)::the signer is no authority/u);
    }
    await publish('unproven', { provenance: 'false' });
    const unproven = await promote('unproven', { policy: 'one.yaml' }, asJob(alice));
    assert.match(errorsOf(unproven).join('\n'), /\(ATTESTATION_MISSING\)::/u);
    await publish('stranger', {}, asJob(runOf('elsewhere.yml')));
    const stranger = await promote('stranger', { policy: 'one.yaml' }, asJob(alice));
    assert.match(errorsOf(stranger).join('\n'), /\(IDENTITY_MISMATCH\)::/u);
    for (const repository of ['guarded', 'unproven', 'stranger']) {
      assert.deepEqual(await tagsOf(repository), ['1.0']);
    }
  });

  test('without a policy: what a key released, by an identity of its own', async () => {
    const release = makePrivatePem();
    const signed = {
      sign: 'key',
      'signing-key': release,
      ...Object.fromEntries(Object.keys(services).map((name) => [name, ''])),
    };
    assert.equal((await publish('mixed', signed)).code, 0);
    const key = publicPemOf(await parseSigningKey(release));
    const promoted = await promote('mixed', { 'public-key': key }, asJob(alice));
    assert.equal(promoted.code, 0, promoted.everything);
    assert.equal(promoted.outputs['changed'], 'true');
    const again = await promote('mixed', { 'public-key': key }, asJob(alice));
    assert.deepEqual([again.code, again.outputs['changed']], [0, 'false'], again.everything);
    const other = await promote('mixed', { 'public-key': key }, asJob(bob));
    assert.match(errorsOf(other).join('\n'), /\(STATEMENT_MISSING\)::tag production shows/u);
    const stranger = publicPemOf(await signerNamed('stranger'));
    const refused = await promote('mixed', { 'public-key': stranger }, asJob(alice));
    assert.equal(refused.code, 1);
  });

  test('without a policy: what one identity released, by another one', async () => {
    await publish('named');
    const released = {
      'certificate-identity': sigstore.identity(),
      'certificate-oidc-issuer': sigstore.issuer,
    };
    const own = await promote('named', released, asJob({}));
    assert.match(errorsOf(own).join('\n'), /\(INPUT_CONFLICT\)::promotions are signed by the identity that/u);
    const wrong = { ...released, 'certificate-identity': sigstore.identity(bob) };
    const refused = await promote('named', wrong, asJob(alice));
    assert.match(errorsOf(refused).join('\n'), /\(IDENTITY_MISMATCH\)::/u);
    assert.deepEqual(await tagsOf('named'), ['1.0']);
    const promoted = await promote('named', released, asJob(alice));
    assert.equal(promoted.code, 0, promoted.everything);
    assert.deepEqual(await tagsOf('named'), ['1.0', 'production']);
    const given = { repository: `oci://${host}/named`, version: 'production', 'trusted-root': 'root.json' };
    const verified = await workflow.step('verify', { ...given, ...released });
    assert.equal(verified.code, 0, verified.everything);
    assert.equal(verified.outputs['signed-by'], sigstore.identity());
    const pattern = {
      'certificate-identity-regexp': String.raw`https://github\.com/example-org/example-app/.*@refs/heads/main`,
      'certificate-oidc-issuer': sigstore.issuer,
    };
    assert.equal((await workflow.step('verify', { ...given, ...pattern })).code, 0);
    const part = { ...pattern, 'certificate-identity-regexp': 'example-app' };
    const partial = await workflow.step('verify', { ...given, ...part });
    assert.match(errorsOf(partial).join('\n'), /\(IDENTITY_MISMATCH\)::/u);
  });

  test('a service that fails leaves the channel where it is', async () => {
    await publish('kept');
    for (const [name, code] of [
      ['fulcio-url', 'CERTIFICATE_FAILED'],
      ['rekor-url', 'LOG_ENTRY_FAILED'],
      ['timestamp-url', 'TIMESTAMP_FAILED'],
    ] as const) {
      const broken = { policy: 'one.yaml', retries: '0', [name]: 'http://127.0.0.1:1' };
      const result = await promote('kept', broken, asJob(alice));
      assert.equal(result.code, 1);
      assert.match(errorsOf(result).join('\n'), new RegExp(`\\(${code}\\)::`, 'u'));
      assert.deepEqual(await tagsOf('kept'), ['1.0']);
    }
  });
});

test('a site without any network accepts it, by its policy and the root alone', async (t) => {
  await publish('offline');
  const promoted = await promote('offline', { policy: 'one.yaml' }, asJob(bob));
  assert.equal(promoted.code, 0, promoted.everything);
  const copy = join(cwd, 'copy');
  // Without the mark of the registry that is still there.
  const filter = (path: string): boolean => !basename(path).startsWith('.sealift-writer');
  await cp(join(cwd, 'registry'), copy, { recursive: true, filter });
  const namespace = await openNamespace();
  const cli = join(import.meta.dirname, '../../src/cli/main.ts');
  const options = { cwd: workflow.workspace };
  const serve = ['serve', copy, '--listen', host, '--read-only'];
  const served = namespace.start(process.execPath, [cli, ...serve], options);
  t.after(async () => {
    served.child.kill('SIGTERM');
    await served.finished;
    await namespace.close();
  });
  assert.equal(await served.firstLine(), host);
  const reference = `oci://${host}/offline:production`;
  const before = await namespace.traffic();
  const check = ['verify', reference, '--policy', 'one.yaml', '-o', 'json'];
  const { code, stdout, stderr } = await namespace.start(process.execPath, [cli, ...check], options).finished;
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).verified, true);
  const now = await namespace.traffic();
  assert.deepEqual([now.left - before.left, now.datagrams - before.datagrams], [0, 0]);
  assert.deepEqual(now.asked, [host]);
});
