// `sealift init`: what it writes is right for the command itself, and nothing that is there is touched.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { sealift, type Finished } from '../helpers/cli.ts';
import { makeTempDir } from '../helpers/temp.ts';

const root = join(import.meta.dirname, '../..');
const repository = 'oci://registry.example.com/config/shop';

async function prepare(t: TestContext): Promise<(...args: readonly string[]) => Promise<Finished>> {
  const cwd = await makeTempDir(t);
  const run = (...args: readonly string[]): Promise<Finished> => sealift(args, { cwd });
  for (const prefix of ['ci', 'release']) await run('keygen', '--output-key-prefix', join(cwd, prefix));
  return (...args) =>
    run('init', cwd, '--verify-key', 'ci.pub', '--promotion-key', 'release.pub', '-o', 'json', ...args);
}

suite('sealift init', () => {
  test('writes a workflow, a policy and a Delivery that are right', async (t) => {
    const init = await prepare(t);
    const { code, stdout, stderr } = await init('--repository', repository, '-n', 'shop-delivery');
    assert.equal(code, 0, stderr);
    const { folder, files } = JSON.parse(stdout);
    assert.deepEqual(files, [
      '.github/workflows/sealift.yml',
      'sealift/trust-policy.yaml',
      'sealift/delivery.yaml',
    ]);
    const crds = join(root, 'puller/deploy/crds.yaml');
    const checked = await sealift(['check', 'sealift', '--crds', crds, '--strict-kinds'], { cwd: folder });
    assert.equal(checked.code, 0, checked.stderr);
    const policy = parse(await readFile(join(folder, 'sealift/trust-policy.yaml'), 'utf8'));
    assert.deepEqual(policy.spec.match, [{ url: repository, namespaces: ['shop-delivery'] }]);
    assert.equal(policy.spec.authorities[0].key.data, await readFile(join(folder, 'ci.pub'), 'utf8'));
    assert.equal(policy.spec.authorities[1].key.data, await readFile(join(folder, 'release.pub'), 'utf8'));
  });

  test('the workflow may read the repository alone, and gives the action inputs that it has', async (t) => {
    const init = await prepare(t);
    const { stdout } = await init('--repository', repository);
    const { folder } = JSON.parse(stdout);
    const workflow = parse(await readFile(join(folder, '.github/workflows/sealift.yml'), 'utf8'));
    assert.deepEqual(Object.keys(workflow.on), ['push', 'pull_request']);
    assert.deepEqual(workflow.permissions, {});
    assert.deepEqual(workflow.jobs.publish.permissions, { contents: 'read' });
    const { inputs } = parse(await readFile(join(root, 'action.yml'), 'utf8'));
    const given = Object.keys(workflow.jobs.publish.steps.at(-1).with);
    assert.ok(given.length > 3);
    const required = Object.keys(inputs).filter((name) => inputs[name].required === true);
    assert.deepEqual(
      required.filter((name) => !given.includes(name)),
      [],
    );
    // Every other action is pinned, and what a fork may run sees no secret.
    const steps: readonly { uses: string; with: Readonly<Record<string, string>> }[] =
      workflow.jobs.publish.steps;
    for (const { uses } of steps.slice(0, -1)) assert.match(uses, /@[0-9a-f]{40}$/u);
    for (const text of steps
      .flatMap((step) => Object.values(step.with))
      .filter((one) => /secrets\./u.test(one)))
      assert.match(text, /^\$\{\{ github\.event_name == 'push' && secrets\.\w+ \|\| '' \}\}$/u);
    assert.deepEqual(
      given.filter((name) => !Object.hasOwn(inputs, name)),
      [],
    );
  });

  test('says what is to be done next', async (t) => {
    const init = await prepare(t);
    const owned = await init('--repository', repository, '--action', `org/sealift@${'a'.repeat(40)}`);
    assert.doesNotMatch(owned.stderr, /OWNER/u);
    assert.match(owned.stderr, /^next: .*SEALIFT_KEY_PASSWORD$/mu);
    assert.match(owned.stderr, /^next: render the manifests into .*deploy: nothing is there yet$/mu);
    const { folder } = JSON.parse(owned.stdout);
    const workflow = await readFile(join(folder, '.github/workflows/sealift.yml'), 'utf8');
    assert.match(workflow, /^ {6}- uses: org\/sealift@a{40}$/mu);
    const other = await prepare(t);
    const unowned = await other('--repository', repository);
    assert.match(unowned.stderr, /^next: put the owner of the action in place of OWNER in the workflow$/mu);
  });

  test('overwrites nothing, and leaves nothing behind', async (t) => {
    const cwd = await makeTempDir(t);
    const init = await prepare(t);
    const first = JSON.parse((await init('--repository', repository)).stdout);
    const again = await init('--repository', `${repository}2`);
    assert.equal(again.code, 3);
    await mkdir(join(cwd, 'sealift'));
    await writeFile(join(cwd, 'sealift/delivery.yaml'), 'mine');
    const keys = [
      '--verify-key',
      join(first.folder, 'ci.pub'),
      '--promotion-key',
      join(first.folder, 'release.pub'),
    ];
    const { code, stderr } = await sealift(['init', cwd, '--repository', repository, ...keys], { cwd });
    assert.equal(code, 3);
    assert.match(stderr, /delivery\.yaml can not be written \(EEXIST\)\n {2}Nothing is overwritten/u);
    assert.deepEqual(await readdir(join(cwd, 'sealift')), ['delivery.yaml']);
    assert.equal(await readFile(join(cwd, 'sealift/delivery.yaml'), 'utf8'), 'mine');
    assert.deepEqual(await readdir(join(cwd, '.github/workflows')), []);
  });

  test('refuses what would not be valid before it writes', async (t) => {
    const init = await prepare(t);
    const wrong: readonly (readonly string[])[] = [
      ['--repository', `${repository}:1.0`],
      ['--repository', repository, '--name', 'Shop'],
      ['--repository', repository, '--path', '../deploy'],
      ['--repository', repository, '--path', '${{ github.token }}'],
      ['--repository', repository, '--path', 'sealift/app'],
      ['--repository', repository, '--action', 'sealift'],
      ['--repository', repository, '--verify-key', 'ci.key'],
      ['--repository', repository, '--verify-key', 'release.pub'],
    ];
    for (const args of wrong) {
      const { code, stdout } = await init(...args);
      assert.equal(code, 3, `${args.join(' ')}: ${stdout}`);
    }
  });
});
