// GitLab's identity, keyless: a job's `id_tokens` token for the issuer `https://gitlab.example` is certified by a real
// Fulcio, and what it signed is accepted by sealift, by a site's policy and by the real cosign, with the address of the
// `.gitlab-ci.yml` as who signed; another project's, another branch's and GitHub's are not.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { apiVersion } from '../../src/api/common.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { requireComponents } from '../components/locate.ts';
import { sealift, startCommand, type Finished } from '../helpers/cli.ts';
import { startSigstore } from '../servers/sigstore/stack.ts';

const { cosign } = await requireComponents(['cosign']);
const cwd = await mkdtemp(join(tmpdir(), 'sealift-gitlab-'));
const [sigstore, registry] = await Promise.all([
  startSigstore(join(cwd, 'sigstore'), { hasGitLab: true }),
  startRegistry({ directory: join(cwd, 'registry') }),
]);
after(async () => {
  await Promise.all([sigstore.stop(), registry.close()]);
  await rm(cwd, { recursive: true, force: true });
});

const issuer = 'https://gitlab.example';
const identity = 'https://gitlab.example/acme/shop//.gitlab-ci.yml@refs/heads/main';
const repository = `${registry.host}/config/app`;
const identityFlags = [
  `--certificate-identity=${identity}`,
  `--certificate-oidc-issuer=${issuer}`,
  '--trusted-root=root.json',
];
const root = JSON.stringify(sigstore.trustedRoot());
await Promise.all([
  writeFile(join(cwd, 'root.json'), root),
  writeFile(join(cwd, 'config.json'), JSON.stringify(sigstore.signingConfig())),
  writeFile(join(cwd, 'a.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n'),
]);

/** As a job does it: the token in its variable, nothing of GitHub's. */
async function push(tag: string, token: string): Promise<Finished> {
  const services = ['--signing-config', 'config.json', '--trusted-root', 'root.json'];
  const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {tag: "${tag}"}\n`;
  await writeFile(join(cwd, `${tag}.yaml`), text);
  return sealift(['push', `oci://${repository}:${tag}`, '-f', `${tag}.yaml`, ...services], {
    cwd,
    env: { GITLAB_CI: 'true', SIGSTORE_ID_TOKEN: token },
  });
}

function verify(tag: string, ...flags: readonly string[]): Promise<Finished> {
  return sealift(['verify', `oci://${repository}:${tag}`, ...flags], { cwd });
}

async function writePolicy(name: string, claims: Readonly<Record<string, string>>): Promise<string> {
  const policy = {
    apiVersion,
    kind: 'TrustPolicy',
    metadata: { name: 'site' },
    spec: {
      match: [{ url: `oci://${repository}` }],
      authorities: [
        {
          name: 'ci',
          keyless: {
            issuer,
            subjectRegExp: 'https://gitlab\\.example/acme/shop//\\.gitlab-ci\\.yml@refs/heads/main',
            claims,
            trustedRootRef: { kind: 'ConfigMap', name: 'sigstore-root' },
          },
        },
      ],
      signatures: { authorities: ['ci'] },
    },
  };
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'sigstore-root', namespace: 'sealift-system' },
    data: { 'trusted_root.json': root },
  };
  await writeFile(join(cwd, name), `${JSON.stringify(policy)}\n---\n${JSON.stringify(config)}\n`);
  return name;
}

suite("a job's token of GitLab", () => {
  test('signs as its .gitlab-ci.yml, for sealift, for policies and for cosign', async () => {
    const pushed = await push('main', sigstore.gitLabToken());
    assert.equal(pushed.code, 0, pushed.stderr);
    const verified = await verify('main', ...identityFlags);
    assert.equal(verified.code, 0, verified.stderr);
    const theirs = await startCommand(cosign, ['verify', ...identityFlags, `${repository}:main`], { cwd })
      .finished;
    assert.equal(theirs.code, 0, theirs.stderr);

    // What docs/ci.md says that the claims of GitLab are called in a policy.
    const claims = {
      sourceRepositoryUri: 'https://gitlab.example/acme/shop',
      sourceRepositoryId: '20',
      ownerUri: 'https://gitlab.example/acme',
      ownerId: '72',
      ref: 'refs/heads/main',
      workflow: identity,
      buildSignerUri: identity,
      trigger: 'push',
      runnerEnvironment: 'self-hosted',
      visibility: 'private',
      environment: 'production',
    };
    const judged = await verify('main', '--policy', await writePolicy('policy.yaml', claims));
    assert.equal(judged.code, 0, judged.stderr);
    const another = await writePolicy('another.yaml', { ...claims, sourceRepositoryId: '21' });
    const refused = await verify('main', '--policy', another);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /IDENTITY_MISMATCH|SIGNATURE_INVALID|THRESHOLD_NOT_MET/u);
  });

  test('of another project or branch, and one of GitHub, are somebody else', async () => {
    const path = 'gitlab.example/acme/other//.gitlab-ci.yml@refs/heads/main';
    const branch = 'gitlab.example/acme/shop//.gitlab-ci.yml@refs/heads/fix';
    const tokens: Readonly<Record<string, string>> = {
      other: sigstore.gitLabToken({ project_path: 'acme/other', ci_config_ref_uri: path }),
      branch: sigstore.gitLabToken({ ref: 'fix', ci_config_ref_uri: branch }),
      github: sigstore.token(),
    };
    for (const [tag, token] of Object.entries(tokens)) {
      const pushed = await push(tag, token);
      assert.equal(pushed.code, 0, pushed.stderr);
      const verified = await verify(tag, ...identityFlags);
      assert.equal(verified.code, 12, verified.stderr);
      assert.match(
        verified.stderr,
        tag === 'github' ? /ISSUER_MISMATCH|IDENTITY_MISMATCH/u : /IDENTITY_MISMATCH/u,
      );
    }
  });

  test('for another audience, or of a pipeline without a file of its own, is refused by the authority', async () => {
    const wrong = [
      sigstore.gitLabToken({ aud: 'https://gitlab.example' }),
      // As child pipelines have them.
      sigstore.gitLabToken({ ci_config_ref_uri: undefined }),
    ];
    for (const token of wrong) {
      const pushed = await push('refused', token);
      assert.equal(pushed.code, 7, pushed.stderr);
      assert.match(pushed.stderr, /CERTIFICATE_FAILED/u);
      assert.ok(!pushed.stderr.includes(token));
    }
  });
});
