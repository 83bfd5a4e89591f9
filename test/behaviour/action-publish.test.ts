// The publish action as the runner starts it: its bundle in a process with a clean environment, against the embedded
// registry.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import { fetchArtifact } from '../../src/artifact/artifact.ts';
import type { ContentStore } from '../../src/oci/content-store.ts';
import { verifyArtifact } from '../../src/operations/verify.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { createTransport } from '../../src/registry/transport.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { generateKeyPair, parseVerifyKey } from '../../src/signing/keys.ts';
import { buildDist } from '../../tools/build.ts';
import { readDefaults } from '../helpers/action-defaults.ts';
import { makeTempDir } from '../helpers/temp.ts';

const commit = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';
const password = 'correct horse battery';
const key = await generateKeyPair(password);
const givenNothing = await readDefaults();
const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: shop\n';

let dist = '';
before(async () => {
  dist = await mkdtemp(join(tmpdir(), 'sealift-test-'));
  await buildDist(dist, ['publish.js']);
});
after(() => rm(dist, { recursive: true, force: true }));

type Result = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: ReadonlyMap<string, string>;
  readonly summary: string;
  /** Everything that was said or written, without the commands that mask. */
  readonly everything: string;
};

type Setup = {
  readonly workspace: string;
  readonly registry: string;
  readonly store: ContentStore;
  run(inputs?: Readonly<Record<string, string>>, env?: Readonly<Record<string, string>>): Promise<Result>;
};

/** A workspace with one object and a registry; `run` is one step of a workflow. */
async function makeSetup(t: TestContext): Promise<Setup> {
  const folder = await makeTempDir(t);
  const workspace = join(folder, 'workspace');
  await mkdir(join(workspace, 'deploy/base'), { recursive: true });
  await writeFile(join(workspace, 'deploy/base/settings.yaml'), manifest);
  const server = await startRegistry({ directory: join(folder, 'registry') });
  const transport = createTransport();
  t.after(async () => {
    transport.close();
    await server.close();
  });
  const reference = { registry: server.host, repository: 'config/app' };
  let runs = 0;
  return {
    workspace,
    registry: server.host,
    store: openRepository({ send: transport.send, reference }),
    run: async (inputs = {}, env = {}) => {
      runs += 1;
      const temp = join(folder, `run-${runs}`);
      await mkdir(temp);
      const given = { ...defaults(server.host), ...inputs };
      return runStep(temp, { ...runnerEnv(workspace, temp), ...inputEnv(given), ...env });
    },
  };
}

function defaults(registry: string): Record<string, string> {
  return {
    ...givenNothing,
    repository: `oci://${registry}/config/app`,
    path: 'deploy',
    created: 'none',
    'signing-key': key.privatePem,
    'signing-key-password': password,
  };
}

/** As the runner does it: hyphens stay, letters become capitals. */
function inputEnv(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
}

function runnerEnv(workspace: string, temp: string): Record<string, string> {
  return {
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: join(temp, 'output'),
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: 'org/app',
    GITHUB_SERVER_URL: 'https://github.example',
    GITHUB_SHA: commit,
    GITHUB_STEP_SUMMARY: join(temp, 'summary'),
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: temp,
    TMPDIR: temp,
  };
}

