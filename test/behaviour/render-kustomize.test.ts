// Kustomizations built by the real kustomize and kubectl; what would reach beyond the checkout is refused before either
// of them runs.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { FailuresError, InputError, RenderError } from '../../src/errors.ts';
import { buildKustomization, findKustomize } from '../../src/render/kustomize.ts';
import { withToolHome } from '../../src/render/tool.ts';
import { requireComponents } from '../components/locate.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { makeCheckout, pathOf, render, textsOf } from '../helpers/render.ts';
import { startService } from '../helpers/service.ts';
import { makeTempDir } from '../helpers/temp.ts';

const tools = await pathOf('kustomize', 'helm');
await pathOf('kubectl');

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: shop/web:1.0.0 }] }
`;

const overlays = {
  'base/kustomization.yaml':
    'resources: [web.yaml, rbac.yaml]\nconfigMapGenerator:\n  - name: settings\n    files: [greeting=hello.txt]\n    literals: [mode=plain]\n',
  'base/web.yaml': deployment,
  'base/rbac.yaml':
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: "shop:Reader" }\nrules: []\n',
  'base/hello.txt': 'hello\n',
  'components/wide/kustomization.yml':
    'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n  - path: replicas.yaml\n',
  'components/wide/replicas.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { replicas: 3 }\n',
  'overlays/prod/Kustomization':
    'namespace: shop\nnamePrefix: prod-\nresources: [../../base]\ncomponents: [../../components/wide]\nimages: [{ name: shop/web, newTag: 1.4.2 }]\ncommonAnnotations: { docs: "https://example.com/docs" }\n',
};

suite('a kustomization', () => {
  for (const tool of ['kustomize', 'kubectl'] as const) {
    test(`with overlays and components is built by ${tool}, the same each time`, async (t) => {
      const folder = await makeCheckout(t, overlays);
      const path = await pathOf(tool);
      const first = await render(join(folder, 'overlays/prod'), { path });
      const second = await render(join(folder, 'overlays/prod'), { path });
      assert.deepEqual(textsOf(first), textsOf(second));
      const texts = textsOf(first);
      const settings = Object.keys(texts).find((name) => name.includes('configmap')) ?? '';
      assert.match(settings, /^shop\/configmap_prod-settings-[a-z0-9]{10}\.yaml$/u);
      assert.deepEqual(
        Object.keys(texts).filter((name) => name !== settings),
        [
          'clusterrole.rbac.authorization.k8s.io_prod-shop%3a%52eader.yaml',
          'shop/deployment.apps_prod-web.yaml',
        ],
      );
      const web = texts['shop/deployment.apps_prod-web.yaml'] ?? '';
      assert.match(web, /image: shop\/web:1\.4\.2/u);
      assert.match(web, /replicas: 3/u);
      const { tool: name, version } = first?.rendering ?? {};
      if (tool === 'kustomize') assert.deepEqual([name, version], ['kustomize', 'v5.8.1']);
      else {
        assert.equal(name, 'kubectl kustomize');
        assert.match(version ?? '', /^v1\.36\.3 \(kustomize v5\.\d+\.\d+\)$/u);
      }
    });
  }

  test('gives the bytes that kustomize itself gives, document by document', async (t) => {
    const folder = await makeCheckout(t, overlays);
    const { kustomize } = await requireComponents(['kustomize']);
    const { stdout } = await promisify(execFile)(kustomize, ['build', join(folder, 'overlays/prod')]);
    const rendered = Object.values(textsOf(await render(join(folder, 'overlays/prod'))));
    assert.deepEqual(rendered.toSorted(), stdout.split('---\n').toSorted());
  });

  test('is not rendered where that is not wanted, and a plain directory needs no tool', async (t) => {
    const folder = await makeCheckout(t, {
      'web.yaml': deployment,
      'k/kustomization.yaml': 'resources: []\n',
    });
    const path = await makeTempDir(t);
    assert.equal(await render(folder, { path }), undefined);
    assert.equal(await render(join(folder, 'k'), { path, mode: 'none' }), undefined);
    await assertRejectsWithCode(render(folder, { mode: 'kustomize' }), InputError, 'INPUT_INVALID');
    const values = [join(folder, 'web.yaml')];
    await assertRejectsWithCode(render(join(folder, 'k'), { values }), InputError, 'INPUT_CONFLICT');
  });

  test('needs a tool', async (t) => {
    const folder = await makeCheckout(t, {
      'kustomization.yaml': 'resources: [web.yaml]\n',
      'web.yaml': deployment,
    });
    const path = await makeTempDir(t);
    const error = await assertRejectsWithCode(render(folder, { path }), RenderError, 'TOOL_MISSING');
    assert.match(error.message, /neither kustomize nor kubectl/u);
  });

  test('that is wrong fails with the words of kustomize', async (t) => {
    const patch =
      '- patch: "- {op: replace, path: /spec/none/deep, value: 1}"\n    target: { kind: Deployment }\n';
    const folder = await makeCheckout(t, {
      'kustomization.yaml': `resources: [web.yaml]\npatches:\n  ${patch}`,
      'web.yaml': deployment,
    });
    const error = await assertRejectsWithCode(render(folder), RenderError, 'RENDER_FAILED');
    assert.match(String(error.cause), /replace operation does not apply/u);
  });

  test('beside a chart is a question', async (t) => {
    const folder = await makeCheckout(t, {
      'kustomization.yaml': 'resources: []\n',
      'Chart.yaml': 'name: x\n',
    });
    await assertRejectsWithCode(render(folder), InputError, 'INPUT_CONFLICT');
  });
});

/** Renders one kustomization, which has to be refused; gives the problems. */
async function refused(
  t: TestContext,
  kustomization: string,
  more: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const folder = await makeCheckout(t, { 'kustomization.yaml': kustomization, ...more });
  try {
    await render(folder, { path: tools });
  } catch (error) {
    if (error instanceof FailuresError) return error.errors.map(({ code, message }) => `${code} ${message}`);
    if (error instanceof RenderError) return [`${error.code} ${error.message}`];
    throw error;
  }
  return assert.fail('it was rendered');
}

suite('nothing is fetched', () => {
  const remotes: readonly (readonly [field: string, text: string])[] = [
    ['a base by URL', 'resources:\n  - https://HOST/base.yaml\n'],
    ['a scheme in upper case', 'resources:\n  - HTTPS://HOST/base.yaml\n'],
    ['a base of git', 'resources:\n  - git::https://HOST/repo.git//base?ref=v1\n'],
    ['a base by ssh', 'bases:\n  - ssh://git@HOST/repo.git\n'],
    ["git's short form", 'resources:\n  - git@HOST:org/repo.git\n'],
    ['a repository by its host', 'resources:\n  - github.com/org/repo//base?ref=v1\n'],
    ['a component', 'components:\n  - https://HOST/repo//c?ref=v1\n'],
    ['a patch', 'patches:\n  - path: http://HOST/p.yaml\n'],
    ['a patch in the older field', 'patchesStrategicMerge:\n  - http://HOST/p.yaml\n'],
    ['a file of a generator', 'configMapGenerator:\n  - name: a\n    files: [k=http://HOST/secret]\n'],
    ['an env file', 'secretGenerator:\n  - name: a\n    envs: ["http://HOST/env"]\n'],
    ['crds', 'crds: ["http://HOST/crd.json"]\n'],
    ['a schema', 'openapi: { path: "http://HOST/schema.json" }\n'],
    ['configurations', 'configurations: ["http://HOST/c.yaml"]\n'],
    ['a replacement', 'replacements: [{ path: "http://HOST/r.yaml" }]\n'],
    ['a transformer', 'transformers: ["http://HOST/t.yaml"]\n'],
    [
      'a path in a transformer',
      'transformers:\n  - |-\n    apiVersion: builtin\n    kind: PatchTransformer\n    metadata: { name: p }\n    Path: http://HOST/p.yaml\n',
    ],
    ['a field in another case', 'Resources: ["http://HOST/base.yaml"]\n'],
    ['a member in another case', 'patches:\n  - Path: http://HOST/p.yaml\n'],
  ];
  for (const [what, text] of remotes) {
    test(`of ${what}`, async (t) => {
      const service = await startService(t, () => ({ body: deployment }));
      const host = new URL(service.url).host;
      const problems = await refused(t, text.replaceAll('HOST', host));
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^RENDER_REFUSED kustomization\.yaml:\d+:\d+: /u);
      assert.equal(service.asked.length, 0);
    });
  }

  test('though it is where the network is allowed', async (t) => {
    const service = await startService(t, () => ({ body: deployment }));
    const folder = await makeCheckout(t, {
      'kustomization.yaml': `resources: ["${service.url}/base.yaml"]\n`,
    });
    const rendered = await render(folder, { path: tools, allowNetwork: true });
    assert.deepEqual(Object.keys(textsOf(rendered)), ['deployment.apps_web.yaml']);
    assert.deepEqual(rendered?.rendering.parameters, { allowNetwork: true });
    assert.equal(service.asked.length, 2);
  });

  test('of charts', async (t) => {
    const [problem] = await refused(t, 'helmCharts:\n  - name: x\n    repo: https://charts.example.com\n');
    assert.match(problem ?? '', /^RENDER_REFUSED kustomization\.yaml:1:1: kustomize would fetch a chart/u);
  });

  test('of what a base refers to, with its own file and line', async (t) => {
    const problems = await refused(t, 'resources: [a]\n', {
      'a/kustomization.yaml': 'namePrefix: a-\nresources:\n  - https://example.com/x\n  - none.yaml\n',
    });
    assert.deepEqual(
      problems.map((text) => text.replace(/,.*/u, '')),
      [
        'RENDER_REFUSED a/kustomization.yaml:3:5: https://example.com/x is not here',
        'RENDER_FAILED a/kustomization.yaml:4:5: none.yaml is not there',
      ],
    );
  });
});

suite('where something was passed over, kustomize itself', () => {
  const cases: readonly (readonly [what: string, resource: string, words: RegExp])[] = [
    ['finds no git', 'https://example.com/org/repo.git//base?ref=v1', /no 'git' program on path/u],
    ['meets a proxy that refuses', 'http://example.com/base.yaml', /proxyconnect|127\.0\.0\.1:0/u],
  ];
  for (const [what, resource, words] of cases) {
    test(what, async (t) => {
      const folder = await makeCheckout(t, { 'kustomization.yaml': `resources: ["${resource}"]\n` });
      const world = { env: { PATH: `${tools}:/usr/bin:/bin` } };
      await withToolHome(async (home) => {
        const kustomize = await findKustomize(home, world);
        const building = buildKustomization(kustomize, { home, cwd: folder, allowNetwork: false }, world);
        const error = await assertRejectsWithCode(building, RenderError, 'RENDER_FAILED');
        assert.match(String(error.cause), words);
      });
    });
  }
});

suite('nothing is run', () => {
  const plugin = (annotation: string): string =>
    `apiVersion: example.com/v1\nkind: Evil\nmetadata:\n  name: evil\n  annotations:\n    config.kubernetes.io/function: |\n      ${annotation}\n`;
  for (const field of ['generators', 'transformers', 'validators']) {
    for (const how of ['exec: { path: ./evil.sh }', 'container: { image: evil }']) {
      test(`by ${field} with ${how}`, async (t) => {
        const text = plugin(how);
        assert.match(
          (await refused(t, `${field}: [p.yaml]\n`, { 'p.yaml': text }))[0] ?? '',
          /function plugin/u,
        );
        const inline = `${field}:\n  - |\n    ${text.trimEnd().replaceAll('\n', '\n    ')}\n`;
        assert.match((await refused(t, inline))[0] ?? '', /kustomization\.yaml:2:5: .*function plugin/u);
      });
    }
  }

  test('by plugins that kustomize would look for', async (t) => {
    const text = 'apiVersion: example.com/v1\nkind: Evil\nmetadata: { name: evil }\n';
    const [problem] = await refused(t, 'generators: [p.yaml]\n', { 'p.yaml': text });
    assert.match(problem ?? '', /^RENDER_REFUSED p\.yaml:1:1: Evil of example\.com\/v1 is a plugin/u);
  });

  test('but what is built in', async (t) => {
    const folder = await makeCheckout(t, {
      'kustomization.yaml': 'resources: [web.yaml]\ntransformers: [labels.yaml]\n',
      'web.yaml': deployment,
      'labels.yaml':
        'apiVersion: builtin\nkind: LabelTransformer\nmetadata: { name: labels }\nlabels: { team: shop }\nfieldSpecs: [{ path: metadata/labels, create: true }]\n',
    });
    assert.match(Object.values(textsOf(await render(folder)))[0] ?? '', /team: shop/u);
  });
});

suite('nothing outside the checkout is read', () => {
  test('by parent paths and links, of folders and files', async (t) => {
    const outside = await makeTempDir(t);
    await mkdir(join(outside, 'base'));
    await writeFile(join(outside, 'base/kustomization.yaml'), 'resources: []\n');
    await writeFile(join(outside, 'secret.txt'), 'secret');
    const folder = await makeCheckout(t, {
      'app/kustomization.yaml':
        'resources: [link, ../../x/base]\nconfigMapGenerator: [{ name: a, files: [leak.txt] }]\n',
    });
    await symlink(join(outside, 'base'), join(folder, 'app/link'));
    await symlink(join(outside, 'secret.txt'), join(folder, 'app/leak.txt'));
    const error = await render(join(folder, 'app')).then(
      () => assert.fail(),
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof FailuresError);
    assert.deepEqual(
      error.errors.map(({ code, message }) => `${code} ${message}`),
      [
        'RENDER_REFUSED kustomization.yaml:1:13: link leads out of the checkout',
        'RENDER_FAILED kustomization.yaml:1:19: ../../x/base is not there',
        'RENDER_REFUSED kustomization.yaml:2:41: leak.txt leads out of the checkout',
      ],
    );
  });

  test('where the kustomization itself is a link', async (t) => {
    const outside = await makeTempDir(t);
    await writeFile(join(outside, 'k.yaml'), 'resources: []\n');
    const folder = await makeCheckout(t, {});
    await symlink(join(outside, 'k.yaml'), join(folder, 'kustomization.yaml'));
    await assertRejectsWithCode(render(folder), RenderError, 'RENDER_REFUSED');
  });

  test('by a file of another folder of it: kustomize keeps to its own', async (t) => {
    const folder = await makeCheckout(t, {
      'app/kustomization.yaml': 'resources: [../other/web.yaml]\n',
      'other/web.yaml': deployment,
    });
    const error = await assertRejectsWithCode(render(join(folder, 'app')), RenderError, 'RENDER_FAILED');
    assert.match(String(error.cause), /security; file .* is not in or below/u);
  });
});

test('kustomizations in a circle end', async (t) => {
  const folder = await makeCheckout(t, {
    'a/kustomization.yaml': 'resources: [../b]\n',
    'b/kustomization.yaml': 'resources: [../a]\n',
  });
  const error = await assertRejectsWithCode(render(join(folder, 'a')), RenderError, 'RENDER_FAILED');
  assert.match(String(error.cause), /cycle/u);
});

test('a fifo, a huge kustomization and many of them are refused', async (t) => {
  const folder = await makeCheckout(t, { 'kustomization.yaml': 'resources: [pipe.yaml]\n' });
  await promisify(execFile)('mkfifo', [join(folder, 'pipe.yaml')]);
  await assertRejectsWithCode(render(folder), FailuresError, 'RENDER_REFUSED');
  const huge = await makeCheckout(t, {
    'kustomization.yaml': `# ${'x'.repeat(600 * 1024)}\nresources: []\n`,
  });
  await assertRejectsWithCode(render(huge), RenderError, 'RENDER_LIMIT');
});
