// `sealift check`: what it says of files, where, and with which exit code.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { sealift, type Finished } from '../helpers/cli.ts';
import { widgetDefinition } from '../helpers/schema-cases.ts';
import { makeTempDir } from '../helpers/temp.ts';

const good = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: example.com/web:1
          ports:
            - containerPort: 80
`;
const bad = good
  .replace('replicas: 1', 'replica: 1')
  .replace('containerPort: 80', 'containerPort: "80"')
  .replace('  selector: {matchLabels: {app: web}}\n', '');
const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec:\n  size: 12\n';

async function check(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Finished> {
  const cwd = await makeTempDir(t);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(cwd, dirname(path)), { recursive: true });
    await writeFile(join(cwd, path), text);
  }
  return sealift(['check', 'files', ...args], { cwd });
}

suite('sealift check', () => {
  test('takes what is right', async (t) => {
    const { code, stdout, stderr } = await check(t, { 'files/web.yaml': good });
    assert.deepEqual([code, stdout, stderr], [0, '1 of 1 objects fit Kubernetes v1.36.3\n', '']);
  });

  test('names every problem with its place', async (t) => {
    const { code, stdout, stderr } = await check(t, {
      'files/a/web.yaml': `${good}---\n${bad.replace('web', 'x')}`,
    });
    assert.equal(code, 4);
    assert.equal(stdout, '');
    assert.equal(
      stderr,
      [
        'FIELD_INVALID: a/web.yaml:21:1: spec.selector: expected a map, found nothing',
        'FIELD_UNKNOWN: a/web.yaml:22:3: spec.replica: no such field; is it replicas?',
        'FIELD_INVALID: a/web.yaml:30:15: spec.template.spec.containers[0].ports[0].containerPort: expected an integer, found a string',
        'error: FIELD_INVALID: 3 problems in the files\n',
      ].join('\n'),
    );
  });

  test('gives JSON with place, field and what was expected', async (t) => {
    const { code, stdout } = await check(
      t,
      {
        'files/web.json': JSON.stringify({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 's' },
          data: { password: 'hunter2!' },
        }),
      },
      '-o',
      'json',
    );
    assert.equal(code, 4);
    assert.doesNotMatch(stdout, /hunter2/u);
    assert.deepEqual(JSON.parse(stdout).error.problems, [
      {
        code: 'FIELD_INVALID',
        message: 'web.json:1:68: data.password: expected text of the format byte, found a string',
        file: 'web.json',
        line: 1,
        column: 68,
        field: 'data.password',
        expected: 'text of the format byte',
        found: 'a string',
      },
    ]);
  });

  test('reads CRDs of the files and of other folders', async (t) => {
    const crd = JSON.stringify(widgetDefinition);
    const expected = 'w.yaml:5:3: spec.size: expected at most 9, found an integer';
    const own = await check(t, { 'files/w.yaml': widget, 'files/crd.json': crd });
    const others = await check(t, { 'files/w.yaml': widget, 'crds/crd.json': crd }, '--crds', 'crds');
    for (const { code, stderr } of [own, others]) {
      assert.equal(code, 4);
      assert.ok(stderr.includes(expected), stderr);
    }
    const version = await check(t, { 'files/w.yaml': widget.replace('v1', 'v2'), 'files/crd.json': crd });
    assert.match(
      version.stderr,
      /w\.yaml:1:1: its CustomResourceDefinition does not serve version v2, only v1/u,
    );
  });

  test('says which apiVersions a version of Kubernetes does not serve', async (t) => {
    const budget = 'kind: PodDisruptionBudget\nmetadata: {name: b}\nspec: {minAvailable: 1, selector: {}}\n';
    const files = {
      'files/a.yaml': `apiVersion: policy/v1beta1\n${budget}`,
      'files/b.yaml': 'apiVersion: v1\nkind: Endpoints\nmetadata: {name: e}\n',
    };
    const gone = 'a.yaml:1:1: PodDisruptionBudget of policy/v1beta1 is not served since Kubernetes 1.25';
    const lax = await check(t, files);
    assert.equal(lax.code, 0);
    assert.equal(lax.stdout, '1 of 2 objects fit Kubernetes v1.36.3\n');
    assert.equal(
      lax.stderr,
      `warning: API_NOT_SERVED: ${gone}
  Write policy/v1 instead, and see what fields are others there.
warning: API_DEPRECATED: b.yaml:1:1: Endpoints of v1 is deprecated since Kubernetes 1.33
  Write discovery.k8s.io/v1 EndpointSlice instead, and see what fields are others there.
