// The diff action as the runner starts it: its entry in a process with a clean environment, against the embedded
// registry and a GitHub API on loopback.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { publish } from '../../src/operations/publish.ts';
import { parseReport } from '../../src/plan/report.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { createTransport } from '../../src/registry/transport.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { makePorts } from '../helpers/published.ts';
import { signerNamed } from '../helpers/signers.ts';
import { readDefaults } from '../helpers/action-defaults.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { startGitHub, type GitHubServer } from '../servers/github.ts';

const entry = join(import.meta.dirname, '../../action/diff/index.ts');
const token = 'ghs_notARealTokenOfAnyone';
const commit = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';
const secretValue = 'correct-horse-battery';
const config = (name: string, value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: ${JSON.stringify(value)}}\n---\n`;
const secret = (value: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: ${value}}\n---\n`;
const marker = (key: string): string => `<!-- sealift:diff key=${key} -->`;

type Result = {
  readonly code: number;
  readonly stdout: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly report: string;
};

type Setup = {
  readonly github: GitHubServer;
  readonly workspace: string;
  publishAs(tag: string, text: string): Promise<string>;
  run(inputs: Readonly<Record<string, string>>, event?: object): Promise<Result>;
};

const pullEvent = { pull_request: { number: 7, head: { sha: commit } } };

async function makeSetup(t: TestContext): Promise<Setup> {
  const folder = await makeTempDir(t);
  const workspace = join(folder, 'workspace');
  await mkdir(join(workspace, 'deploy'), { recursive: true });
  const server = await startRegistry({ directory: join(folder, 'registry') });
  const transport = createTransport();
  t.after(async () => {
    transport.close();
    await server.close();
  });
  const github = await startGitHub(t);
  const reference = { registry: server.host, repository: 'config/app' };
  const store = openRepository({ send: transport.send, reference });
  return {
    github,
    workspace,
    publishAs: async (tag, text) => {
      const files = [{ path: 'a.yaml', bytes: Buffer.from(text) }];
      const signer = await signerNamed('release');
      const request = { store, files, annotations: {}, signer, tags: [tag], allowPlaintextSecrets: true };
      return (await publish(request, makePorts())).digest;
    },
    run: async (inputs, event = pullEvent) => {
      const given = { ...defaults, repository: `oci://${server.host}/config/app`, ...inputs };
      await writeFile(join(folder, 'event'), JSON.stringify(event));
      for (const name of ['output', 'summary']) await writeFile(join(folder, name), '');
      return runStep(folder, {
        ...Object.fromEntries(
          Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
        ),
        GITHUB_API_URL: github.url,
        GITHUB_EVENT_PATH: join(folder, 'event'),
        GITHUB_OUTPUT: join(folder, 'output'),
        GITHUB_REPOSITORY: 'org/app',
        GITHUB_STEP_SUMMARY: join(folder, 'summary'),
        GITHUB_WORKSPACE: workspace,
        RUNNER_TEMP: folder,
      });
    },
  };
}

const defaults = { ...(await readDefaults('diff')), path: 'deploy', 'github-token': token };

