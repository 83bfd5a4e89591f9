// The Deployment of a promotion, as the runner starts it: of which commit it is, what its statuses say and what they
// never say, and that whatever GitHub answers is no failure of what was promoted.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { apiVersion } from '../../src/api/common.ts';
import { publish, resolveTag } from '../../src/operations/publish.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { createTransport } from '../../src/registry/transport.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { generateKeyPair, parseSigningKey } from '../../src/signing/keys.ts';
import type { ContentStore } from '../../src/oci/content-store.ts';
import { readDefaults } from '../helpers/action-defaults.ts';
import { annotationsOf, runStep, stepCommit, type StepResult } from '../helpers/action-step.ts';
import { makePorts } from '../helpers/published.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { startGitHub, type GitHubServer } from '../servers/github.ts';

const entry = join(import.meta.dirname, '../../action/promote/index.ts');
const token = 'ghs_notARealTokenOfAnyone';
const password = 'correct horse battery';
const [release, promoter, second] = await Promise.all([
  generateKeyPair(password),
  generateKeyPair(password),
  generateKeyPair(password),
]);
const built = 'c0ffee'.padEnd(40, '0');
const logUrl = 'https://github.example/org/app/actions/runs/42/attempts/2';

type Setup = {
  readonly github: GitHubServer;
  readonly store: ContentStore;
  readonly publishAs: (tag: string, annotations?: Readonly<Record<string, string>>) => Promise<string>;
  readonly promote: (
    inputs?: Readonly<Record<string, string>>,
    env?: Readonly<Record<string, string>>,
  ) => Promise<StepResult>;
};

