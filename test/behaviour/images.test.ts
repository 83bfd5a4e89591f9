// sealift images against real registries: what objects name, what tags show, and newer tags put into marked files.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseReference } from '../../src/oci/reference.ts';
import { connectRegistries } from '../../src/registry/connect.ts';
import { pushManifest } from '../helpers/content-store-contract.ts';
import { sealift, type Finished } from '../helpers/cli.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';
import { makeRegistry } from '../unit/server/client.ts';

type Field = {
  readonly host: string;
  readonly cwd: string;
  /** Digests by tag of `org/web`. */
  readonly digests: ReadonlyMap<string, string>;
  run(...args: readonly string[]): Promise<Finished>;
};

const tags = ['1.0.0', '1.9.0', '1.10.0', '2.0.0', 'main-abc-100', 'main-fff-99', 'latest'];

async function makeField(t: TestContext, kind: 'ours' | 'docker'): Promise<Field> {
  const cwd = await makeTempDir(t);
  let host: string;
  if (kind === 'ours') ({ host } = (await makeRegistry(t)).registry);
  else {
    const registry = await startDockerRegistry(cwd);
    t.after(() => registry.stop());
    ({ host } = registry);
  }
  const connections = connectRegistries({ random: Math.random, now: Date.now });
  t.after(() => connections.close());
  const store = connections.open(parseReference(`${host}/org/web`));
  const digests = new Map<string, string>();
  for (const tag of tags) {
    const content = await pushManifest(store, tag);
    await store.tag(content, tag);
    digests.set(tag, content.descriptor.digest);
  }
  await mkdir(join(cwd, 'app'));
  return { host, cwd, digests, run: (...args) => sealift(args, { cwd }) };
}

function deployment(image: string, kind = 'apps/v1\nkind: Deployment', name = 'web'): string {
  return (
    `apiVersion: ${kind}\nmetadata: {name: ${name}}\nspec:\n` +
    `  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n` +
    `      containers:\n        - name: main\n          image:   ${image}\n`
  );
}

const policies = (host: string, policy: string, more = ''): string =>
  `apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\nmetadata: {name: web, namespace: apps}\n` +
  `spec: {image: ${host}/org/web, interval: 5m}\n---\n` +
  `apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\nmetadata: {name: web, namespace: apps}\n` +
  `spec:\n  imageRepositoryRef: {name: web}\n  policy: ${policy}\n${more}`;

