// The actions' bundles in a company's network: a GitHub Enterprise Server below /api/v3 and a registry, both with
// certificates of a private CA, both reached by a real forward proxy that alone knows their names.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import { startRegistry } from '../../src/server/registry.ts';
import { generateKeyPair } from '../../src/signing/keys.ts';
import { buildDist } from '../../tools/build.ts';
import { readDefaults } from '../helpers/action-defaults.ts';
import { annotationsOf, runStep, stepCommit, type StepResult } from '../helpers/action-step.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { startForwardProxy, type ForwardProxy } from '../servers/forward-proxy.ts';
import { startGitHub, type GitHubServer } from '../servers/github.ts';
import { createTestAuthority } from '../servers/test-authority.ts';

const token = 'ghs_notARealTokenOfAnyone';
const [publisher, promoter] = await Promise.all([generateKeyPair(''), generateKeyPair('')]);
const authority = createTestAuthority();
const issued = authority.issue(['ghes.example', 'registry.example']);

let dist = '';
before(async () => {
  dist = await mkdtemp(join(tmpdir(), 'sealift-test-'));
  await buildDist(dist, ['publish.js', 'promote.js', 'diff.js']);
});
after(() => rm(dist, { recursive: true, force: true }));

type Network = {
  readonly github: GitHubServer;
  readonly proxy: ForwardProxy;
  readonly publish: (env?: Env) => Promise<StepResult>;
  readonly promote: (env?: Env) => Promise<StepResult>;
  readonly diff: (env?: Env) => Promise<StepResult>;
};
type Env = Readonly<Record<string, string>>;

async function makeNetwork(t: TestContext): Promise<Network> {
  const folder = await makeTempDir(t);
  const workspace = join(folder, 'workspace');
  await mkdir(join(workspace, 'deploy'), { recursive: true });
  const [cert, key, ca] = [join(folder, 'server.crt'), join(folder, 'server.key'), join(folder, 'ca.pem')];
  await Promise.all([
    writeFile(cert, issued.certificate),
    writeFile(key, issued.key),
    writeFile(ca, authority.pem),
    writeFile(
      join(folder, 'event.json'),
      JSON.stringify({ pull_request: { number: 7, head: { sha: stepCommit } } }),
    ),
    writeFile(join(workspace, 'deploy/a.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n'),
  ]);
  const registry = await startRegistry({ directory: join(folder, 'registry'), tls: { cert, key } });
  t.after(() => registry.close());
  const github = await startGitHub(t, { tls: issued, prefix: '/api/v3' });
  const proxy = await startForwardProxy(t, { user: 'runner:secret' });
  const address = `registry.example:${new URL(registry.url).port}`;
  const apiUrl = github.url.replace('127.0.0.1', 'ghes.example');
  let runs = 0;
  const run = async (
    file: string,
    inputs: Readonly<Record<string, string>>,
    env: Env = {},
  ): Promise<StepResult> => {
    runs += 1;
    const result = await runStep({
      entry: join(dist, file),
      temp: join(folder, `run-${runs}`),
      workspace,
      inputs: {
        ...(await readDefaults(file === 'publish.js' ? undefined : file.replace('.js', ''))),
        repository: `oci://${address}/config/app`,
        'ca-file': ca,
        'github-token': token,
        ...inputs,
      },
      env: {
        GITHUB_API_URL: apiUrl,
        GITHUB_SERVER_URL: 'https://ghes.example',
        GITHUB_EVENT_PATH: join(folder, 'event.json'),
        HTTPS_PROXY: `http://runner:secret@${proxy.host}`,
        NODE_EXTRA_CA_CERTS: ca,
        ...env,
      },
    });
    assert.ok(!result.everything.includes(token) && !result.everything.includes('secret@'));
    return result;
  };
  const signing = { 'signing-key-password': '' };
  return {
    github,
    proxy,
    publish: (env) =>
      run(
        'publish.js',
        {
          ...signing,
          path: 'deploy',
          tags: '1.0',
          created: 'none',
          'signing-key': publisher.privatePem,
          'commit-status': 'true',
        },
        env,
      ),
    promote: (env) =>
      run(
        'promote.js',
        {
          ...signing,
          from: '1.0',
          to: 'production',
          namespace: 'default',
          'public-key': publisher.publicPem,
          'signing-key': promoter.privatePem,
          deployment: 'true',
        },
        env,
      ),
    diff: (env) =>
      run(
        'diff.js',
        { base: 'production', path: 'deploy', context: '3', 'fail-on': 'none', comment: 'true' },
        env,
      ),
  };
}

suite('behind a proxy, with a GitHub of its own', { concurrency: 2 }, () => {
  test('comment, status and deployment arrive, and links lead to that GitHub', async (t) => {
    const { github, proxy, publish, promote, diff } = await makeNetwork(t);
    const planned = await diff();
    assert.deepEqual([planned.code, annotationsOf(planned, 'warning')], [0, []], planned.everything);
    assert.equal(github.comments.length, 1);
    // The GraphQL API of an Enterprise Server stands beside the other one.
    assert.equal(github.calls[0], 'POST /graphql');
    const published = await publish();
    assert.deepEqual([published.code, annotationsOf(published, 'warning')], [0, []], published.everything);
    assert.deepEqual(
      github.statuses.map(({ state, sha, target_url: url }) => [state, sha, url]),
      [['success', stepCommit, 'https://ghes.example/org/app/actions/runs/42/attempts/2']],
    );
    assert.match(
      published.summary,
      new RegExp(`<a href="https://ghes\\.example/org/app/commit/${stepCommit}">`, 'u'),
    );
    const promoted = await promote();
    assert.deepEqual([promoted.code, annotationsOf(promoted, 'warning')], [0, []], promoted.everything);
    assert.deepEqual(
      github.deployments.map(({ ref, statuses }) => [
        ref,
        statuses.map(({ state, log_url: url }) => [state, url]),
      ]),
      [[stepCommit, [['in_progress', 'https://ghes.example/org/app/actions/runs/42/attempts/2']]]],
    );
    const hosts = new Set(proxy.lines().map((line) => line.replace(/:\d+$/u, '')));
    assert.deepEqual([...hosts].sort(), ['CONNECT ghes.example', 'CONNECT registry.example']);
    assert.ok(!`${planned.summary}${published.summary}${promoted.summary}`.includes('github.com'));
  });

  test('a CA that is not known, or a name that NO_PROXY takes from the proxy, fails the words alone', async (t) => {
    const { github, publish } = await makeNetwork(t);
    const untrusted = await publish({ NODE_EXTRA_CA_CERTS: '' });
    assert.equal(untrusted.code, 0, untrusted.everything);
    assert.match(annotationsOf(untrusted, 'warning').join('\n'), /set NODE_EXTRA_CA_CERTS to its file/u);
    const direct = await publish({ NO_PROXY: 'ghes.example' });
    assert.equal(direct.code, 0, direct.everything);
    assert.match(annotationsOf(direct, 'warning').join('\n'), /ghes\.example/u);
    assert.deepEqual([github.statuses, github.authorizations], [[], []]);
  });
});