async function runStep(temp: string, env: Readonly<Record<string, string>>): Promise<Result> {
  await writeFile(join(temp, 'output'), '');
  await writeFile(join(temp, 'summary'), '');
  const { code, stdout, stderr } = await new Promise<Pick<Result, 'code' | 'stdout' | 'stderr'>>(
    (resolve) => {
      execFile(process.execPath, [join(dist, 'publish.js')], { cwd: temp, env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
    },
  );
  const files = await Promise.all((await readdir(temp)).map((name) => readFile(join(temp, name), 'utf8')));
  const said = stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  return {
    code,
    stdout,
    stderr,
    outputs: parseOutputs(await readFile(join(temp, 'output'), 'utf8')),
    summary: await readFile(join(temp, 'summary'), 'utf8'),
    everything: [...said, stderr, ...files].join('\n'),
  };
}

function parseOutputs(text: string): Map<string, string> {
  const found = text.matchAll(/^(?<name>[\w-]+)<<(?<end>\S+)\n(?<value>[\s\S]*?)\n\k<end>$/gmu);
  return new Map([...found].map(({ groups }) => [groups?.['name'] ?? '', groups?.['value'] ?? '']));
}

function annotations({ stdout }: Result): string[] {
  return stdout.split('\n').filter((line) => line.startsWith('::error '));
}

/** Neither the key nor the password, whole or in lines, is anywhere but in the commands that mask them. */
function assertNoSecrets({ everything }: Result): void {
  const lines = key.privatePem.split('\n').filter((line) => line.length >= 8 && !line.startsWith('-----'));
  for (const secret of [...lines, password]) assert.ok(!everything.includes(secret), everything);
  assert.doesNotMatch(everything, /\n\s+at .*\(/u, 'no stack is shown');
}

suite('a run that publishes', () => {
  test('pushes, signs, verifies and tags; outputs and summary tell of it', async (t) => {
    const { run, store, registry } = await makeSetup(t);
    const result = await run({ tags: 'v1.2.3\nv1.2', annotations: 'team=shop' });
    assert.equal(result.code, 0, result.everything);
    const digest = result.outputs.get('digest') ?? '';
    const verifyKey = parseVerifyKey(key.publicPem);
    const authorities = [{ name: 'publisher', key: verifyKey }];
    assert.deepEqual(await verifyArtifact(store, { reference: 'v1.2.3', authorities }), {
      digest,
      matched: ['publisher'],
      formats: ['bundle'],
      signers: [{ kind: 'key', hint: verifyKey.hint }],
    });
    assert.deepEqual(
      (await store.tags()).filter((tag) => !tag.startsWith('sha256-')),
      ['v1.2', 'v1.2.3'],
    );
    assert.deepEqual(Object.fromEntries(result.outputs), {
      digest,
      repository: `${registry}/config/app`,
      ref: `${registry}/config/app@${digest}`,
      tag: 'v1.2.3',
      tags: 'v1.2.3\nv1.2',
      changed: 'true',
      signed: 'true',
      'signature-digest': result.outputs.get('signature-digest'),
      'bundle-path': result.outputs.get('bundle-path'),
      'certificate-identity': '',
      'certificate-oidc-issuer': '',
      'provenance-digest': result.outputs.get('provenance-digest'),
      resources: '1',
      images: '',
      size: result.outputs.get('size'),
      metadata: result.outputs.get('metadata'),
    });
    assert.match(result.outputs.get('signature-digest') ?? '', /^sha256:[0-9a-f]{64}$/u);
    assert.match(result.summary, /^### Published app @ v1\.2\.3\n/u);
    assert.match(result.summary, new RegExp(`/commit/${commit}"`, 'u'));
    const published: unknown = JSON.parse(Buffer.from((await store.resolve(digest)).bytes).toString('utf8'));
    assert.partialDeepStrictEqual(published, {
      annotations: {
        'org.opencontainers.image.revision': `main@sha1:${commit}`,
        'org.opencontainers.image.source': 'https://github.example/org/app',
        team: 'shop',
      },
    });
    assertNoSecrets(result);
  });

  test('masks first of all', async (t) => {
    const { run } = await makeSetup(t);
    const { stdout } = await run();
    const lines = stdout.split('\n').filter((line) => line !== '');
    const firstWord = lines.findIndex((line) => !line.startsWith('::add-mask::'));
    assert.ok(lines.slice(0, firstWord).includes(`::add-mask::${password}`));
    assert.ok(lines.slice(firstWord).every((line) => !line.startsWith('::add-mask::')));
  });

  test('again changes nothing', async (t) => {
    const { run, store } = await makeSetup(t);
    const first = await run();
    const tags = await store.tags();
    const second = await run();
    assert.equal(second.code, 0, second.everything);
    assert.deepEqual([first.outputs.get('changed'), second.outputs.get('changed')], ['true', 'false']);
    for (const name of ['digest', 'signature-digest', 'tag', 'size']) {
      assert.equal(second.outputs.get(name), first.outputs.get(name), name);
    }
    assert.equal(first.outputs.get('tag'), `sha-${commit.slice(0, 12)}`);
    assert.match(second.summary, /Nothing has changed/u);
    assert.deepEqual(await store.tags(), tags);
  });

  test('dry tells the digest of the real one and talks to nobody', async (t) => {
    const { run, registry } = await makeSetup(t);
    const dry = await run({ 'dry-run': 'true', 'signing-key': '', 'signing-key-password': '' });
    assert.equal(dry.code, 0, dry.everything);
    assert.deepEqual([dry.outputs.get('changed'), dry.outputs.get('signature-digest')], ['false', '']);
    assert.match(dry.summary, /^### Dry run of app/u);
    const listed = await fetch(`http://${registry}/v2/config/app/tags/list`);
    assert.equal(listed.status, 404);
    assert.equal((await run()).outputs.get('digest'), dry.outputs.get('digest'));
  });

  test('without a summary writes none', async (t) => {
    const { run } = await makeSetup(t);
    const { code, summary } = await run({ summary: 'false' });
    assert.deepEqual([code, summary], [0, '']);
  });

  test('locks images to the digests that registries tell, under the names that rules give them', async (t) => {
    const { run, workspace, registry, store } = await makeSetup(t);
    const image = await run();
    const pod = (name: string): string =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: '${name}/config/app:${image.outputs.get('tag') ?? ''}'}]}\n`;
    await writeFile(join(workspace, 'deploy/pod.yaml'), pod('old.example'));
    const inputs = { tags: '2', 'lock-images': 'true', 'rewrite-images': `old.example=${registry}` };
    const result = await run(inputs);
    assert.equal(result.code, 0, result.everything);
    assert.equal(result.outputs.get('images'), '1');
    assert.match(result.stdout, /^rewrote pod\.yaml:4: old\.example\/config\/app:sha-\w+ -> 127\.0\.0\.1/mu);
    assert.match(result.summary, /^\| Images \| 1 locked \|$/mu);
    const files = await fetchArtifact(store, await store.resolve('2'));
    const textOf = (name: string): string =>
      Buffer.from(files.find(({ path }) => path === name)?.bytes ?? '').toString('utf8');
    assert.equal(textOf('pod.yaml'), pod(registry));
    assert.ok(textOf('images.lock').includes(image.outputs.get('digest') ?? 'none'));
    assert.equal(await readFile(join(workspace, 'deploy/pod.yaml'), 'utf8'), pod('old.example'));
  });

  test('is not failed by a summary that can not be written', async (t) => {
    const { run } = await makeSetup(t);
    const result = await run({}, { GITHUB_STEP_SUMMARY: '' });
    assert.equal(result.code, 0, result.everything);
    assert.match(result.stdout, /^::warning title=Job summary::the job summary could not be written/mu);
  });
});

suite('what is published', () => {
  test('lacks what is excluded', async (t) => {
    const { run, workspace } = await makeSetup(t);
    await writeFile(join(workspace, 'deploy/notes.yaml'), 'no object: {}\n');
    await writeFile(join(workspace, 'deploy/.sealiftignore'), '!notes.yaml\n');
    const result = await run({ exclude: 'notes.yaml\n' });
    assert.equal(result.code, 0, result.everything);
    assert.equal(result.outputs.get('resources'), '1');
    assert.match(result.stdout, /^left out notes\.yaml \(ignored by exclude:1\)$/mu);
  });

  test('has a Secret in plain text only where that is allowed', async (t) => {
    const { run, workspace, store } = await makeSetup(t);
    const secret =
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: login\n  namespace: shop\nstringData:\n  word: hush\n';
    await writeFile(join(workspace, 'deploy/secret.yaml'), secret);
    const denied = await run();
    assert.equal(denied.code, 1);
    const shown =
      /^::error title=Secret is not encrypted \(SECRET_PLAINTEXT\),file=deploy\/secret\.yaml,line=7,/u;
    assert.match(annotations(denied).join('\n'), shown);
    assert.deepEqual(await store.tags(), []);
    const warned = await run({ secrets: 'warn' });
    assert.equal(warned.code, 0, warned.everything);
    const warnings = warned.stdout.split('\n').filter((line) => line.startsWith('::warning '));
    assert.deepEqual(
      warnings.map((line) => shown.test(line.replace('::warning', '::error'))),
      [true],
    );
    assert.ok(!warned.everything.includes('hush'));
    const allowed = await run({ secrets: 'allow' });
    assert.equal(allowed.code, 0, allowed.everything);
    assert.doesNotMatch(allowed.stdout, /^::warning/mu);
    const dry = await run({ secrets: 'warn', 'dry-run': 'true' });
    assert.match(dry.stdout, /^::warning title=Secret/mu);
  });
});

suite('a run that is refused', () => {
  test('problems of files stand on their lines, relative to the workspace', async (t) => {
    const { run, workspace, store } = await makeSetup(t);
    await writeFile(join(workspace, 'deploy/bad.yaml'), 'apiVersion: v1\nkind: [unclosed\n');
    await writeFile(join(workspace, 'deploy/base/more.yaml'), 'apiVersion: v1\nkind: Secret\n');
    const result = await run();
    assert.equal(result.code, 1);
    const shown = annotations(result).join('\n');
    assert.match(
      shown,
      /^::error title=YAML is not valid \(YAML_INVALID\),file=deploy\/bad\.yaml,line=\d+,col=\d+::/mu,
    );
    assert.match(shown, /RESOURCE_INVALID\),file=deploy\/base\/more\.yaml,line=\d+,col=\d+::.*metadata/mu);
    assert.match(result.summary, /^### Nothing was published\n/u);
    assert.equal(result.outputs.size, 0);
    assert.deepEqual(await store.tags(), []);
    assertNoSecrets(result);
  });

  test('objects that do not fit stand on their lines, and nothing is pushed', async (t) => {
    const { run, workspace, store } = await makeSetup(t);
    await writeFile(
      join(workspace, 'deploy/base/bad.yaml'),
      manifest.replace('name: settings', 'name: Settings'),
    );
    for (const inputs of [{}, { 'dry-run': 'true' }]) {
      const result = await run(inputs);
      assert.equal(result.code, 1);
      assert.match(
        annotations(result).join('\n'),
        /^::error title=[^:]*\(FIELD_INVALID\),file=deploy\/base\/bad\.yaml,line=4,col=3::.*metadata\.name: expected a DNS name/mu,
      );
    }
    assert.deepEqual(await store.tags(), []);
    const lax = await run({ validate: 'false' });
    assert.equal(lax.code, 0, lax.everything);
  });

  test('all problems of inputs are named together', async (t) => {
    const { run } = await makeSetup(t);
    const result = await run({
      repository: 'oci://h/Org/App',
      path: '',
      tags: '!',
      created: 'soon',
      'signing-key': '',
      summary: 'maybe',
    });
    assert.equal(result.code, 1);
    const shown = annotations(result);
    for (const name of ['repository', 'path', 'tags', 'created', 'signing-key', 'summary']) {
      assert.equal(shown.filter((line) => line.includes(`::${name}: `)).length, 1, name);
    }
    assert.equal(shown.length, 6);
    assert.match(shown.join(), /Use lower case: org\/app\./u);
  });

  test('a taken tag stays where it is', async (t) => {
    const { run, store, workspace } = await makeSetup(t);
    const first = await run({ tags: 'v1' });
    await writeFile(join(workspace, 'deploy/base/settings.yaml'), `${manifest}data: {a: b}\n`);
    const second = await run({ tags: 'v2\nv1' });
    assert.equal(second.code, 1);
    assert.match(
      annotations(second).join('\n'),
      /^::error title=Tag is taken \(TAG_EXISTS\)::tag v1 shows sha256:/mu,
    );
    const shown = await store.resolve('v1');
    assert.equal(shown.descriptor.digest, first.outputs.get('digest'));
    assert.ok(!(await store.tags()).includes('v2'));
  });

  test('a path outside of the workspace, by name or by link', async (t) => {
    const { run, workspace } = await makeSetup(t);
    await mkdir(join(workspace, '../outside'));
    await writeFile(join(workspace, '../outside/x.yaml'), manifest);
    await symlink('../outside', join(workspace, 'link'));
    for (const path of ['../outside', 'link', 'link/x.yaml', join(workspace, '../outside')]) {
      const result = await run({ path });
      assert.equal(result.code, 1, path);
      assert.match(annotations(result).join('\n'), /::path: .* leads out of the workspace/u);
    }
  });

  test('a wrong password of the key', async (t) => {
    const { run } = await makeSetup(t);
    const result = await run({ 'signing-key-password': 'another' });
    assert.equal(result.code, 1);
    assert.match(
      annotations(result).join('\n'),
      /\(KEY_PASSWORD_WRONG\)::signing-key: .*signing-key-password/u,
    );
    assertNoSecrets(result);
  });

  test('a registry that is down', async (t) => {
    const { run } = await makeSetup(t);
    const closed = await startRegistry({ directory: await makeTempDir(t) });
    await closed.close();
    const result = await run({ repository: `oci://${closed.host}/config/app` });
    assert.equal(result.code, 1);
    assert.match(annotations(result).join('\n'), /\(REGISTRY_NETWORK\)::GET http:\/\/127.*ECONNREFUSED/u);
    assertNoSecrets(result);
  });

  test('a step outside of a workflow', async (t) => {
    const temp = await makeTempDir(t);
    const { code, stdout, stderr } = await runStep(temp, {});
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^::error title=Input is missing \(INPUT_MISSING\)::environment variable GITHUB_WORKSPACE/u,
    );
    assert.equal(stderr, '');
  });
});
