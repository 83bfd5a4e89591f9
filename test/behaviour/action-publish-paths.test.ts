// publish of several paths and globs, as the runner starts it: what is in the artifact, and what is refused.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { fetchArtifact } from '../../src/artifact/artifact.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { createTransport } from '../../src/registry/transport.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { buildDist } from '../../tools/build.ts';
import { errorsOf, openWorkflow, type StepResult, type Values } from '../helpers/action-step.ts';

const cwd = await mkdtemp(join(tmpdir(), 'sealift-publish-paths-'));
const [registry] = await Promise.all([
  startRegistry({ directory: join(cwd, 'registry') }),
  buildDist(join(cwd, 'dist'), ['publish.js']),
]);
const transport = createTransport();
after(async () => {
  transport.close();
  await registry.close();
  await rm(cwd, { recursive: true, force: true });
});
const { workspace, step } = await openWorkflow(cwd, join(cwd, 'dist'));

for (const path of [
  'apps/web/prod/web.yaml',
  'apps/web/test/web.yaml',
  'apps/api/prod/api.yaml',
  'apps/api/prod/.hidden.yaml',
  'apps/api/prod/kept-out.yaml',
  'infra/base/dns.json',
  'infra/base/README.md',
  '.site/zone.yaml',
  'chart/Chart.yaml',
]) {
  const name = path.replaceAll(/[^a-z]+/gu, '-').replaceAll(/^-|-$/gu, '');
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
  await mkdir(dirname(join(workspace, path)), { recursive: true });
  await writeFile(join(workspace, path), path === 'chart/Chart.yaml' ? 'name: x\n' : JSON.stringify(object));
}
await writeFile(join(workspace, 'apps/api/.sealiftignore'), 'kept-out.yaml\n');
await mkdir(join(cwd, 'outside/prod'), { recursive: true });
await writeFile(join(cwd, 'outside/prod/secret.yaml'), '{}');
await symlink(join(cwd, 'outside'), join(workspace, 'apps/linked'));
await symlink('apps/web', join(workspace, 'web'));

let published = 0;

async function publish(path: string, inputs: Values = {}): Promise<StepResult & { readonly name: string }> {
  published += 1;
  const name = `app-${published}`;
  const repository = `oci://${registry.host}/${name}`;
  const given = { repository, path, tags: '1.0', created: 'none', sign: 'none', ...inputs };
  return { ...(await step('publish', given)), name };
}

/** Paths in the artifact of a run that must end well. */
async function filesOf(path: string, inputs: Values = {}): Promise<readonly string[]> {
  const { code, everything, name } = await publish(path, inputs);
  assert.equal(code, 0, everything);
  const reference = { registry: registry.host, repository: name };
  const store = openRepository({ send: transport.send, reference });
  return (await fetchArtifact(store, await store.resolve('1.0'))).map((file) => file.path);
}

suite('publish takes', { concurrency: 2 }, () => {
  test('several directories and files, below the folder that they share', async () => {
    assert.deepEqual(await filesOf('apps/web\ninfra/base/dns.json\n'), [
      'apps/web/prod/web.yaml',
      'apps/web/test/web.yaml',
      'infra/base/dns.json',
    ]);
    assert.deepEqual(await filesOf('apps/web/prod\napps/api/prod/api.yaml'), [
      'api/prod/api.yaml',
      'web/prod/web.yaml',
    ]);
  });

  test('globs: files, directories as a whole; neither links nor what is hidden or ignored', async () => {
    const prod = ['api/prod/api.yaml', 'web/prod/web.yaml'];
    assert.deepEqual(await filesOf('apps/*/prod'), prod);
    assert.deepEqual(await filesOf('apps/**/prod/*.yaml'), prod);
    assert.deepEqual(await filesOf('apps/???/prod/**'), prod);
    assert.deepEqual(await filesOf('apps/**', { exclude: '/web/test/' }), prod);
    assert.deepEqual(await filesOf('apps/*/prod\napps/web'), [...prod, 'web/test/web.yaml']);
  });

  test('a hidden folder that is written out, and a link inside of the workspace', async () => {
    assert.deepEqual(await filesOf('.site\nweb/prod'), ['.site/zone.yaml', 'apps/web/prod/web.yaml']);
  });

  test('the same bytes, however the same files are named', async () => {
    const digestOf = async (path: string): Promise<string | undefined> =>
      (await publish(path, { 'dry-run': 'true' })).outputs['digest'];
    const alone = await digestOf('apps/web');
    assert.match(alone ?? '', /^sha256:/u);
    assert.equal(await digestOf('apps/web/prod\napps/web/test'), alone);
    assert.equal(await digestOf('apps/web/*'), alone);
  });
});

suite('publish refuses', { concurrency: 2 }, () => {
  const table: readonly (readonly [string, string, Values, RegExp])[] = [
    [
      'a glob that finds nothing',
      'apps/web\napps/*/stage',
      {},
      /\(INPUT_INVALID\)::"apps\/\*\/stage" gives no file/u,
    ],
    [
      'a directory without a file',
      'infra/base/README.md\napps/web',
      {},
      /"infra\/base\/README\.md" gives no file/u,
    ],
    ['what is ignored', 'apps/web\napps/api/prod/kept-out.yaml', {}, /kept-out\.yaml" gives no file/u],
    ['what is not there', 'apps/web\nnowhere', {}, /\(FILE_UNREADABLE\)::path: .*ENOENT/u],
    ['a way out', 'apps/web\n../outside', {}, /path: .*leads out of the workspace/u],
    ['a way out before a wildcard', '../*', {}, /path: .*leads out of the workspace/u],
    ['a way out behind a wildcard', 'apps/*/../../../outside', {}, /path: .*has \\?".."/u],
    ['the root', '/*', {}, /path: .*leads out of the workspace/u],
    ['a link out', 'apps/web\napps/linked/prod', {}, /path: .*leads out of the workspace/u],
    ['a link out before a wildcard', 'apps/linked/*', {}, /path: .*leads out of the workspace/u],
    ['rendering', 'chart\napps/web', { render: 'helm' }, /\(INPUT_CONFLICT\)::render: helm has no use/u],
    ['values', 'apps/*', { values: 'infra/base/dns.json' }, /\(INPUT_CONFLICT\)::values without a chart/u],
    ['too many', Array.from({ length: 101 }, () => 'apps').join('\n'), {}, /path: has 101 lines/u],
  ];
  for (const [name, path, inputs, expected] of table) {
    test(name, async () => {
      const result = await publish(path, inputs);
      assert.equal(result.code, 1);
      assert.match(errorsOf(result).join('\n'), expected);
      assert.deepEqual(result.outputs, {});
    });
  }
});