async function makeSetup(t: TestContext): Promise<Setup> {
  const folder = await makeTempDir(t);
  const workspace = join(folder, 'workspace');
  await mkdir(workspace);
  const server = await startRegistry({ directory: join(folder, 'registry') });
  const transport = createTransport();
  t.after(async () => {
    transport.close();
    await server.close();
  });
  const github = await startGitHub(t);
  const reference = { registry: server.host, repository: 'config/app' };
  const store = openRepository({ send: transport.send, reference });
  const repository = `oci://${server.host}/config/app`;
  await writeFile(join(workspace, 'policy.yaml'), JSON.stringify(twoSigners(repository)));
  let runs = 0;
  return {
    github,
    store,
    publishAs: async (tag, annotations = madeOf(built)) => {
      const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {version: "${tag}"}\n`;
      const files = [{ path: 'a.yaml', bytes: Buffer.from(text) }];
      const signer = await parseSigningKey(release.privatePem, password);
      return (await publish({ store, files, annotations, signer, tags: [tag] }, makePorts())).digest;
    },
    promote: async (inputs = {}, env = {}) => {
      runs += 1;
      const result = await runStep({
        entry,
        temp: join(folder, `run-${runs}`),
        workspace,
        inputs: { ...defaults, repository, ...inputs },
        env: { GITHUB_API_URL: github.url, ...env },
      });
      assert.ok(!result.everything.includes(token), result.everything);
      return result;
    },
  };
}

function madeOf(commit: string, source = 'https://github.example/org/app'): Record<string, string> {
  return {
    'org.opencontainers.image.source': source,
    'org.opencontainers.image.revision': `v1@sha1:${commit}`,
  };
}

function twoSigners(url: string): object {
  return {
    apiVersion,
    kind: 'TrustPolicy',
    metadata: { name: 'site' },
    spec: {
      match: [{ url }],
      authorities: [
        { name: 'release', key: { data: release.publicPem } },
        { name: 'one', key: { data: promoter.publicPem } },
        { name: 'two', key: { data: second.publicPem } },
      ],
      signatures: { authorities: ['release'] },
      promotion: { channels: [{ tag: 'production', authorities: ['one', 'two'], threshold: 2 }] },
    },
  };
}

const defaults = {
  ...(await readDefaults('promote')),
  from: '1.0',
  to: 'production',
  'public-key': release.publicPem,
  'signing-key': promoter.privatePem,
  'signing-key-password': password,
  deployment: 'true',
  'github-token': token,
};

const statesOf = ({ deployments }: GitHubServer): readonly (readonly [string, readonly string[]])[] =>
  deployments.map(({ ref, statuses }) => [ref, statuses.map(({ state }) => state)]);

suite('the deployment of a promotion', { concurrency: 2 }, () => {
  test('is in progress, of the commit that was published, and never a success', async (t) => {
    const { github, publishAs, promote } = await makeSetup(t);
    const digest = await publishAs('1.0');
    const { code, outputs, summary, everything } = await promote();
    assert.equal(code, 0, everything);
    const [deployment] = github.deployments;
    assert.deepEqual(deployment, {
      id: 9001,
      ref: built,
      task: 'sealift:promote',
      environment: 'production',
      description: 'promotion to production',
      auto_merge: false,
      required_contexts: [],
      payload: {
        sealift: {
          repository: 'config/app',
          channel: 'production',
          sequence: 1,
          digest,
        },
      },
      statuses: [{ state: 'in_progress', description: 'promoted; sites pull on their own', log_url: logUrl }],
    });
    assert.equal(outputs['deployment-id'], '9001');
    assert.match(summary, /\| Deployment \| <code>9001<\/code> \|/u);
  });

  test('is one a promotion; a later one takes its place', async (t) => {
    const { github, publishAs, promote } = await makeSetup(t);
    await publishAs('1.0');
    await publishAs('2.0', madeOf(stepCommit));
    assert.equal((await promote()).code, 0);
    const again = await promote();
    assert.deepEqual(
      [again.code, again.outputs['changed'], again.outputs['deployment-id']],
      [0, 'false', '9001'],
    );
    assert.deepEqual(statesOf(github), [[built, ['in_progress']]]);
    const [first] = github.deployments;
    assert.ok(first !== undefined);
    // Deployments of others, and of another channel, are none of ours.
    github.deployments.push({
      ...first,
      id: 9100,
      payload: {
        sealift: { repository: 'config/other', channel: 'production', sequence: 1, digest: 'x' },
      },
      statuses: [],
    });
    github.deployments.push({ ...first, id: 9101, payload: '', statuses: [] });
    const next = await promote({ from: '2.0' });
    assert.equal(next.code, 0, next.everything);
    assert.deepEqual(statesOf(github), [
      [built, ['in_progress', 'inactive']],
      [built, []],
      [built, []],
      [stepCommit, ['in_progress']],
    ]);
  });

  test('waits where more must sign, and goes on when they have', async (t) => {
    const { github, store, publishAs, promote } = await makeSetup(t);
    await publishAs('1.0');
    const policy = { policy: 'policy.yaml', 'public-key': '', environment: 'sites' };
    const begun = await promote(policy);
    assert.deepEqual([begun.code, begun.outputs['missing-signers']], [0, '1'], begun.everything);
    assert.equal(await resolveTag(store, 'production'), undefined);
    const [deployment] = github.deployments;
    assert.deepEqual(deployment?.statuses, [
      { state: 'pending', description: '1 more must sign before production shows it', log_url: logUrl },
    ]);
    const cosign = begun.outputs['statement-digest'] ?? '';
    const done = await promote({ ...policy, cosign, 'signing-key': second.privatePem });
    assert.equal(done.code, 0, done.everything);
    assert.equal(done.outputs['deployment-id'], begun.outputs['deployment-id']);
    assert.deepEqual(statesOf(github), [[built, ['pending', 'in_progress']]]);
    assert.equal(deployment?.environment, 'sites');
  });

  test('is a failure of the workflow, with the code, where nothing was promoted', async (t) => {
    const { github, store, publishAs, promote } = await makeSetup(t);
    await publishAs('1.0');
    const { code, outputs } = await promote({ 'public-key': second.publicPem });
    assert.equal(code, 1);
    assert.deepEqual(outputs, { 'deployment-id': '9001' });
    assert.equal(await resolveTag(store, 'production'), undefined);
    // What is not verified may name any commit.
    assert.deepEqual(statesOf(github), [[stepCommit, ['failure']]]);
    assert.match(github.deployments[0]?.statuses[0]?.description ?? '', /\(SIGNATURE_INVALID\)$/u);
    const wrong = await promote({ 'expires-in': 'soon' });
    assert.deepEqual([wrong.code, github.deployments.length], [1, 1]);
  });

  test('is of the workflow where the artifact is of another repository, or of a commit that is not there', async (t) => {
    const { github, publishAs, promote } = await makeSetup(t);
    await publishAs('1.0', madeOf(built, 'https://github.example/org/other'));
    await publishAs('2.0', { 'org.opencontainers.image.revision': 'main' });
    await publishAs('3.0');
    github.unknownCommits.add(built);
    for (const from of ['1.0', '2.0', '3.0']) {
      const { code, everything } = await promote({ from });
      assert.equal(code, 0, everything);
    }
    assert.deepEqual(
      github.deployments.map(({ ref }) => ref),
      [stepCommit, stepCommit, stepCommit],
    );
    assert.equal(
      github.calls.filter((call) => call.startsWith('POST /repos/org/app/deployments ')).length,
      0,
    );
    assert.equal(github.calls.filter((call) => call === 'POST /repos/org/app/deployments').length, 4);
  });

  test('that can not be made is a warning, which names the permission where that lacks', async (t) => {
    const { github, store, publishAs, promote } = await makeSetup(t);
    const digest = await publishAs('1.0');
    github.isReadOnly = true;
    const refused = await promote();
    assert.equal(refused.code, 0, refused.everything);
    assert.equal(await resolveTag(store, 'production'), digest);
    assert.equal(refused.outputs['deployment-id'], '');
    assert.match(annotationsOf(refused, 'warning').join('\n'), /`permissions: deployments: write`/u);
    // The next run tells of it.
    github.isReadOnly = false;
    const later = await promote();
    assert.deepEqual([later.outputs['changed'], later.outputs['deployment-id']], ['false', '9001']);
    assert.deepEqual(statesOf(github), [[built, ['in_progress']]]);
  });

  test('is not asked for by default', async (t) => {
    const { github, publishAs, promote } = await makeSetup(t);
    await publishAs('1.0');
    const { outputs } = await promote({ deployment: 'false' });
    assert.equal(outputs['deployment-id'], '');
    assert.deepEqual(github.calls, []);
  });
});
