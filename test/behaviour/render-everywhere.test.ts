// One chart and one kustomization through every program that reads files: push, check, images, diff and both actions see
// the same bytes, and what they were made with is signed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import { packArtifact } from '../../src/artifact/pack.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { buildDist } from '../../tools/build.ts';
import { readDefaults } from '../helpers/action-defaults.ts';
import { lastLine, sealift, type Finished } from '../helpers/cli.ts';
import { makeCheckout, pathOf, render } from '../helpers/render.ts';
import { makeTempDir } from '../helpers/temp.ts';

const PATH = await pathOf('kustomize', 'helm');

let dist = '';
before(async () => {
  dist = await mkdtemp(join(tmpdir(), 'sealift-test-'));
  await buildDist(dist, ['publish.js', 'diff.js']);
});
after(() => rm(dist, { recursive: true, force: true }));

const pod = (name: string, image: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec:\n  containers:\n    - name: main\n      image: ${image}\n`;

const files = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
  'chart/values.yaml': 'tag: 1.0.0\n',
  'chart/templates/web.yaml': pod('{{ .Release.Name }}', 'registry.example.com/web:{{ .Values.tag }}'),
  'prod.yaml': 'tag: 1.4.2\n',
  'site/kustomization.yaml':
    'resources: [web.yaml]\nimages: [{ name: registry.example.com/web, newTag: 1.4.2 }]\n',
  'site/web.yaml': pod('web', 'registry.example.com/web:1.0.0'),
  'broken/Chart.yaml': 'apiVersion: v2\nname: broken\nversion: 1.0.0\n',
  'broken/templates/web.yaml': `# one\n# two\n${pod('web', 'x').replace('image', 'imgae')}`,
  'fetching/kustomization.yaml': 'resources:\n  - https://example.com/base.yaml\n',
  'hooked/Chart.yaml': 'apiVersion: v2\nname: hooked\nversion: 1.0.0\n',
  'hooked/templates/web.yaml': `${pod('web', 'x')}---\n${pod('job', 'x').replace('name: job', 'name: job, annotations: { "helm.sh/hook": pre-install }')}`,
};

const chartFlags = ['--values', 'prod.yaml', '--release-name', 'web', '--kube-version', '1.31.0'];

type Field = {
  readonly folder: string;
  readonly host: string;
  cli(...args: readonly string[]): Promise<Finished>;
  action(
    name: 'publish' | 'diff',
    inputs: Readonly<Record<string, string>>,
  ): Promise<{
    readonly code: number;
    readonly stdout: string;
    readonly outputs: string;
    readonly summary: string;
  }>;
};

async function makeField(t: TestContext): Promise<Field> {
  const folder = await makeCheckout(t, files);
  const server = await startRegistry({ directory: await makeTempDir(t) });
  t.after(() => server.close());
  const cli: Field['cli'] = (...args) => sealift(args, { cwd: folder, env: { PATH } });
  await cli('keygen', '--output-key-prefix', 'release');
  return {
    folder,
    host: server.host,
    cli,
    action: async (name, inputs) => {
      const temp = await makeTempDir(t);
      await mkdir(join(temp, 'run'));
      for (const file of ['output', 'summary']) await writeFile(join(temp, file), '');
      const own: Readonly<Record<string, string>> =
        name === 'publish'
          ? { ...(await readDefaults()), tags: '1.0.0', 'dry-run': 'true' }
          : { ...(await readDefaults(name)), comment: 'false' };
      const given = { ...own, repository: `oci://${server.host}/config/app`, ...inputs };
      const env = {
        PATH,
        GITHUB_OUTPUT: join(temp, 'output'),
        GITHUB_REPOSITORY: 'org/app',
        GITHUB_STEP_SUMMARY: join(temp, 'summary'),
        GITHUB_WORKSPACE: folder,
        RUNNER_TEMP: temp,
        ...Object.fromEntries(
          Object.entries(given).map(([key, value]) => [`INPUT_${key.toUpperCase()}`, value]),
        ),
      };
      const { code, stdout } = await new Promise<{ code: number; stdout: string }>((resolve) => {
        execFile(process.execPath, [join(dist, `${name}.js`)], { cwd: temp, env }, (error, out, err) =>
          resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout: `${out}${err}` }),
        );
      });
      return {
        code,
        stdout,
        outputs: await readFile(join(temp, 'output'), 'utf8'),
        summary: await readFile(join(temp, 'summary'), 'utf8'),
      };
    },
  };
}

