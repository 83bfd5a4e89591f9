// publish as the runner starts it, signing as the workflow's identity with a private Fulcio, Rekor v2 and
// timestamp authority: what it signs is accepted by cosign and by sealift, and no token is seen anywhere.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { requireComponents } from '../components/locate.ts';
import { sealift, startCommand, type Finished } from '../helpers/cli.ts';
import { commit, openKeylessWorkflow } from '../helpers/keyless-workflow.ts';

const { cosign } = await requireComponents(['cosign']);
const workflow = await openKeylessWorkflow();
after(() => workflow.close());
const { at, cwd, publish, registry, sigstore, tagsOf } = workflow;

const identity = [
  `--certificate-identity=${sigstore.identity()}`,
  `--certificate-oidc-issuer=${sigstore.issuer}`,
  `--trusted-root=${at('root.json')}`,
];

const cosignRuns = (verb: string, reference: string, ...flags: readonly string[]): Promise<Finished> =>
  startCommand(cosign, [verb, ...identity, ...flags, reference], { cwd }).finished;

suite('publish', { concurrency: 2 }, () => {
  test('signs as the workflow, with provenance; outputs and summary tell of it', async () => {
    const result = await publish('app');
    assert.equal(result.code, 0, result.everything);
    const { outputs, summary } = result;
    assert.equal(outputs['signed'], 'true');
    assert.equal(outputs['certificate-identity'], sigstore.identity());
    assert.equal(outputs['certificate-oidc-issuer'], sigstore.issuer);
    const reference = `${registry.host}/app:1.0`;
    const { code, stderr } = await cosignRuns('verify', reference);
    assert.equal(code, 0, stderr);
    const ours = await sealift(['verify', `oci://${reference}`, ...identity], { cwd });
    assert.equal(ours.code, 0, ours.stderr);
    const { verificationMaterial } = JSON.parse(await readFile(outputs['bundle-path'] ?? '', 'utf8'));
    const logIndex = String(verificationMaterial.tlogEntries[0].logIndex ?? 0);
    assert.ok(summary.includes(`| Signed as | <code>${sigstore.identity()}</code> |`), summary);
    assert.ok(summary.includes(`| Log index | <code>${logIndex}</code> |`), summary);
    assert.match(summary, /\| Timestamp \| <code>\d{4}-\d\d-\d\dT[\d:]+Z<\/code> \|/u);
    assert.match(result.stdout, new RegExp(`^signs as ${RegExp.escape(sigstore.identity())}$`, 'mu'));
    // The token itself was hidden before the certificate was there.
    assert.equal(result.masks.filter((mask) => /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/u.test(mask)).length, 1);
    assert.ok(result.masks.includes(sigstore.tokenRequest.token));
  });

  test('what the summary says to copy is right as it is', async () => {
    const { summary } = await publish('copied');
    const [, ours = '', theirs = ''] = /```sh\nsealift (.*)\ncosign (.*)\n```/u.exec(summary) ?? [];
    const shell = (command: string): Promise<Finished> =>
      startCommand('sh', ['-c', command], { cwd: workflow.workspace }).finished;
    const main = join(import.meta.dirname, '../../src/cli/main.ts');
    for (const command of [`'${process.execPath}' '${main}' ${ours}`, `'${cosign}' ${theirs}`]) {
      const { code, stderr } = await shell(command);
      assert.equal(code, 0, `${command}\n${stderr}`);
    }
  });

  test('provenance says which run published which commit, and cosign verifies it', async () => {
    const { outputs } = await publish('provenance');
    const reference = `${registry.host}/provenance@${outputs['digest'] ?? ''}`;
    const type = '--type=https://slsa.dev/provenance/v1';
    const { code, stdout, stderr } = await cosignRuns('verify-attestation', reference, type);
    assert.equal(code, 0, stderr);
    const { predicate } = JSON.parse(Buffer.from(JSON.parse(stdout).payload, 'base64').toString('utf8'));
    const url = 'https://github.com/example-org/example-app';
    assert.partialDeepStrictEqual(predicate, {
      buildDefinition: {
        externalParameters: { path: 'a.yaml', tags: ['1.0'], source: url },
        internalParameters: { files: 1, github: { event_name: 'push', sha: commit } },
        resolvedDependencies: [{ uri: `git+${url}`, digest: { gitCommit: commit } }],
      },
      runDetails: {
        builder: { id: `${url}/.github/workflows/release.yml@refs/heads/main` },
        metadata: { invocationId: `${url}/actions/runs/3003/attempts/1` },
      },
    });
    const manifest = await fetch(
      `http://${registry.host}/v2/provenance/manifests/${outputs['provenance-digest'] ?? ''}`,
    );
    const { subject } = JSON.parse(await manifest.text());
    assert.equal(subject.digest, outputs['digest']);
    const without = await publish('unproven', { provenance: 'false' });
    assert.equal(without.outputs['provenance-digest'], '');
    const missing = await cosignRuns('verify-attestation', `${registry.host}/unproven:1.0`, type);
    assert.notEqual(missing.code, 0);
  });

  test('puts the signature where it is asked for', async () => {
    const legacyFlags = ['--insecure-ignore-tlog', '--use-signed-timestamps'];
    for (const [storage, hasBundle, hasTag] of [
      ['referrer', true, false],
      ['tag', false, true],
      ['both', true, true],
    ] as const) {
      const repository = `stored-${storage}`;
      const { code, outputs, everything } = await publish(repository, {
        'signature-storage': storage,
        provenance: 'false',
      });
      assert.equal(code, 0, everything);
      assert.equal(outputs['bundle-path'] !== '', hasBundle);
      const tag = `sha256-${outputs['digest']?.slice('sha256:'.length) ?? ''}.sig`;
      const shown = await fetch(`http://${registry.host}/v2/${repository}/manifests/${tag}`);
      assert.equal(shown.status, hasTag ? 200 : 404);
      const flags = hasBundle ? [] : legacyFlags;
      const verified = await cosignRuns('verify', `${registry.host}/${repository}:1.0`, ...flags);
      assert.equal(verified.code, 0, verified.stderr);
    }
  });

  test('again changes nothing, and signs nothing once more', async () => {
    const first = await publish('again');
    const second = await publish('again');
    assert.equal(second.code, 0, second.everything);
    assert.deepEqual([first.outputs['changed'], second.outputs['changed']], ['true', 'false']);
    for (const name of ['signature-digest', 'provenance-digest', 'certificate-identity']) {
      assert.equal(second.outputs[name], first.outputs[name], name);
    }
  });

  test('signs nothing where that is asked for, and warns of it', async () => {
    const services = { 'fulcio-url': '', 'rekor-url': '', 'timestamp-url': '', 'trusted-root': '' };
    const result = await publish('unsigned', { sign: 'none', ...services });
    assert.equal(result.code, 0, result.everything);
    assert.match(result.stdout, /^::warning::sign is none: /mu);
    const { outputs } = result;
    assert.deepEqual(
      [outputs['signed'], outputs['signature-digest'], outputs['bundle-path']],
      ['false', '', ''],
    );
    assert.match(result.summary, /Nothing was signed/u);
    assert.deepEqual(await tagsOf('unsigned'), ['1.0']);
    assert.notEqual((await cosignRuns('verify', `${registry.host}/unsigned:1.0`)).code, 0);
  });
});