for (const kind of ['ours', 'docker'] as const) {
  test(`images are listed with file and line, and resolved, registry: ${kind}`, async (t) => {
    const { host, cwd, digests, run } = await makeField(t, kind);
    const rollout = 'argoproj.io/v1alpha1\nkind: Rollout';
    await writeFile(join(cwd, 'app', 'a.yaml'), deployment(`${host}/org/web:1.9.0`));
    await writeFile(join(cwd, 'app', 'b.yaml'), deployment('old.example/org/web:2.0.0', rollout, 'roll'));
    const rewrite = ['--rewrite', `old.example=${host}`];
    const listed = await run('images', 'app', '--resolve', ...rewrite, '-o', 'json');
    assert.equal(listed.code, 0, listed.stderr);
    assert.deepEqual(JSON.parse(listed.stdout), {
      images: [
        {
          image: `${host}/org/web:1.9.0`,
          text: `${host}/org/web:1.9.0`,
          digest: digests.get('1.9.0'),
          object: 'Deployment.apps web',
          field: 'spec.template.spec.containers.0.image',
          file: 'a.yaml',
          line: 11,
        },
        {
          image: `${host}/org/web:2.0.0`,
          text: 'old.example/org/web:2.0.0',
          digest: digests.get('2.0.0'),
          object: 'Rollout.argoproj.io roll',
          field: 'spec.template.spec.containers.0.image',
          file: 'b.yaml',
          line: 11,
        },
      ],
    });
    await writeFile(join(cwd, 'app', 'c.yaml'), deployment(`${host}/org/web:absent`, undefined, 'lost'));
    const lost = await run('images', 'app', '--resolve', ...rewrite);
    assert.notEqual(lost.code, 0);
    assert.match(lost.stderr, /absent/u);
  });

  test(`newer tags are put in place by policy, registry: ${kind}`, async (t) => {
    const { host, cwd, digests, run } = await makeField(t, kind);
    const file = join(cwd, 'app', 'a.yaml');
    const text = (image: string): string => deployment(`${image} # {"$imagepolicy": "apps:web"}`);
    const before = `# kept   as it is\r\n${text(`${host}/org/web:1.0.0`)}`;
    await writeFile(file, before);
    await writeFile(join(cwd, 'app', 'template.yaml'), '{{ not yaml }}: [\n');
    await writeFile(join(cwd, 'policy.yml'), policies(host, '{semver: {range: 1.x}}'));
    const update = ['images', 'update', 'app', '--policy', 'policy.yml'];

    const dry = await run(...update, '--dry-run');
    assert.equal(dry.code, 0, dry.stderr);
    assert.equal(dry.stdout, `a.yaml:12  ${host}/org/web:1.0.0 -> ${host}/org/web:1.10.0\n`);
    assert.equal(await readFile(file, 'utf8'), before);

    const done = await run(...update, '-o', 'json');
    assert.equal(done.code, 0, done.stderr);
    const image = `${host}/org/web:1.10.0`;
    const change = {
      policy: 'apps/web',
      file: 'a.yaml',
      line: 12,
      before: `${host}/org/web:1.0.0`,
      after: image,
    };
    const chosen = [{ policy: 'apps/web', image }];
    assert.deepEqual(JSON.parse(done.stdout), { changes: [change], chosen, dryRun: false });
    assert.equal(await readFile(file, 'utf8'), before.replace(':1.0.0', ':1.10.0'));
    assert.equal((await run(...update)).stdout, '');

    const filter =
      '  digestReflectionPolicy: Always\n' +
      '  filterTags: {pattern: "^main-[a-f]+-(?P<n>[0-9]+)$", extract: $n}\n';
    await writeFile(join(cwd, 'policy.yml'), policies(host, '{numerical: {order: asc}}', filter));
    assert.equal((await run(...update)).code, 0);
    const pinned = `${host}/org/web:main-abc-100@${digests.get('main-abc-100')}`;
    assert.equal(await readFile(file, 'utf8'), `# kept   as it is\r\n${text(pinned)}`);
  });
}

test('one file that can not be edited leaves all as they are', async (t) => {
  const { host, cwd, run } = await makeField(t, 'ours');
  const good = deployment(`${host}/org/web:1.0.0 # {"$imagepolicy": "apps:web"}`);
  await writeFile(join(cwd, 'app', 'a.yaml'), good);
  await writeFile(join(cwd, 'app', 'b.yaml'), 'a: b # {"$imagepolicy": "apps:unknown"}\n');
  await writeFile(join(cwd, 'policy.yml'), policies(host, '{semver: {range: 1.x}}'));
  const refused = await run('images', 'update', 'app', '--policy', 'policy.yml');
  assert.equal(refused.code, 4, refused.stderr);
  assert.match(refused.stderr, /b\.yaml:1:4/u);
  assert.equal(await readFile(join(cwd, 'app', 'a.yaml'), 'utf8'), good);
});

test('push locks images into the artifact, and the artifact shows its images', async (t) => {
  const { host, cwd, digests, run } = await makeField(t, 'ours');
  await writeFile(join(cwd, 'app', 'a.yaml'), deployment(`${host}/org/web:2.0.0`));
  assert.equal((await run('keygen', '--output-key-prefix', 'release')).code, 0);
  const to = (tag: string): readonly string[] => ['push', `oci://${host}/config/app:${tag}`, '-f', 'app'];
  const signed = ['--key', 'release.key', '--lock-images'];
  const pushed = await run(...to('1'), ...signed);
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.equal((await run(...to('2'), ...signed)).stdout, pushed.stdout);

  const location = `${host}/config/app:1`;
  assert.equal((await run('pull', location, 'out', '--verify-key', 'release.pub')).code, 0);
  assert.deepEqual(JSON.parse(await readFile(join(cwd, 'out', 'images.lock'), 'utf8')), {
    images: [{ digest: digests.get('2.0.0'), image: `${host}/org/web:2.0.0` }],
    version: 1,
  });
  const listed = await run('images', location);
  assert.equal(listed.stdout, `${host}/org/web:2.0.0  a.yaml:11  Deployment.apps web\n`);

  await writeFile(join(cwd, 'app', 'b.yaml'), deployment(`${host}/org/web:absent`, undefined, 'lost'));
  const refused = await run(...to('3'), ...signed);
  assert.notEqual(refused.code, 0);
  assert.doesNotMatch((await run('list', `${host}/config/app`)).stdout, /^3$/mu);
});