suite('the same bytes everywhere', () => {
  const cases = [
    {
      path: 'chart',
      flags: chartFlags,
      inputs: { values: 'prod.yaml', 'release-name': 'web', 'kube-version': '1.31.0' },
      options: { values: ['prod.yaml'], releaseName: 'web', kubeVersion: '1.31.0' },
      tool: 'helm v3.22.0',
    },
    { path: 'site', flags: [], inputs: {}, options: {}, tool: 'kustomize v5.8.1' },
  ] as const;
  for (const { path, flags, inputs, options, tool } of cases) {
    test(`of ${path}`, async (t) => {
      const { folder, host, cli, action } = await makeField(t);
      const reference = `${host}/config/app:production`;
      const values = 'values' in options ? options.values.map((file) => join(folder, file)) : [];
      const rendered = await render(join(folder, path), { ...options, values });
      const { digest } = packArtifact(rendered?.files ?? [], {}).manifest.descriptor;

      const pushed = await cli('push', `oci://${reference}`, '-f', path, ...flags, '--key', 'release.key');
      assert.equal(pushed.code, 0, pushed.stderr);
      assert.equal(lastLine(pushed.stdout), digest);
      assert.match(pushed.stderr, new RegExp(`rendered with ${tool}`, 'u'));

      const images = await cli('images', path, ...flags);
      assert.match(images.stdout, /^registry\.example\.com\/web:1\.4\.2 {2}\S+\.yaml:\d+ {2}Pod web$/mu);
      const checked = await cli('check', path, ...flags);
      assert.match(checked.stdout, /^1 of 1 objects fit/u);
      const diff = await cli('diff', reference, '-f', path, ...flags, '--exit-code');
      assert.equal(diff.code, 0, diff.stdout + diff.stderr);

      const published = await action('publish', { path, ...inputs });
      assert.equal(published.code, 0, published.stdout);
      assert.ok(published.outputs.includes(digest));
      assert.match(published.summary, new RegExp(`Rendered with.*${tool}`, 'u'));
      const plan = await action('diff', { path, ...inputs });
      assert.equal(plan.code, 0, plan.stdout);
      assert.match(plan.outputs, /^changed<<\S+\nfalse$/mu);
    });
  }

  test('and without its values a chart is another one', async (t) => {
    const { host, cli } = await makeField(t);
    const reference = `${host}/config/app:production`;
    await cli('push', `oci://${reference}`, '-f', 'chart', ...chartFlags, '--key', 'release.key');
    const diff = await cli('diff', reference, '-f', 'chart', '--exit-code');
    assert.equal(diff.code, 2);
    assert.match(diff.stdout, /^-.*image: "registry\.example\.com\/web:1\.4\.2"$/mu);
  });
});