async function runStep(folder: string, env: Readonly<Record<string, string>>): Promise<Result> {
  const { code, stdout, stderr } = await new Promise<{ code: number; stdout: string; stderr: string }>(
    (resolve) => {
      execFile(process.execPath, [entry], { cwd: folder, env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
    },
  );
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8').catch(() => '');
  const [output, summary, report] = [
    await read('output'),
    await read('summary'),
    await read('sealift-report.json'),
  ];
  const said = stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  const everything = [...said, stderr, output, summary, report].join('\n');
  for (const value of [token, secretValue, Buffer.from(secretValue).toString('base64')]) {
    assert.ok(!everything.includes(value), everything);
  }
  const found = output.matchAll(/^(?<name>[\w-]+)<<(?<end>\S+)\n(?<value>[\s\S]*?)\n\k<end>$/gmu);
  const outputs = Object.fromEntries(
    [...found].map(({ groups }) => [groups?.['name'] ?? '', groups?.['value'] ?? '']),
  );
  return { code, stdout: `${stdout}${stderr}`, outputs, summary, report };
}

suite('a plan on a pull request', () => {
  test('tells of changes in outputs, summary and one comment, which later runs edit', async (t) => {
    const { github, workspace, publishAs, run } = await makeSetup(t);
    const base = await publishAs(
      'production',
      secret('old-password') + config('gone', 'x') + config('b', 'x'),
    );
    const file = join(workspace, 'deploy/a.yaml');
    await writeFile(file, secret(secretValue) + config('b', `url=${secretValue}`) + config('new', 'x'));
    // The marker alone, by another author, is not ours.
    const spoof = { id: 1, body: `${marker('config/app/production')}\nx`, user: { login: 'mallory' } };
    github.comments.push(spoof);
    const first = await run({});
    assert.equal(first.code, 0, first.stdout);
    assert.deepEqual(first.outputs, {
      changed: 'true',
      created: '1',
      configured: '2',
      unchanged: '0',
      deleted: '1',
      'base-digest': base,
      'head-digest': '',
      'report-path': first.outputs['report-path'],
      'comment-url': 'https://github.example/org/app/pull/7#issuecomment-2',
    });
    const body = github.comments[1]?.body ?? '';
    assert.ok(body.startsWith(`${marker('config/app/production')}\n### Plan for <code>production</code>: `));
    assert.match(body, /\*\*<code>ConfigMap gone<\/code>\*\* \| \*\*deleted\*\*/u);
    assert.match(body, /^\+ {2}a: "url=\*\*\*"$/mu);
    assert.ok(!body.includes(secretValue) && !body.includes('old-password'));
    assert.equal(body.split('\n').slice(1).join('\n').trim(), first.summary.trim());
    assert.equal(parseReport(first.report).head.commit, commit);

    await writeFile(file, secret('old-password') + config('gone', 'x') + config('b', 'x'));
    const second = await run({});
    assert.equal(second.outputs['changed'], 'false', second.stdout);
    assert.equal(github.comments.length, 2);
    assert.match(github.comments[1]?.body ?? '', /no changes, 3 unchanged/u);
    assert.equal(spoof.body, `${marker('config/app/production')}\nx`);
    assert.deepEqual(
      github.calls.map((call) => call.split('?')[0]),
      [
        'POST /graphql',
        'GET /repos/org/app/issues/7/comments',
        'POST /repos/org/app/issues/7/comments',
        'POST /graphql',
        'GET /repos/org/app/issues/7/comments',
        'PATCH /repos/org/app/issues/comments/2',
      ],
    );
  });

  test('compares two artifacts, and fails on what it was told to', async (t) => {
    const { github, publishAs, run } = await makeSetup(t);
    await publishAs('production', config('a', 'x') + config('b', 'x'));
    const head = await publishAs('v2', config('a', 'y'));
    const inputs = { path: '', head, 'comment-key': 'mine', 'fail-on': 'deletes' };
    const failed = await run(inputs);
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /^::error title=Plan is not empty::/mu);
    assert.deepEqual([failed.outputs['head-digest'], failed.outputs['deleted']], [head, '1']);
    assert.ok(github.comments[0]?.body.startsWith(`${marker('mine')}\n`));
    const passed = await run({ ...inputs, head: 'production', 'fail-on': 'changes' });
    assert.equal(passed.code, 0, passed.stdout);
  });

  test('of a base that is not there yet creates everything', async (t) => {
    const { workspace, run } = await makeSetup(t);
    await writeFile(join(workspace, 'deploy/a.yaml'), config('a', 'x'));
    const { code, outputs, stdout } = await run({ comment: 'false' });
    assert.equal(code, 0, stdout);
    assert.deepEqual([outputs['created'], outputs['base-digest'], outputs['comment-url']], ['1', '', '']);
  });

  test('without the right to comment warns and goes on; another workflow shows its report', async (t) => {
    const { github, workspace, run } = await makeSetup(t);
    await writeFile(join(workspace, 'deploy/a.yaml'), config('a', 'x'));
    github.isReadOnly = true;
    const fork = await run({});
    assert.equal(fork.code, 0, fork.stdout);
    assert.match(fork.stdout, /^::warning title=Comment::the comment could not be written: /mu);
    assert.match(fork.summary, /1 to create/u);

    github.isReadOnly = false;
    await writeFile(join(workspace, 'report.json'), fork.report);
    const inputs = { repository: '', path: '', 'report-file': 'report.json' };
    const event = {
      workflow_run: { head_sha: commit, head_branch: 'fix', head_repository: { owner: { login: 'forker' } } },
    };
    github.pulls = [
      { number: 8, head: { sha: 'f'.repeat(40) } },
      { number: 7, head: { sha: commit } },
    ];
    const shown = await run(inputs, event);
    assert.equal(shown.code, 0, shown.stdout);
    assert.match(github.comments[0]?.body ?? '', /1 to create/u);
    assert.ok(github.calls.some((call) => call.includes('head=forker%3Afix')));

    github.pulls = [];
    const stale = await run(inputs, event);
    assert.match(stale.stdout, /no comment: the event is of no pull request/u);
    assert.equal(github.comments.length, 1);

    await writeFile(
      join(workspace, 'report.json'),
      JSON.stringify({ ...JSON.parse(fork.report), number: 9 }),
    );
    const hostile = await run(inputs, event);
    assert.equal(hostile.code, 1);
    assert.match(hostile.stdout, /\(INPUT_INVALID\)::report-file: report is not valid/u);
  });

  test('names all problems of its inputs', async (t) => {
    const { github, run } = await makeSetup(t);
    const { code, stdout } = await run({
      repository: 'oci://h/Org/App',
      base: '!',
      context: '-1',
      'fail-on': 'some',
      comment: 'maybe',
    });
    assert.equal(code, 1);
    for (const name of ['repository', 'base', 'context', 'fail-on', 'comment']) {
      assert.match(stdout, new RegExp(`::${name}: `, 'u'));
    }
    assert.deepEqual(github.calls, []);
  });
});