test('push puts images under other names by rule, in the artifact alone', async (t) => {
  const { host, cwd, digests, run } = await makeField(t, 'ours');
  const before =
    `${deployment(`"old.example/org/web:2.0.0"   # kept`).replace('main', 'main   # and this')}---\r\n` +
    `apiVersion: v1\r\nkind: Pod\r\nmetadata: {name: p}\r\nspec: {containers: [{name: a, image: nginx}, {name: b, image: 'other.example/x:1'}]}\r\n`;
  const json = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'q' },
    spec: { containers: [{ name: 'a', image: 'old.example/org/web:1.0.0' }] },
  };
  const files = { 'a.yaml': before, 'b.json': JSON.stringify(json) };
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, 'app', name), text);
  assert.equal((await run('keygen', '--output-key-prefix', 'release')).code, 0);
  const push = (...more: readonly string[]): Promise<Finished> =>
    run('push', `oci://${host}/config/app:1`, '-f', 'app', '--key', 'release.key', ...more);
  const rules = ['--rewrite', `old.example=${host}`, '--rewrite', `docker.io/library=${host}/hub`];
  const pushed = await push(...rules);
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.ok(
    pushed.stderr.startsWith(
      `rewrote a.yaml:11: old.example/org/web:2.0.0 -> ${host}/org/web:2.0.0\n` +
        `rewrote a.yaml:16: nginx -> ${host}/hub/nginx\n` +
        `rewrote b.json:1: old.example/org/web:1.0.0 -> ${host}/org/web:1.0.0\n`,
    ),
    pushed.stderr,
  );
  assert.equal((await run('pull', `${host}/config/app:1`, 'out', '--verify-key', 'release.pub')).code, 0);
  const after = (text: string): string =>
    text.replaceAll('old.example', host).replace('image: nginx', `image: ${host}/hub/nginx`);
  for (const [name, text] of Object.entries(files)) {
    assert.equal(await readFile(join(cwd, 'out', name), 'utf8'), after(text));
    assert.equal(await readFile(join(cwd, 'app', name), 'utf8'), text);
  }
  const locked = await run(
    'push',
    `oci://${host}/config/app:2`,
    '-f',
    'app/b.json',
    '--key',
    'release.key',
    ...rules,
    '--lock-images',
    '-o',
    'json',
  );
  assert.equal(JSON.parse(locked.stdout).images, 1, locked.stderr);
  assert.equal((await run('pull', `${host}/config/app:2`, 'out2', '--verify-key', 'release.pub')).code, 0);
  const lock: unknown = JSON.parse(await readFile(join(cwd, 'out2', 'images.lock'), 'utf8'));
  assert.deepEqual(lock, {
    images: [{ digest: digests.get('1.0.0'), image: `${host}/org/web:1.0.0` }],
    version: 1,
  });

  // An image that is behind an alias, or written with escapes, can not be edited alone.
  await writeFile(
    join(cwd, 'app', 'c.yaml'),
    deployment('"old.example\\x2forg/web:1"', undefined, 'escaped'),
  );
  const escaped = await push(...rules);
  assert.equal(escaped.code, 4);
  assert.match(escaped.stderr, /RESOURCE_INVALID: c\.yaml:11:\d+: a text that is replaced/u);
});

test('push validates before it sends anything, unless it is told not to', async (t) => {
  const { host, cwd, run } = await makeField(t, 'ours');
  await writeFile(join(cwd, 'app', 'a.yaml'), deployment('nginx').replace('selector', 'selectors'));
  assert.equal((await run('keygen', '--output-key-prefix', 'release')).code, 0);
  const push = ['push', `oci://${host}/config/app:1`, '-f', 'app', '--key', 'release.key'];
  const [refused, checked] = [await run(...push), await run('check', 'app')];
  assert.equal(refused.code, 4);
  const words = 'FIELD_UNKNOWN: a.yaml:5:3: spec.selectors: no such field; is it selector?';
  assert.ok(refused.stderr.includes(words), refused.stderr);
  assert.ok(refused.stderr.endsWith(checked.stderr), 'one verdict');
  assert.doesNotMatch((await run('list', `${host}/config/app`)).stdout, /^1$/mu);
  const lax = await run(...push, '--no-validate');
  assert.equal(lax.code, 0, lax.stderr);
});
