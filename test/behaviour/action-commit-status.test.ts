// The commit status of publish, as the runner starts it: on which commit it is, what it says, and that whatever GitHub
// answers is no failure of what was published.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { startRegistry } from '../../src/server/registry.ts';
import { generateKeyPair } from '../../src/signing/keys.ts';
import { readDefaults } from '../helpers/action-defaults.ts';
import { annotationsOf, runStep, stepCommit, type StepResult } from '../helpers/action-step.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { startGitHub, type GitHubServer } from '../servers/github.ts';

const entry = join(import.meta.dirname, '../../action/publish/index.ts');
const token = 'ghs_notARealTokenOfAnyone';
const password = 'correct horse battery';
const key = await generateKeyPair(password);
const head = 'c0ffee'.padEnd(40, '0');

type Setup = {
  readonly github: GitHubServer;
  readonly write: (text: string) => Promise<void>;
  readonly run: (
    inputs?: Readonly<Record<string, string>>,
    env?: Readonly<Record<string, string>>,
  ) => Promise<StepResult>;
  readonly folder: string;
};

async function makeSetup(t: TestContext): Promise<Setup> {
  const folder = await makeTempDir(t);
  const workspace = join(folder, 'workspace');
  await mkdir(join(workspace, 'deploy'), { recursive: true });
  const server = await startRegistry({ directory: join(folder, 'registry') });
  t.after(() => server.close());
  const github = await startGitHub(t);
  const write = (value: string): Promise<void> =>
    writeFile(
      join(workspace, 'deploy/a.yaml'),
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: "${value}"}\n`,
    );
  await write('1');
  let runs = 0;
  return {
    github,
    write,
    folder,
    run: async (inputs = {}, env = {}) => {
      runs += 1;
      const result = await runStep({
        entry,
        temp: join(folder, `run-${runs}`),
        workspace,
        inputs: { ...defaults, repository: `oci://${server.host}/config/app`, ...inputs },
        env: { GITHUB_API_URL: github.url, ...env },
      });
      assert.ok(!result.everything.includes(token), result.everything);
      return result;
    },
  };
}

const defaults = {
  ...(await readDefaults()),
  path: 'deploy',
  tags: 'v1',
  created: 'none',
  'signing-key': key.privatePem,
  'signing-key-password': password,
  summary: 'false',
  'commit-status': 'true',
  'github-token': token,
};

suite('the commit status', { concurrency: 2 }, () => {
  test('is a success with the short digest and the address of the run', async (t) => {
    const { github, run } = await makeSetup(t);
    const result = await run();
    assert.equal(result.code, 0, result.everything);
    assert.deepEqual(github.statuses, [
      {
        sha: stepCommit,
        context: 'sealift/publish',
        state: 'success',
        description: result.outputs['digest']?.slice(0, 19),
        target_url: 'https://github.example/org/app/actions/runs/42/attempts/2',
      },
    ]);
    assert.deepEqual(github.calls, [`POST /repos/org/app/statuses/${stepCommit}`]);
    assert.deepEqual(github.authorizations, [`token ${token}`]);
    assert.ok(result.stdout.includes(`::add-mask::${token}\n`));
    assert.deepEqual(annotationsOf(result, 'warning'), []);
  });

  test('stands on the head of a pull request, not on its merge', async (t) => {
    const { github, folder, run } = await makeSetup(t);
    const event = join(folder, 'event.json');
    await writeFile(event, JSON.stringify({ pull_request: { number: 7, head: { sha: head } } }));
    const env = { GITHUB_EVENT_PATH: event, GITHUB_EVENT_NAME: 'pull_request' };
    const { code, everything } = await run({}, env);
    assert.equal(code, 0, everything);
    assert.deepEqual(
      github.statuses.map(({ sha }) => sha),
      [head],
    );
    // Such a run has the base checked out: its success must not stand on what a stranger proposes.
    assert.equal((await run({}, { ...env, GITHUB_EVENT_NAME: 'pull_request_target' })).code, 0);
    assert.equal(github.statuses[1]?.sha, stepCommit);
  });

  test('is a failure with the code, also of the inputs', async (t) => {
    const { github, write, run } = await makeSetup(t);
    await run({ 'commit-status': 'false' });
    assert.deepEqual(github.calls, []);
    await write('2');
    assert.equal((await run()).code, 1);
    assert.equal((await run({ created: 'soon', path: '' })).code, 1);
    assert.deepEqual(
      github.statuses.map(({ state, description }) => [state, description]),
      [
        ['failure', 'Tag is taken (TAG_EXISTS)'],
        ['failure', 'Input is missing (INPUT_MISSING) and 1 more'],
      ],
    );
  });

  test('of a dry run there is none', async (t) => {
    const { github, run } = await makeSetup(t);
    assert.equal((await run({ 'dry-run': 'true' })).code, 0);
    assert.deepEqual(github.calls, []);
  });

  test('without the right to it is a warning that names the permission', async (t) => {
    const { github, run } = await makeSetup(t);
    github.isReadOnly = true;
    const refused = await run();
    assert.equal(refused.code, 0, refused.everything);
    assert.match(
      annotationsOf(refused, 'warning').join('\n'),
      /answered 403 .*`permissions: statuses: write`/u,
    );
    github.isReadOnly = false;
    github.script.push({ status: 404, body: '{"message":"Not Found"}' });
    const hidden = await run();
    assert.equal(hidden.code, 0);
    assert.match(
      annotationsOf(hidden, 'warning').join('\n'),
      /answered 404 .*`permissions: statuses: write`/u,
    );
    assert.deepEqual(github.statuses, []);
  });

  test('an answer that means something else names no permission', async (t) => {
    const { github, run } = await makeSetup(t);
    github.unknownCommits.add(stepCommit);
    const unknown = await run();
    assert.equal(unknown.code, 0);
    assert.match(annotationsOf(unknown, 'warning').join('\n'), /answered 422 \(No commit found/u);
    // Longer than anyone waits for words.
    github.script.push({ status: 429, headers: { 'retry-after': '3600' }, body: '{"message":"rate limit"}' });
    const limited = await run();
    const down = await run({}, { GITHUB_API_URL: 'http://127.0.0.1:1' });
    for (const result of [unknown, limited, down]) {
      assert.equal(result.code, 0, result.everything);
      assert.equal(annotationsOf(result, 'warning').length, 1);
      assert.ok(!result.stdout.includes('permissions:'), result.stdout);
    }
  });

  test('is sent again where GitHub asks for that', async (t) => {
    const { github, run } = await makeSetup(t);
    github.script.push({ status: 429, headers: { 'retry-after': '0' } });
    const result = await run();
    assert.deepEqual(annotationsOf(result, 'warning'), []);
    assert.deepEqual([github.calls.length, github.statuses.length], [2, 1]);
  });
});