suite('what is wrong', () => {
  test('has the code, the file and, where it is a source, the line', async (t) => {
    const { host, cli } = await makeField(t);
    const push = (path: string, ...more: readonly string[]): Promise<Finished> =>
      cli('push', `oci://${host}/config/app:1.0.0`, '-f', path, ...more, '--key', 'release.key');
    const fetching = await push('fetching');
    assert.equal(fetching.code, 4);
    assert.match(
      fetching.stderr,
      /^RENDER_REFUSED: kustomization\.yaml:2:5: https:\/\/example\.com\/base\.yaml/mu,
    );
    const hooked = await push('hooked');
    assert.equal(hooked.code, 4);
    assert.match(hooked.stderr, /error: HOOKS_REFUSED: .*: Pod job \(hook pre-install\)/u);
    const dropped = await push('hooked', '--drop-hooks');
    assert.match(dropped.stderr, /^left out Pod job \(hook pre-install\)$/mu);
    assert.equal(dropped.code, 0, dropped.stderr);
    assert.equal((await push('site', '--render', 'none')).code, 4);
    assert.equal((await push('site', '--render', 'helm')).code, 3);
    assert.equal((await push('site', '--render', 'x')).code, 3);
    assert.equal((await push('site', '--values', 'prod.yaml')).code, 3);
    assert.equal((await cli('images', `${host}/config/app:1.0.0`, '--drop-hooks')).code, 3);
    const missing = await sealift(['check', 'site'], {
      cwd: await makeCheckout(t, files),
      env: { PATH: '' },
    });
    assert.equal(missing.code, 3);
    assert.match(missing.stderr, /TOOL_MISSING/u);
    const checked = await cli('check', 'broken');
    assert.match(checked.stderr, /^FIELD_UNKNOWN: templates\/web\.yaml:\d+:\d+: .*imgae/mu);
  });

  test('is annotated where it stands: in the source, or in the template without a line', async (t) => {
    const { action } = await makeField(t);
    const fetching = await action('publish', { path: 'fetching' });
    assert.equal(fetching.code, 1);
    assert.match(
      fetching.stdout,
      /^::error title=[^,]*RENDER_REFUSED[^,]*,file=fetching\/kustomization\.yaml,line=2/mu,
    );
    const outside = await action('publish', { path: 'chart', values: '../x.yaml' });
    assert.match(outside.stdout, /values: .*leads out of the workspace/u);
    const wrong = await action('publish', { path: 'site', render: 'x' });
    assert.match(wrong.stdout, /render: is none of auto, none, kustomize, helm/u);
    const plan = await action('diff', { path: 'hooked' });
    assert.match(plan.stdout, /HOOKS_REFUSED/u);
  });
});

test('provenance says what was rendered, and with what', async (t) => {
  const { host, cli, folder } = await makeField(t);
  const args = [
    'push',
    `oci://${host}/config/app:1.0.0`,
    '-f',
    'chart',
    ...chartFlags,
    '--key',
    'release.key',
  ];
  const pushed = await cli(...args, '--provenance', '-o', 'json');
  assert.equal(pushed.code, 0, pushed.stderr);
  const result: unknown = JSON.parse(pushed.stdout);
  const parameters = { values: ['../prod.yaml'], releaseName: 'web', kubeVersion: '1.31.0' };
  assert.deepEqual((result as { rendering: unknown }).rendering, {
    tool: 'helm',
    version: 'v3.22.0',
    parameters,
  });
  const layout = await cli('copy', `${host}/config/app:1.0.0`, 'oci-layout:copy');
  assert.equal(layout.code, 0, layout.stderr);
  const predicate = await findPredicate(join(folder, 'copy'));
  assert.deepEqual(predicate.buildDefinition.externalParameters['rendering'], parameters);
  assert.deepEqual(predicate.buildDefinition.internalParameters, {
    files: 1,
    rendering: { tool: 'helm', version: 'v3.22.0' },
  });
  assert.deepEqual(predicate.runDetails.builder, {
    id: 'https://sealift.dev/cli',
    version: { helm: 'v3.22.0' },
  });
});

type Predicate = {
  readonly buildDefinition: {
    readonly externalParameters: Readonly<Record<string, unknown>>;
    readonly internalParameters: unknown;
  };
  readonly runDetails: { readonly builder: unknown };
};

/** The provenance among the blobs of a layout. */
async function findPredicate(layout: string): Promise<Predicate> {
  const folder = join(layout, 'blobs/sha256');
  for (const name of await readdir(folder)) {
    const text = await readFile(join(folder, name), 'utf8');
    if (!text.includes('"dsseEnvelope"')) continue;
    // Written by us just now.
    const { dsseEnvelope } = JSON.parse(text) as { dsseEnvelope: { payload: string } };
    const statement = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString('utf8')) as {
      predicateType: string;
      predicate: Predicate;
    };
    if (statement.predicateType.includes('provenance')) return statement.predicate;
  }
  return assert.fail('there is no provenance');
}
