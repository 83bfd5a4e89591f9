// The recipes of docs/ci.md, run as they stand there by a shell with the variables that the CI gives: what they publish
// verifies, and what they promote is promoted. The plan's note goes to a GitLab API on loopback.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, suite, test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import * as z from 'zod';
import { apiVersion } from '../../src/api/common.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { generateKeyPair } from '../../src/signing/keys.ts';
import { sealift, type Finished } from '../helpers/cli.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { listenOnLoopback } from '../servers/sigstore/loopback.ts';
import { startSigstore } from '../servers/sigstore/stack.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const document = await readFile(join(import.meta.dirname, '../../docs/ci.md'), 'utf8');
const blocks = [...document.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gmu)].map(
  ([, language = '', text = '']) => ({
    language,
    text,
  }),
);

const shared = await mkdtemp(join(tmpdir(), 'sealift-recipes-'));
const sigstore = await startSigstore(join(shared, 'sigstore'), { hasGitLab: true });
after(async () => {
  await sigstore.stop();
  await rm(shared, { recursive: true, force: true });
});

const password = 'correct horse battery';
const [release, promoter] = await Promise.all([generateKeyPair(password), generateKeyPair(password)]);
const commit = 'decade'.padEnd(40, '0');

const jobSchema = z.object({ script: z.array(z.string()) });
const stepSchema = z.object({
  script: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const azureSchema = z.object({
  stages: z.array(
    z.object({
      stage: z.string(),
      jobs: z.array(
        z.object({
          steps: z.array(stepSchema).optional(),
          strategy: z
            .object({ runOnce: z.object({ deploy: z.object({ steps: z.array(stepSchema) }) }) })
            .optional(),
        }),
      ),
    }),
  ),
});

/** The n-th YAML block that has a job of this name. */
function gitLabJob(name: string, index = 0): readonly string[] {
  const found = blocks
    .filter(({ language }) => language === 'yaml')
    .map(({ text }) => z.record(z.string(), z.unknown()).parse(parse(text))[name])
    .filter((job) => job !== undefined);
  return jobSchema.parse(found[index]).script;
}

/** Script of a stage, and its environment with what the agent fills in. */
function azureStage(
  name: string,
  fill: Readonly<Record<string, string>>,
): { readonly script: string; readonly env: Readonly<Record<string, string>> } {
  const text = blocks.find((block) => block.text.includes('azure-pipelines.yml'))?.text ?? '';
  const stage = azureSchema.parse(parse(text)).stages.find((one) => one.stage === name);
  const steps = (stage?.jobs ?? []).flatMap((job) => job.steps ?? job.strategy?.runOnce.deploy.steps ?? []);
  const step = steps.find(({ script }) => script !== undefined);
  assert.ok(step?.script !== undefined, name);
  const env = Object.entries(step.env ?? {}).map(([key, value]) => {
    const [, variable] = /^\$\((.+)\)$/u.exec(value) ?? [];
    return [key, variable === undefined ? value : (fill[variable] ?? '')];
  });
  return { script: step.script, env: Object.fromEntries(env) };
}

type Site = {
  readonly cwd: string;
  readonly repository: string;
  /** Runs a script of a job; of our own environment it has PATH alone, with `sealift` in front. */
  readonly sh: (
    script: string,
    env: Readonly<Record<string, string>>,
    ...args: string[]
  ) => Promise<Finished>;
};

/** A checkout with all that the recipes name, and a registry. */
async function makeSite(t: TestContext): Promise<Site> {
  const cwd = await makeTempDir(t);
  const server = await startRegistry({ directory: join(cwd, 'registry') });
  t.after(() => server.close());
  const repository = `${server.host}/config/app`;
  await mkdir(join(cwd, 'bin'));
  await mkdir(join(cwd, 'deploy/rendered'), { recursive: true });
  await mkdir(join(cwd, 'sealift'));
  await writeFile(join(cwd, 'bin/sealift'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  await chmod(join(cwd, 'bin/sealift'), 0o755);
  const files: Readonly<Record<string, string>> = {
    'deploy/rendered/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: "1"}\n',
    'sealift/signing_config.json': JSON.stringify(sigstore.signingConfig()),
    'sealift/trusted_root.json': JSON.stringify(sigstore.trustedRoot()),
    'sealift/release.pub': release.publicPem,
    'sealift/trust-policy.yaml': policyOf(repository),
    'release.key': release.privatePem,
    'promotion.key': promoter.privatePem,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text);
  return {
    cwd,
    repository,
    sh: (script, env, ...args) =>
      new Promise((resolve) => {
        const path = `${join(cwd, 'bin')}:${process.env['PATH'] ?? ''}`;
        const full = { PATH: path, HOME: cwd, REPOSITORY: repository, ...env };
        execFile(
          '/bin/sh',
          ['-e', '-c', script, 'sh', ...args],
          { cwd, env: full },
          (error, stdout, stderr) => {
            resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
          },
        );
      }),
  };
}

/** Releases are signed by the key or by GitLab's identity, as the recipes do it. */
function policyOf(repository: string): string {
  const policy = {
    apiVersion,
    kind: 'TrustPolicy',
    metadata: { name: 'site' },
    spec: {
      match: [{ url: `oci://${repository}` }],
      authorities: [
        { name: 'key', key: { data: release.publicPem } },
        {
          name: 'gitlab',
          keyless: {
            issuer: 'https://gitlab.example',
            subjectRegExp: 'https://gitlab\\.example/acme/shop//\\.gitlab-ci\\.yml@refs/tags/[0-9.]+',
            claims: { sourceRepositoryId: '20', ownerId: '72' },
            trustedRootRef: { kind: 'ConfigMap', name: 'sigstore-root' },
          },
        },
        { name: 'promoter', key: { data: promoter.publicPem } },
      ],
      signatures: { authorities: ['key', 'gitlab'] },
      promotion: { channels: [{ tag: 'production', authorities: ['promoter'] }] },
    },
  };
  const root = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'sigstore-root', namespace: 'sealift-system' },
    data: { 'trusted_root.json': JSON.stringify(sigstore.trustedRoot()) },
  };
  return `${JSON.stringify(policy)}\n---\n${JSON.stringify(root)}\n`;
}

function ok(finished: Finished): Finished {
  assert.equal(finished.code, 0, finished.stdout + finished.stderr);
  return finished;
}

const tagged = {
  GITLAB_CI: 'true',
  CI_COMMIT_TAG: '1.4.2',
  CI_COMMIT_SHA: commit,
  CI_PROJECT_URL: 'https://gitlab.example/acme/shop',
  CI_PIPELINE_ID: '574',
};

suite('GitLab CI', () => {
  test('a tag is published by its identity, and promoted by a key', async (t) => {
    const { cwd, repository, sh } = await makeSite(t);
    const token = sigstore.gitLabToken({
      ref: '1.4.2',
      ref_type: 'tag',
      ci_config_ref_uri: 'gitlab.example/acme/shop//.gitlab-ci.yml@refs/tags/1.4.2',
    });
    ok(await sh(gitLabJob('publish').join('\n'), { ...tagged, SIGSTORE_ID_TOKEN: token }));
    const promotion = { SEALIFT_PROMOTION_KEY: join(cwd, 'promotion.key'), COSIGN_PASSWORD: password };
    ok(await sh(gitLabJob('promote').join('\n'), { ...tagged, ...promotion }));
    // The command of the section on identities, at this registry.
    const verify = blocks.find(({ text }) => text.includes('--certificate-identity'))?.text ?? '';
    ok(await sh(verify.replace('registry.example.com/config/app', repository), {}));
  });

  test('a tag is published by a key', async (t) => {
    const { cwd, repository, sh } = await makeSite(t);
    const key = { SEALIFT_KEY: join(cwd, 'release.key'), COSIGN_PASSWORD: password };
    ok(await sh(gitLabJob('publish', 1).join('\n'), { ...tagged, ...key }));
    const verify = ['verify', `oci://${repository}:1.4.2`, '--verify-key', 'sealift/release.pub'];
    ok(await sealift(verify, { cwd }));
  });

  test('the plan is a note on the merge request, its token on no command line', async (t) => {
    const { cwd, repository, sh } = await makeSite(t);
    const notes: { readonly path: string; readonly token: unknown; readonly body: string }[] = [];
    const server = createServer((request, response) => {
      void buffer(request).then((bytes) => {
        const { url = '', headers } = request;
        notes.push({ path: url, token: headers['private-token'], body: bytes.toString() });
        response.writeHead(201).end('{}');
      });
    });
    const { url, stop } = await listenOnLoopback(server);
    t.after(stop);
    const env = {
      PLAN_TOKEN: 'glpat-notARealToken',
      CI_API_V4_URL: `${url}/api/v4`,
      CI_MERGE_REQUEST_PROJECT_ID: '20',
      CI_MERGE_REQUEST_IID: '7',
    };
    const script = gitLabJob('plan').join('\n');
    // Nothing was promoted yet: the code that the job may fail with.
    assert.equal((await sh(script, env)).code, 11);
    const push = ['push', `oci://${repository}:production`, '-f', 'deploy/rendered', '--key', 'release.key'];
    ok(await sealift(push, { cwd, env: { COSIGN_PASSWORD: password } }));
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: "2"}\n';
    await writeFile(join(cwd, 'deploy/rendered/a.yaml'), text);
    ok(await sh(script, env));
    const [note] = notes;
    assert.equal(note?.path, '/api/v4/projects/20/merge_requests/7/notes');
    assert.equal(note.token, 'glpat-notARealToken');
    const body = new URLSearchParams(note.body).get('body') ?? '';
    assert.match(body, /1 to configure/u);
    // GitLab takes lines that start so for quick actions.
    assert.doesNotMatch(body, /^\//mu);
  });
});

suite('Azure Pipelines', () => {
  test('plan, publish and promote', async (t) => {
    const { cwd, sh } = await makeSite(t);
    const given = {
      BUILD_SOURCEBRANCHNAME: '1.4.2',
      BUILD_SOURCEVERSION: commit,
      SYSTEM_COLLECTIONURI: 'https://dev.azure.example/acme/',
      SYSTEM_TEAMPROJECT: 'shop',
      BUILD_REPOSITORY_NAME: 'shop',
      BUILD_BUILDID: '99',
    };
    const auth = { SEALIFT_PASSWORD: password, DOCKER_AUTH_CONFIG: '{"auths":{}}' };
    const publish = azureStage('publish', { ...auth, 'key.secureFilePath': join(cwd, 'release.key') });
    ok(await sh(publish.script, { ...given, ...publish.env }));
    const promote = azureStage('promote', { ...auth, 'key.secureFilePath': join(cwd, 'promotion.key') });
    ok(await sh(promote.script, { ...given, ...promote.env }));
    const plan = ok(await sh(azureStage('plan', {}).script, given));
    assert.match(plan.stdout, new RegExp(`##vso\\[task\\.uploadsummary\\].*/plan\\.md$`, 'mu'));
    assert.match(await readFile(join(cwd, 'plan.md'), 'utf8'), /no changes/u);
  });
});

test('by hand', async (t) => {
  const { cwd, sh } = await makeSite(t);
  const git = 'git init -q . && git -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m a';
  ok(await sh(`${git} && git remote add origin https://git.example/acme/shop`, {}));
  const script = blocks.at(-1)?.text ?? '';
  const keys = { RELEASE_KEY: join(cwd, 'release.key'), PROMOTION_KEY: join(cwd, 'promotion.key') };
  const { stdout } = ok(await sh(script, { ...keys, COSIGN_PASSWORD: password }, '1.4.2'));
  assert.match(stdout, /^published sha256:[0-9a-f]{64}$/mu);
});
