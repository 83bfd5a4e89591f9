// Secrets in plain text are refused at publish, by the command and by the action, unless that is allowed.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { FailuresError, ResourceError } from '../../src/errors.ts';
import { prepare } from '../../src/operations/publish.ts';
import { assertThrowsWithCode } from '../helpers/assert-rejects.ts';
import { sealift } from '../helpers/cli.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { makeRegistry } from '../unit/server/client.ts';

const value = 'aHVudGVyMg==';
const encrypted = 'ENC[AES256_GCM,data:pOCi7Q==,iv:q8fZ3Q==,tag:b0tXcw==,type:str]';
const secret = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: shop\n';

function check(text: string, allowPlaintextSecrets?: boolean): void {
  const files = [{ path: 'a/secret.yaml', bytes: Buffer.from(text) }];
  prepare({ files, annotations: {}, tags: [], allowPlaintextSecrets }, { log: () => undefined });
}

/** Place and message of each problem. */
function problemsOf(text: string): readonly string[] {
  const error = assertThrowsWithCode(() => check(text), FailuresError, 'SECRET_PLAINTEXT');
  return error.errors.map((problem) => {
    assert.ok(problem instanceof ResourceError);
    assert.match(problem.hint ?? '', /^Publish a SealedSecret.*sops.*Flux.*--allow-plaintext-secrets/u);
    return problem.message;
  });
}

suite('plain text is refused at the key', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'data',
      `${secret}data:\n  password: ${value}\n`,
      'a/secret.yaml:7:3: Secret shop/db has plain text in data.password',
    ],
    [
      'stringData beside an empty value',
      `${secret}stringData:\n  a: ""\n  b: x\n`,
      'a/secret.yaml:8:3: Secret shop/db has plain text in stringData.b',
    ],
    [
      'several values, of which the first is named',
      `${secret}data: {a: ${value}, b: ${value}}\nstringData: {c: d}\n`,
      'a/secret.yaml:6:8: Secret shop/db has plain text in data.a and 2 more',
    ],
    [
      'within a List',
      `---\nkind: List\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: a}}\n- ${secret.replaceAll('\n', '\n  ')}data:\n    a: ${value}\n`,
      'a/secret.yaml:11:5: Secret shop/db has plain text in data.a',
    ],
    [
      'in JSON',
      `{"apiVersion": "v1", "kind": "Secret",\n "metadata": {"name": "db"},\n "data": {"a": "${value}"}}`,
      'a/secret.yaml:3:11: Secret db has plain text in data.a',
    ],
    [
      'through an alias',
      `${secret.replace('name: db', 'labels: &x {a: b}\n  name: db')}data: *x\n`,
      'a/secret.yaml:7:1: Secret shop/db has plain text in data.a',
    ],
    [
      'values that are no text',
      `${secret}data:\n- ${value}\n`,
      'a/secret.yaml:6:1: Secret shop/db has plain text in data',
    ],
    [
      'one value of those that sops has encrypted',
      `${secret}data: {a: "${encrypted}", b: ${value}}\nsops: {mac: "${encrypted}"}\n`,
      `a/secret.yaml:6:${`data: {a: "${encrypted}", `.length + 1}: Secret shop/db has plain text in data.b`,
    ],
    [
      'a field that a Secret does not have, whatever it looks like',
      `${secret}stringdata: {a: ${value}}\nitems: [{data: {a: ${value}}}]\nsops: {mac: "${encrypted}"}\n`,
      'a/secret.yaml:6:1: Secret shop/db has plain text in stringdata and 1 more',
    ],
    [
      'the whole object in an annotation of kubectl',
      secret.replace(
        'name: db',
        `annotations: {a: b, kubectl.kubernetes.io/last-applied-configuration: '{}'}\n  name: db`,
      ),
      'a/secret.yaml:4:23: Secret shop/db has plain text in metadata.annotations.kubectl.kubernetes.io/last-applied-configuration',
    ],
    [
      'the whole object in an annotation of kapp',
      secret.replace('name: db', `annotations: {kapp.k14s.io/original: '{}'}\n  name: db`),
      'a/secret.yaml:4:17: Secret shop/db has plain text in metadata.annotations.kapp.k14s.io/original',
    ],
    [
      'what looks encrypted, without the block that could decrypt it',
      `${secret}data: {a: "${encrypted}"}\n`,
      'a/secret.yaml:6:8: Secret shop/db has plain text in data.a',
    ],
  ];
  for (const [name, text, expected] of cases) {
    test(name, () => {
      assert.deepEqual(problemsOf(text), [expected]);
      check(text, true);
    });
  }

  test('every Secret of every document', () => {
    const other = secret.replace('db', 'other');
    assert.equal(problemsOf(`${secret}data: {a: ${value}}\n---\n${other}stringData: {b: c}\n`).length, 2);
  });
});

suite('what is no plain text passes', () => {
  for (const [name, text] of [
    ['no data', `${secret}type: kubernetes.io/service-account-token\nimmutable: true\nstringdata:\n`],
    ['other annotations', secret.replace('name: db', `annotations: {a: b}\n  name: db`)],
    ['empty data', `${secret}data: {}\nstringData:\n`],
    ['empty values', `${secret}data: {a: ""}\n`],
    ['encrypted by sops', `${secret}data: {a: "${encrypted}"}\nsops: {mac: "${encrypted}"}\n`],
    [
      'SealedSecret',
      'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\nspec: {data: {a: b}}\n',
    ],
    [
      'a Secret of another group',
      'apiVersion: example.org/v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: b}\n',
    ],
    ['ConfigMap', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {password: b}\n'],
  ] as const) {
    test(name, () => check(text));
  }
});

async function makeManifests(t: TestContext): Promise<string> {
  const cwd = await makeTempDir(t);
  const path = join(cwd, 'manifests', 'db', 'secret.yaml');
  await mkdir(dirname(path), { recursive: true });
  const text = `${secret}data:\n  password: ${value}\n`;
  await writeFile(path, `${text}---\n${text.replace('name: db', 'name: other')}`);
  return cwd;
}

test('push says where, pushes nothing, and takes the option', async (t) => {
  const { registry } = await makeRegistry(t);
  const cwd = await makeManifests(t);
  const run = (...args: readonly string[]) => sealift(args, { cwd, env: { COSIGN_PASSWORD: 'p' } });
  assert.equal((await run('keygen')).code, 0);
  const reference = `${registry.host}/config/shop`;
  const push = ['push', `oci://${reference}:1`, '-f', 'manifests', '--key', 'sealift.key'];
  const refused = await run(...push);
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /db\/secret\.yaml:7:3: Secret shop\/db has plain text in data\.password/u);
  assert.ok(!refused.stderr.includes(value));
  const lines = refused.stderr.trimEnd().split('\n');
  assert.equal(lines.filter((line) => /^ {2}Publish a SealedSecret/u.test(line)).length, 1);
  assert.equal(lines.at(-1), 'error: SECRET_PLAINTEXT: 2 Secrets in plain text');
  const { error } = JSON.parse((await run(...push, '-o', 'json')).stdout);
  assert.equal(error.problems.length, 2);
  assert.match(error.problems[0].hint, /^Publish a SealedSecret/u);
  assert.notEqual((await run('resolve', `${reference}:1`)).code, 0);
  assert.equal((await run(...push, '--allow-plaintext-secrets')).code, 0);
});
