// The same files and annotations give the same bytes: by the action in a workflow of GitHub, and by the command with the
// variables of GitLab CI, of Azure Pipelines, and with none; whatever else there is about the machine.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startRegistry } from '../../src/server/registry.ts';
import { generateKeyPair } from '../../src/signing/keys.ts';
import { readDefaults } from '../helpers/action-defaults.ts';
import { runStep, stepCommit } from '../helpers/action-step.ts';
import { sealift } from '../helpers/cli.ts';

const key = await generateKeyPair('');
const folder = await mkdtemp(join(tmpdir(), 'sealift-same-'));
const server = await startRegistry({ directory: join(folder, 'registry') });
after(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const source = 'https://github.example/org/app';
const revision = `main@sha1:${stepCommit}`;

/** A checkout of its own, written in its own order, at its own time. */
async function makeCheckout(name: string, index: number): Promise<string> {
  const cwd = join(folder, name);
  const files: readonly (readonly [string, string])[] = [
    ['deploy/b.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n'],
    ['deploy/a/settings.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {key: "äö"}\n'],
    ['deploy/Z.json', '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"z"}}'],
  ];
  await mkdir(join(cwd, 'deploy/a'), { recursive: true });
  await writeFile(join(cwd, 'ci.key'), key.privatePem);
  for (const [path, text] of index % 2 === 0 ? files : files.toReversed()) {
    await writeFile(join(cwd, path), text, { mode: index % 2 === 0 ? 0o644 : 0o755 });
    await utimes(join(cwd, path), 1000 * index, 1000 * index);
  }
  return cwd;
}

const environments: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gitlab: {
    CI: 'true',
    GITLAB_CI: 'true',
    CI_COMMIT_SHA: 'decade'.padEnd(40, '0'),
    CI_COMMIT_REF_NAME: 'other',
    CI_COMMIT_TIMESTAMP: '2026-11-26T10:00:00+01:00',
    CI_PROJECT_URL: 'https://gitlab.example/acme/shop',
    CI_JOB_ID: '302',
    TZ: 'Asia/Tokyo',
    LANG: 'de_DE.UTF-8',
  },
  azure: {
    TF_BUILD: 'True',
    BUILD_BUILDID: '99',
    BUILD_SOURCEVERSION: 'facade'.padEnd(40, '0'),
    BUILD_REPOSITORY_URI: 'https://dev.azure.example/acme/shop',
    SYSTEM_COLLECTIONURI: 'https://dev.azure.example/acme/',
    TZ: 'America/New_York',
  },
  none: { SOURCE_DATE_EPOCH: '1' },
};

test('in every CI and by hand', async () => {
  const digests = new Map<string, string>();
  const workspace = await makeCheckout('github', 0);
  const action = await runStep({
    entry: join(import.meta.dirname, '../../action/publish/index.ts'),
    temp: join(folder, 'run'),
    workspace,
    inputs: {
      ...(await readDefaults()),
      repository: `oci://${server.host}/config/github`,
      path: 'deploy',
      tags: '1.0',
      annotations: 'team=shop',
      'signing-key': key.privatePem,
      provenance: 'false',
      summary: 'false',
    },
  });
  assert.equal(action.code, 0, action.everything);
  digests.set('github', action.outputs['digest'] ?? '');
  for (const [index, [name, env]] of Object.entries(environments).entries()) {
    const cwd = await makeCheckout(name, index + 1);
    const push = ['push', `oci://${server.host}/config/${name}:1.0`, '-f', 'deploy', '--key', 'ci.key'];
    const annotations = ['--source', source, '--revision', revision, '-a', 'team=shop'];
    const { code, stdout, stderr } = await sealift([...push, ...annotations], { cwd, env });
    assert.equal(code, 0, stderr);
    digests.set(name, stdout.trim());
  }
  assert.match(digests.get('none') ?? '', /^sha256:[0-9a-f]{64}$/u);
  assert.deepEqual([...new Set(digests.values())], [digests.get('none')], JSON.stringify([...digests]));
});
