// Charts rendered by the real helm: what a release would be made of, the same each time; hooks, missing charts and links
// out of the checkout are refused by name.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { FailuresError, InputError, RenderError } from '../../src/errors.ts';
import { requireComponents } from '../components/locate.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { makeCheckout, pathOf, render, textsOf, writeFiles } from '../helpers/render.ts';
import { startService } from '../helpers/service.ts';
import { makeTempDir } from '../helpers/temp.ts';

const { helm } = await requireComponents(['helm']);
await pathOf('kustomize', 'helm');

const settings = (name: string, data: string, annotations = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${annotations === '' ? '' : `  annotations: { ${annotations} }\n`}data:\n  value: ${data}\n`;

const shop = {
  'shop/Chart.yaml':
    'apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n  - name: cache\n    version: 0.1.0\n    repository: https://charts.example.com\n    condition: cache.enabled\n',
  'shop/values.yaml': 'greeting: hello\nreplicas: 1\ncache: { enabled: true }\n',
  'shop/templates/settings.yaml':
    '{{- range $i := until (int .Values.replicas) }}\n---\n' +
    settings('{{ $.Release.Name }}-{{ $i }}', '{{ $.Values.greeting | quote }}') +
    '{{- end }}\n',
  'shop/templates/facts.yaml': settings(
    'facts',
    '"{{ .Release.Namespace }} {{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.APIVersions.Has "shop.example.com/v1" }}"',
  ),
  'shop/templates/NOTES.txt': 'Thanks for {{ .Release.Name }}\n',
  'shop/crds/thing.yaml':
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: things.shop.example.com }\nspec: {}\n',
  'shop/charts/cache/Chart.yaml': 'apiVersion: v2\nname: cache\nversion: 0.1.0\n',
  'shop/charts/cache/templates/cache.yaml': settings('cache', 'on'),
  'values/prod.yaml': 'greeting: welcome\nreplicas: 2\n',
  'values/more, and.yaml': 'replicas: 3\n',
};

/** A chart of one template. */
function chart(
  template: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return {
    'Chart.yaml': 'apiVersion: v2\nname: one\nversion: 1.0.0\n',
    'templates/one.yaml': template,
    ...more,
  };
}

suite('a chart', () => {
  test('is rendered with its CRDs and sub-charts, file by file of its templates', async (t) => {
    const folder = await makeCheckout(t, shop);
    const rendered = await render(join(folder, 'shop'));
    const texts = textsOf(rendered);
    assert.deepEqual(Object.keys(texts), [
      'charts/cache/templates/cache.yaml',
      'crds/thing.yaml',
      'templates/facts.yaml',
      'templates/settings.yaml',
    ]);
    assert.match(texts['templates/settings.yaml'] ?? '', /name: shop-0\ndata:\n {2}value: "hello"/u);
    assert.match(texts['templates/facts.yaml'] ?? '', /value: "default v1\.\d+\.0 false"/u);
    assert.deepEqual(rendered?.rendering, { tool: 'helm', version: 'v3.22.0', parameters: {} });
    assert.deepEqual(texts, textsOf(await render(join(folder, 'shop'))));
  });

  test('takes values in their order, release, namespace, and versions of the cluster', async (t) => {
    const folder = await makeCheckout(t, shop);
    const rendered = await render(join(folder, 'shop'), {
      values: [join(folder, 'values/prod.yaml'), join(folder, 'values/more, and.yaml')],
      releaseName: 'web',
      releaseNamespace: 'store',
      kubeVersion: '1.31.2',
      apiVersions: ['shop.example.com/v1'],
    });
    const texts = textsOf(rendered);
    const names = texts['templates/settings.yaml']?.match(/name: .*/gu);
    assert.deepEqual(names, ['name: web-0', 'name: web-1', 'name: web-2']);
    assert.match(texts['templates/settings.yaml'] ?? '', /value: "welcome"/u);
    assert.match(texts['templates/facts.yaml'] ?? '', /value: "store v1\.31\.2 true"/u);
    assert.deepEqual(rendered?.rendering.parameters, {
      values: ['../values/prod.yaml', '../values/more, and.yaml'],
      releaseName: 'web',
      releaseNamespace: 'store',
      kubeVersion: '1.31.2',
      apiVersions: ['shop.example.com/v1'],
    });
  });

  test('gives all that helm itself gives', async (t) => {
    const folder = await makeCheckout(t, shop);
    const args = ['template', 'shop', join(folder, 'shop'), '--include-crds'];
    const { stdout } = await promisify(execFile)(helm, args, { env: { HOME: folder } });
    const documents = (text: string): string[] =>
      text.split(/^---\n/mu).filter((document) => document !== '');
    const rendered = Object.values(textsOf(await render(join(folder, 'shop')))).flatMap(documents);
    assert.deepEqual(rendered.toSorted(), documents(stdout).toSorted());
  });

  test('keeps options apart from names, and needs its files', async (t) => {
    const folder = await makeCheckout(t, shop);
    const path = join(folder, 'shop');
    for (const extra of [
      { releaseName: '--post-renderer=evil' },
      { releaseName: 'A' },
      { releaseNamespace: '../x' },
      { kubeVersion: '--validate' },
      { apiVersions: ['-a'] },
      { values: [folder] },
    ]) {
      await assertRejectsWithCode(render(path, extra), InputError, 'INPUT_INVALID');
    }
    const values = [join(folder, 'none.yaml')];
    await assertRejectsWithCode(render(path, { values }), InputError, 'FILE_UNREADABLE');
    await assertRejectsWithCode(render(path, { path: await makeTempDir(t) }), RenderError, 'TOOL_MISSING');
  });

  test('that fails is told with the place in its template', async (t) => {
    const failing = await makeCheckout(t, chart('a: b\n{{ fail "no domain is given" }}\n'));
    const error = await assertRejectsWithCode(render(failing), RenderError, 'RENDER_FAILED');
    assert.deepEqual(error.location, { file: 'templates/one.yaml', line: 2 });
    assert.match(String(error.cause), /no domain is given/u);
    const broken = await makeCheckout(t, chart('a: {{ .Values.a.b }}\n'));
    const { location } = await assertRejectsWithCode(render(broken), RenderError, 'RENDER_FAILED');
    assert.deepEqual(location, { file: 'templates/one.yaml', line: 1 });
    const nameless = await makeCheckout(t, { 'Chart.yaml': 'apiVersion: v2\nname: [x]\nversion: 1.0.0\n' });
    const other = await assertRejectsWithCode(render(nameless), RenderError, 'RENDER_FAILED');
    assert.equal(other.location?.line, 2);
  });

  test('whose values do not fit its schema fails', async (t) => {
    const schema = JSON.stringify({
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: { replicas: { $ref: '#/definitions/count' } },
      definitions: { count: { type: 'integer' } },
    });
    const folder = await makeCheckout(
      t,
      chart(settings('one', 'x'), { 'values.schema.json': schema, 'values.yaml': 'replicas: many\n' }),
    );
    const error = await assertRejectsWithCode(render(folder), RenderError, 'RENDER_FAILED');
    assert.match(String(error.cause), /replicas/u);
  });
});

test('words of helm about values have the name that was given', async (t) => {
  const folder = await makeCheckout(t, shop);
  await writeFile(join(folder, 'bad.yaml'), 'a: [');
  const values = [join(folder, 'bad.yaml')];
  const error = await assertRejectsWithCode(
    render(join(folder, 'shop'), { values }),
    RenderError,
    'RENDER_FAILED',
  );
  assert.ok(String(error.cause).includes(join(folder, 'bad.yaml')));
});

test('objects for the namespace of a release that is not given are told', async (t) => {
  const object = settings('one', 'x').replace(
    'name: one',
    'name: one\n  namespace: {{ .Release.Namespace }}',
  );
  const folder = await makeCheckout(t, chart(object));
  assert.match((await render(folder))?.notes[0] ?? '', /^1 object is for the namespace default: /u);
  assert.deepEqual((await render(folder, { releaseNamespace: 'default' }))?.notes, []);
});

suite('hooks', () => {
  const hook = (events: string): string => `"helm.sh/hook": "${events}"`;
  const objects = [
    settings('before', 'x', hook('pre-install,pre-upgrade')),
    settings('probe', 'x', hook('test')),
    settings('plain', 'x'),
  ].join('---\n');

  test('are refused by name', async (t) => {
    const folder = await makeCheckout(t, chart(objects));
    const error = await assertRejectsWithCode(render(folder), RenderError, 'HOOKS_REFUSED');
    assert.match(error.message, /: ConfigMap before \(hook pre-install,pre-upgrade\)$/u);
  });

  test('are left out where that is asked for, and tests always', async (t) => {
    const dropped = await render(await makeCheckout(t, chart(objects)), { dropHooks: true });
    assert.deepEqual(textsOf(dropped)['templates/one.yaml']?.match(/name: .*/gu), ['name: plain']);
    assert.deepEqual(dropped?.notes, [
      'left out ConfigMap before (hook pre-install,pre-upgrade)',
      'left out ConfigMap probe (hook test)',
    ]);
    const test = await makeCheckout(t, chart(settings('probe', 'x', hook('test-success'))));
    assert.deepEqual((await render(test))?.files, []);
  });

  test('of helm 2, which helm 3 leaves out without an object, are refused, too', async (t) => {
    const folder = await makeCheckout(t, chart(settings('crd', 'x', hook('crd-install'))));
    const error = await assertRejectsWithCode(render(folder), RenderError, 'HOOKS_REFUSED');
    assert.match(error.message, /crd-install/u);
    assert.deepEqual((await render(folder, { dropHooks: true }))?.files, []);
  });
});

suite('bytes that differ each time are refused, with the objects', () => {
  const made: readonly (readonly [string, string])[] = [
    ['random text', '{{ randAlphaNum 12 }}'],
    ['a certificate', '{{ (genCA "ca" 365).Cert | b64enc }}'],
    ['an identity', '{{ uuidv4 }}'],
    ['the time', '{{ now | unixEpoch }}-{{ now.Nanosecond }}'],
  ];
  for (const [what, expression] of made) {
    test(`of ${what}`, async (t) => {
      const folder = await makeCheckout(
        t,
        chart(`${settings('made', expression)}---\n${settings('kept', 'x')}`),
      );
      const error = await assertRejectsWithCode(render(folder), RenderError, 'RENDER_UNSTABLE');
      assert.equal(error.message, 'two runs gave other bytes: ConfigMap made');
    });
  }

  test('save in what is left out', async (t) => {
    const probe = settings('probe-{{ randAlphaNum 12 | lower }}', 'x', '"helm.sh/hook": test');
    const folder = await makeCheckout(t, chart(`${probe}---\n${settings('kept', 'x')}`));
    const rendered = await render(folder);
    assert.deepEqual(textsOf(rendered)['templates/one.yaml']?.match(/name: .*/gu), ['name: kept']);
  });

  test('of random names', async (t) => {
    const folder = await makeCheckout(t, chart(settings('n-{{ randAlphaNum 12 | lower }}', 'x')));
    const error = await assertRejectsWithCode(render(folder), RenderError, 'RENDER_UNSTABLE');
    assert.match(error.message, /: ConfigMap n-[a-z0-9]{12}, ConfigMap n-[a-z0-9]{12}$/u);
  });
});

suite('nothing outside the checkout gets into a chart', () => {
  test('by a link, or by a folder that is one', async (t) => {
    const outside = await makeTempDir(t);
    await writeFile(join(outside, 'secret.txt'), 'secret');
    const leak = settings('leak', '{{ .Files.Get "files/secret.txt" }}');
    for (const [target, link] of [
      [join(outside, 'secret.txt'), 'files/secret.txt'],
      [outside, 'more'],
    ] as const) {
      const folder = await makeCheckout(t, chart(leak, { 'files/other.txt': '' }));
      await symlink(target, join(folder, link));
      const error = await assertRejectsWithCode(render(folder), RenderError, 'RENDER_REFUSED');
      assert.match(error.message, /leads out of the checkout/u);
    }
  });

  test('though a link within it does', async (t) => {
    const folder = await makeCheckout(t, {
      'shared/greeting.txt': 'hello',
      ...Object.fromEntries(
        Object.entries(chart(settings('greeting', '{{ .Files.Get "files/greeting.txt" }}'))).map(
          ([path, text]) => [`one/${path}`, text],
        ),
      ),
    });
    await symlink(join(folder, 'shared'), join(folder, 'one/files'));
    assert.match(textsOf(await render(join(folder, 'one')))['templates/one.yaml'] ?? '', /value: hello/u);
  });

  test('and links in a circle end', async (t) => {
    const folder = await makeCheckout(t, chart(settings('one', 'x')));
    await symlink(folder, join(folder, 'again'));
    await assertRejectsWithCode(render(folder), RenderError, 'RENDER_LIMIT');
  });
});

suite('nothing is fetched for a chart', () => {
  test('that lacks one it depends on: it is named with its line', async (t) => {
    const { 'shop/charts/cache/Chart.yaml': _gone, ...rest } = shop;
    const folder = await makeCheckout(t, rest);
    const error = await assertRejectsWithCode(render(join(folder, 'shop')), FailuresError, 'RENDER_REFUSED');
    assert.match(error.errors[0]?.message ?? '', /^Chart\.yaml:5:5: chart cache is not in charts\//u);
  });

  test('whose schema refers to an address: values are not compared with it, which is said', async (t) => {
    const service = await startService(t, () => ({ body: '{"type":"integer"}' }));
    const files = chart(settings('one', 'x'), {
      'values.schema.json': JSON.stringify({ properties: { a: { $ref: `${service.url}/a.json` } } }),
      'values.yaml': 'a: text\n',
    });
    const folder = await makeCheckout(t, files);
    const rendered = await render(folder);
    assert.match(rendered?.notes[0] ?? '', /^values were not compared .* refers to http:\/\/127/u);
    assert.equal(service.asked.length, 0);
  });

  test('by values with an address for a name', async (t) => {
    const service = await startService(t, () => ({ body: 'a: 1\n' }));
    const folder = await makeCheckout(t, chart(settings('one', 'x')));
    const values = [`${service.url}/values.yaml`];
    await assertRejectsWithCode(render(folder, { values }), InputError, 'FILE_UNREADABLE');
    assert.equal(service.asked.length, 0);
  });

  test('by templates: names are not looked up, and there is no cluster', async (t) => {
    const folder = await makeCheckout(
      t,
      chart(settings('one', '"{{ getHostByName "localhost" }}|{{ lookup "v1" "Secret" "default" "x" }}"')),
    );
    assert.match(textsOf(await render(folder))['templates/one.yaml'] ?? '', /value: "\|map\[\]"/u);
  });

  test('though a missing chart is where that is allowed, by Chart.lock and into a copy', async (t) => {
    const packed = await makeTempDir(t);
    await writeFiles(packed, {
      'cache/Chart.yaml': 'apiVersion: v2\nname: cache\nversion: 0.1.0\n',
      'cache/templates/cache.yaml': settings('fetched-cache', 'on'),
    });
    const run = (...args: readonly string[]): Promise<unknown> =>
      promisify(execFile)(helm, [...args], { cwd: packed, env: { HOME: packed } });
    await run('package', 'cache');
    const archive = await readFile(join(packed, 'cache-0.1.0.tgz'));
    let index = '';
    const service = await startService(t, ({ path }) =>
      path === '/index.yaml'
        ? { body: index }
        : path === '/cache-0.1.0.tgz'
          ? { body: archive }
          : { status: 404 },
    );
    await run('repo', 'index', '.', '--url', service.url);
    index = await readFile(join(packed, 'index.yaml'), 'utf8');
    const {
      'shop/charts/cache/Chart.yaml': _gone,
      'shop/charts/cache/templates/cache.yaml': _too,
      ...rest
    } = shop;
    const folder = await makeCheckout(t, rest);
    const path = join(folder, 'shop/Chart.yaml');
    await writeFile(path, (await readFile(path, 'utf8')).replace('https://charts.example.com', service.url));
    const options = { allowNetwork: true };
    const error = await assertRejectsWithCode(
      render(join(folder, 'shop'), options),
      RenderError,
      'RENDER_REFUSED',
    );
    assert.match(error.message, /no Chart\.lock$/u);
    await promisify(execFile)(helm, ['dependency', 'update', join(folder, 'shop')], {
      env: { HOME: packed },
    });
    await promisify(execFile)('rm', ['-r', join(folder, 'shop/charts')]);
    const rendered = await render(join(folder, 'shop'), options);
    assert.match(textsOf(rendered)['charts/cache/templates/cache.yaml'] ?? '', /name: fetched-cache/u);
    assert.deepEqual(rendered?.rendering.parameters, { allowNetwork: true });
    await assert.rejects(readFile(join(folder, 'shop/charts/cache-0.1.0.tgz')), { code: 'ENOENT' });
  });
});

/** Processes with an argument, as Linux tells them; one that has ended has no arguments. */
async function processesOf(argument: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/u.test(pid)) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.split('\0').includes(argument)) found.push(pid);
  }
  return found;
}

suite('a chart without end', () => {
  test('is ended by the bytes it gives', async (t) => {
    const template = `${settings('one', 'x')}{{ range $i := until 40000 }}\n# {{ repeat 1000 "x" }}\n{{ end }}`;
    const folder = await makeCheckout(t, chart(template));
    await assertRejectsWithCode(render(folder), RenderError, 'RENDER_LIMIT');
  });

  test('is ended with the run', async (t) => {
    const template =
      '{{- define "again" }}{{ range until 1000 }}{{ range until 1000 }}{{ range until 100000 }}{{ end }}{{ end }}{{ end }}{{ end }}{{ include "again" . }}\n';
    const folder = await makeCheckout(t, chart(template));
    const abort = new AbortController();
    const releaseName = `endless-${process.pid}`;
    const running = render(folder, { signal: abort.signal, releaseName });
    const ended = assert.rejects(running, /stop/u);
    while ((await processesOf(releaseName)).length === 0);
    abort.abort(new Error('stop'));
    await ended;
    while ((await processesOf(releaseName)).length > 0);
  });

  test('is ended where it has too many documents', async (t) => {
    const folder = await makeCheckout(
      t,
      chart(`{{ range until 21000 }}\n---\n${settings('one', 'x')}{{ end }}`),
    );
    await assertRejectsWithCode(render(folder), RenderError, 'RENDER_LIMIT');
  });

  test('is told by helm where it calls itself', async (t) => {
    const folder = await makeCheckout(
      t,
      chart('{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'),
    );
    await assertRejectsWithCode(render(folder), RenderError, 'RENDER_FAILED');
  });
});

test('a template writes no file of another name than that of a template', async (t) => {
  const spoofed = `# Source: one/../../etc/passwd\n${settings('one', 'x')}---\n# Source: one/.hidden.yaml\n${settings('two', 'x')}`;
  const folder = await makeCheckout(
    t,
    chart(spoofed, { 'templates/kustomization.yaml': settings('three', 'x') }),
  );
  assert.deepEqual(Object.keys(textsOf(await render(folder))), [
    'templates/kustomization.yaml.yaml',
    'templates/one.yaml',
  ]);
});

test('the folder of a chart may be given by a link, and the checkout as root', async (t) => {
  const folder = await makeCheckout(t, shop);
  const place = await makeTempDir(t);
  await symlink(join(folder, 'shop'), join(place, 'link'));
  assert.ok(await render(join(place, 'link')));
  await mkdir(join(place, 'root'));
  await assertRejectsWithCode(
    render(join(place, 'link'), { root: join(place, 'root') }),
    RenderError,
    'RENDER_REFUSED',
  );
});
