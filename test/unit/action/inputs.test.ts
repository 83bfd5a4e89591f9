// The inputs of publish: every rule, all problems at once, secrets masked first.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { readInputs, type Inputs } from '../../../action/publish/inputs.ts';
import type { RunContext } from '../../../action/shared/context.ts';
import { FailuresError } from '../../../src/errors.ts';
import { readDefaults } from '../../helpers/action-defaults.ts';
import { makeTempDir } from '../../helpers/temp.ts';
import { makeHost } from './fake-host.ts';

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const commit = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';

type Given = Readonly<Record<string, string>>;

async function makeWorkspace(t: TestContext): Promise<RunContext> {
  const workspace = await realpath(await makeTempDir(t));
  await mkdir(join(workspace, 'deploy/web'), { recursive: true });
  await writeFile(join(workspace, 'deploy/web/app.yaml'), 'kind: X');
  return {
    workspace,
    serverUrl: 'https://github.example',
    repository: 'org/app',
    refName: 'main',
    refType: 'branch',
    commit,
    eventName: undefined,
    eventPath: undefined,
    apiUrl: 'https://github.example/api/v3',
    runUrl: undefined,
    tokenEndpoint: undefined,
  };
}

const valid: Given = {
  ...(await readDefaults()),
  repository: 'oci://127.0.0.1:5000/config/app',
  path: 'deploy',
  created: 'none',
  'signing-key': key,
};

async function read(context: RunContext, given: Given): Promise<Inputs> {
  return readInputs(makeHost({ ...valid, ...given }).host, context);
}

async function problemsOf(context: RunContext, given: Given): Promise<readonly string[]> {
  try {
    await read(context, given);
  } catch (error) {
    assert.ok(error instanceof FailuresError, String(error));
    return error.errors.map(({ code, message, hint }) => [code, message, hint].filter(Boolean).join(' | '));
  }
  return [];
}

suite('what is read', () => {
  test('defaults come from the run', async (t) => {
    const context = await makeWorkspace(t);
    const inputs = await read(context, {});
    assert.deepEqual(inputs.reference, { registry: '127.0.0.1:5000', repository: 'config/app' });
    assert.deepEqual(inputs.path, { absolute: join(context.workspace, 'deploy'), folder: 'deploy' });
    assert.deepEqual(inputs.tags, ['sha-1a2b3c4d5e6f']);
    assert.deepEqual(inputs.annotations, {
      'org.opencontainers.image.source': 'https://github.example/org/app',
      'org.opencontainers.image.revision': `main@sha1:${commit}`,
    });
    assert.equal(inputs.commitUrl, `https://github.example/org/app/commit/${commit}`);
    assert.deepEqual([inputs.isDryRun, inputs.hasSummary], [false, true]);
    assert.deepEqual(inputs.registry, {
      credential: undefined,
      ca: undefined,
      plainHttp: false,
      timeoutMs: 300_000,
      tries: 5,
    });
    assert.equal(inputs.signing.way, 'key');
  });

  test('a git tag is the default tag', async (t) => {
    const context = { ...(await makeWorkspace(t)), refType: 'tag', refName: 'v1.2.3' };
    assert.deepEqual((await read(context, {})).tags, ['v1.2.3']);
    assert.match(
      (await problemsOf({ ...context, refName: 'release/1.2' }, {}))[0] ?? '',
      /tags: tag "release/u,
    );
  });

  test('lists are trimmed lines without empty ones and repetitions', async (t) => {
    const { tags } = await read(await makeWorkspace(t), { tags: ' v1 \r\n\n v1.2\nv1\n' });
    assert.deepEqual(tags, ['v1', 'v1.2']);
  });

  test('annotations are split at the first "=", and stand for inputs that are not given', async (t) => {
    const lines = 'team=a=b\norg.opencontainers.image.revision=mine';
    const { annotations, commitUrl } = await read(await makeWorkspace(t), { annotations: lines });
    assert.equal(annotations['team'], 'a=b');
    assert.equal(annotations['org.opencontainers.image.revision'], 'mine');
    assert.equal(commitUrl, undefined);
  });

  test('created is a time in UTC, or the head commit of the event', async (t) => {
    const context = await makeWorkspace(t);
    const name = 'org.opencontainers.image.created';
    const given = await read(context, { created: '2026-03-04T05:06:07+02:00' });
    assert.equal(given.annotations[name], '2026-03-04T03:06:07Z');
    const eventPath = join(context.workspace, 'event.json');
    await writeFile(eventPath, JSON.stringify({ head_commit: { timestamp: '2026-01-02T03:04:05Z' } }));
    const fromEvent = await read({ ...context, eventPath }, { created: 'commit' });
    assert.equal(fromEvent.annotations[name], '2026-01-02T03:04:05Z');
    await writeFile(eventPath, '{}');
    const [problem] = await problemsOf({ ...context, eventPath }, { created: 'commit' });
    assert.match(problem ?? '', /^INPUT_INVALID \| created: the event has no head commit/u);
  });

  test('a file is published as itself, and its folder places its problems', async (t) => {
    const { path } = await read(await makeWorkspace(t), { path: 'deploy/web/app.yaml' });
    assert.equal(path.folder, 'deploy/web');
  });

  test('a dry run needs no key, but reads the one it is given', async (t) => {
    const context = await makeWorkspace(t);
    const fork = { 'dry-run': 'true', sign: 'key', 'signing-key': '', 'registry-username': 'ci' };
    const dry = await read(context, fork);
    assert.deepEqual([dry.signing.way, dry.registry.credential], ['none', undefined]);
    const [problem] = await problemsOf(context, { 'dry-run': 'true', 'signing-key': 'no key' });
    assert.match(problem ?? '', /^KEY_INVALID \| signing-key: /u);
  });
});