`,
    );
    const target = (version: string): Promise<Finished> =>
      check(
        t,
        { ...files, 'files/c.yaml': `apiVersion: policy/v1\n${budget.replace('b}', 'c}')}` },
        '--kubernetes-version',
        version,
      );
    const later = await target('v1.30.1');
    assert.equal(later.code, 4);
    assert.equal(later.stderr.split('\n')[0], `API_NOT_SERVED: ${gone}`);
    const earlier = await target('1.20');
    assert.match(
      earlier.stderr,
      /^API_NOT_SERVED: c\.yaml:1:1: .*policy\/v1 is served from Kubernetes 1\.21 on, and not by 1\.20\n/u,
    );
    for (const version of ['1.37', '1.15', '2.0', 'new']) {
      const unknown = await target(version);
      assert.equal(unknown.code, 3, version);
      assert.match(
        unknown.stderr,
        /INPUT_INVALID: .*no version that is known here\n +Known are 1\.16 to 1\.36\./u,
      );
    }
  });

  test('warns of kinds without a schema, or refuses them', async (t) => {
    const files = { 'files/w.yaml': widget };
    const lax = await check(t, files);
    assert.equal(lax.code, 0);
    assert.match(
      lax.stderr,
      /^warning: KIND_WITHOUT_SCHEMA: w\.yaml:1:1: Widget\.example\.com w has no schema/u,
    );
    assert.equal(lax.stdout, '0 of 1 objects fit Kubernetes v1.36.3\n');
    const strict = await check(t, files, '--strict-kinds');
    assert.equal(strict.code, 4);
    assert.match(strict.stderr, /error: KIND_WITHOUT_SCHEMA/u);
  });

  test('says what is wrong with a CRD, once, and where', async (t) => {
    const crd = JSON.stringify(widgetDefinition, undefined, 1).replace('^[a-z]+$', '(?=a)');
    const { code, stderr } = await check(
      t,
      { 'files/1.yaml': widget, 'files/2.yaml': widget.replace('name: w', 'name: v'), 'crds/crd.json': crd },
      '--crds',
      'crds',
    );
    assert.equal(code, 4);
    assert.match(
      stderr,
      /^SCHEMA_INVALID: crds\/crd\.json:\d+:\d+: spec\.versions\[0\]\.schema.*\.name\.pattern: pattern is no regular/u,
    );
    assert.equal(stderr.match(/SCHEMA_INVALID/gu)?.length, 2);
  });

  test('evaluates the rules of CRDs, and says once which it can not', async (t) => {
    const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                size: {type: integer}
                mode: {type: string, default: a}
              x-kubernetes-validations:
                - rule: self.size < 5 || self.mode != 'a'
                  message: a large one has another mode
                  fieldPath: .mode
                - rule: semver('1.2.3').major() == self.size
                - rule: self.size == oldSelf.size
`;
    const large = widget.replace('12', '5');
    const files = {
      'files/1.yaml': widget.replace('12', '4'),
      'files/2.yaml': `${large.replace('name: w', 'name: v')}  mode: a\n`,
      'files/3.yaml': large.replace('name: w', 'name: u'),
      'crds/crd.yaml': crd,
    };
    const { code, stderr } = await check(t, files, '--crds', 'crds');
    assert.equal(code, 4);
    const words = "spec.mode: a large one has another mode (rule: self.size < 5 || self.mode != 'a')";
    assert.deepEqual(stderr.split('\n').slice(0, 2), [
      `FIELD_INVALID: 2.yaml:6:3: ${words}`,
      `FIELD_INVALID: 3.yaml:4:1: ${words}`,
    ]);
    const { 'files/1.yaml': small, 'crds/crd.yaml': definition } = files;
    const noted = await check(t, {
      'files/1.yaml': `${small}---\n${small.replace('name: w', 'name: v')}`,
      'files/crd.yaml': definition,
    });
    assert.equal(noted.code, 0);
    assert.equal(noted.stdout, '3 of 3 objects fit Kubernetes v1.36.3\n');
    assert.equal(
      noted.stderr,
      'warning: RULE_UNCHECKED: crd.yaml:25:19: a rule of Widget is not checked here: knows no function major that is called like this\n',
    );
  });

  test('refuses what push refuses', async (t) => {
    const { code, stderr } = await check(t, { 'files/a.yaml': good, 'files/b.yaml': good });
    assert.equal(code, 4);
    assert.match(stderr, /^RESOURCE_DUPLICATE: b\.yaml:1:1/u);
  });

  test('takes variables where the cluster fills in scalars, and nowhere else', async (t) => {
    const text = good
      .replace('name: web\n', 'name: web\n  namespace: ${ns}\n')
      .replace('replicas: 1', 'replicas: ${n}')
      .replace('containerPort: 80', 'containerPort: "${port:=80}"');
    const { code, stderr } = await check(t, { 'files/a.yaml': text });
    assert.deepEqual([code, stderr], [0, '']);
    const list = await check(t, { 'files/a.yaml': text.replace(/ports:[^]*$/u, 'ports: ${ports}\n') });
    assert.equal(list.code, 4);
    assert.match(list.stderr, /^FIELD_INVALID: .*ports: expected a list, found a string/u);
  });

  test('passes over what sops has encrypted', async (t) => {
    const secret =
      'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: "ENC[x]"}\nsops: {version: 3.9.0}\n';
    const { code, stderr } = await check(t, { 'files/s.yaml': secret });
    assert.equal(code, 0);
    assert.match(stderr, /Secret s is encrypted by sops/u);
  });
});