suite('what is refused', () => {
  const cases: readonly (readonly [string, Given, RegExp])[] = [
    ['no repository', { repository: '' }, /^INPUT_MISSING \| repository: is missing/u],
    ['upper case', { repository: 'oci://h/Org/App' }, /repository: .*Use lower case: org\/app/u],
    ['a tag', { repository: 'oci://h/org/app:v1' }, /repository: .*has a tag or digest/u],
    ['no host', { repository: 'app' }, /repository: .*names no registry/u],
    ['another scheme', { repository: 'https://h/app' }, /repository: .*another scheme/u],
    ['no path', { path: ' ' }, /^INPUT_MISSING \| path: is missing/u],
    ['a missing path', { path: 'nowhere' }, /^FILE_UNREADABLE \| path: .*ENOENT/u],
    ['a path above', { path: '../x' }, /^INPUT_INVALID \| path: .*leads out of the workspace/u],
    ['an absolute path elsewhere', { path: '/etc' }, /path: .*leads out of the workspace/u],
    ['a bad tag', { tags: 'v1\n-x' }, /tags: tag "-x" is not valid/u],
    ['a bad annotation', { annotations: 'no value' }, /annotations: annotation "no value" is not KEY=VALUE/u],
    [
      'an annotation twice',
      { annotations: 'org.opencontainers.image.source=x', source: 'https://y.example' },
      /^INPUT_CONFLICT \| annotations: .*given twice/u,
    ],
    ['credentials in source', { source: 'https://a:b@c.example' }, /source: URL has credentials/u],
    ['lines in revision', { revision: 'a\nb' }, /revision: has several lines/u],
    ['a bad time', { created: 'today' }, /created: created is "today"/u],
    ['no key', { sign: 'key', 'signing-key': '' }, /^INPUT_MISSING \| signing-key: is missing/u],
    [
      'a password without its key',
      { 'signing-key': '', 'signing-key-password': 'x' },
      /^INPUT_MISSING \| signing-key: is missing/u,
    ],
    [
      'no permission',
      { 'signing-key': '', 'allow-public-log': 'true' },
      /^IDENTITY_TOKEN_UNAVAILABLE \| sign: .*ACTIONS_ID_TOKEN_REQUEST_URL.*id-token: write.*fork/u,
    ],
    ['another way', { sign: 'gpg' }, /^INPUT_INVALID \| sign: is neither keyless nor key nor none/u],
    ['a log without a way to it', { 'fulcio-url': 'ftp://a' }, /^INPUT_INVALID \| fulcio-url: /u],
    ['a public key', { 'signing-key': 'PEM' }, /^KEY_INVALID \| signing-key: /u],
    ['a missing CA', { 'ca-file': 'ca.pem' }, /^FILE_UNREADABLE \| ca-file: /u],
    ['no boolean', { 'plain-http': 'yes' }, /plain-http: is neither true nor false/u],
    ['an empty boolean', { 'dry-run': '' }, /dry-run: is neither true nor false/u],
  ];
  for (const [name, given, expected] of cases) {
    test(name, async (t) => {
      const problems = await problemsOf(await makeWorkspace(t), given);
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0] ?? '', expected);
    });
  }

  test('a CA for plain HTTP', async (t) => {
    const context = await makeWorkspace(t);
    await writeFile(join(context.workspace, 'ca.pem'), 'PEM');
    const problems = await problemsOf(context, { 'ca-file': 'ca.pem', 'plain-http': 'true' });
    assert.match(problems.join(), /^INPUT_CONFLICT \| ca-file: has no use with plain-http/u);
  });

  test('a link out of the workspace, wherever it stands', async (t) => {
    const context = await makeWorkspace(t);
    const outside = await makeTempDir(t);
    await mkdir(join(outside, 'web'));
    await symlink(outside, join(context.workspace, 'link'));
    for (const path of ['link', 'link/web']) {
      assert.match((await problemsOf(context, { path })).join(), /path: .*leads out of the workspace/u);
    }
  });

  test('all problems in one go', async (t) => {
    const names = [
      'repository',
      'path',
      'tags',
      'annotations',
      'source',
      'revision',
      'created',
      'signing-key',
    ];
    const problems = await problemsOf(await makeWorkspace(t), {
      repository: '',
      path: '..',
      tags: '!',
      annotations: '=',
      source: 'a\nb',
      revision: 'a\nb',
      created: 'x',
      'signing-key': 'x',
      'ca-file': 'x',
      'plain-http': 'x',
      'dry-run': 'x',
      summary: 'x',
    });
    const found = new Set(problems.map((problem) => /\| ([a-z-]+): /u.exec(problem)?.[1]));
    assert.deepEqual(found, new Set([...names, 'ca-file', 'plain-http', 'dry-run', 'summary']));
  });
});

suite('secrets', () => {
  test('the key, its lines and the password are masked before anything is said', async (t) => {
    const { host, log } = makeHost({ ...valid, 'signing-key-password': ' pass word ', repository: '' });
    await assert.rejects(readInputs(host, await makeWorkspace(t)), FailuresError);
    const masks = log.filter((entry) => entry.startsWith('mask '));
    assert.equal(log.length, masks.length);
    const body = key.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
    for (const secret of [key.trim(), ...body, ' pass word ']) assert.ok(masks.includes(`mask ${secret}`));
    assert.ok(
      !masks.some((mask) => mask.startsWith('mask -----BEGIN PRIVATE KEY-----') && !mask.includes('\n')),
    );
  });

  test('no problem quotes a key or a password', async (t) => {
    const secret = 'abcdefgh-secret-text';
    const problems = await problemsOf(await makeWorkspace(t), {
      'signing-key': `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`,
      'signing-key-password': secret,
    });
    assert.match(problems.join('\n'), /KEY_INVALID/u);
    assert.ok(!problems.join('\n').includes(secret));
  });
});
