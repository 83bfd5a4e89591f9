// The actions promote and verify as the runner starts them: their entries in processes with a clean environment, against
// the embedded registry.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { apiVersion } from '../../src/api/common.ts';
import type { ContentStore } from '../../src/oci/content-store.ts';
import { publish, resolveTag } from '../../src/operations/publish.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { createTransport } from '../../src/registry/transport.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { generateKeyPair, parseSigningKey } from '../../src/signing/keys.ts';
import { makePorts } from '../helpers/published.ts';
import { readDefaults } from '../helpers/action-defaults.ts';
import { makeTempDir } from '../helpers/temp.ts';

const password = 'correct horse battery';
const [release, promoter, other] = await Promise.all([
  generateKeyPair(password),
  generateKeyPair(password),
  generateKeyPair(password),
]);

type Result = {
  readonly code: number;
  readonly stdout: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
};

type Setup = {
  readonly store: ContentStore;
  readonly workspace: string;
  publishAs(tag: string): Promise<string>;
  promote(inputs?: Readonly<Record<string, string>>): Promise<Result>;
  verify(inputs?: Readonly<Record<string, string>>): Promise<Result>;
};

const promoteDefaults = {
  ...(await readDefaults('promote')),
  from: '1.0',
  to: 'production',
  'public-key': release.publicPem,
  'signing-key': promoter.privatePem,
  'signing-key-password': password,
};

const verifyDefaults = {
  ...(await readDefaults('verify')),
  version: 'production',
  policy: 'policy.yaml',
};

async function makeSetup(t: TestContext): Promise<Setup> {
  const folder = await makeTempDir(t);
  const workspace = join(folder, 'workspace');
  await mkdir(workspace);
  const server = await startRegistry({ directory: join(folder, 'registry') });
  const transport = createTransport();
  t.after(async () => {
    transport.close();
    await server.close();
  });
  const reference = { registry: server.host, repository: 'config/app' };
  const store = openRepository({ send: transport.send, reference });
  const repository = `oci://${server.host}/config/app`;
  await writeFile(join(workspace, 'policy.yaml'), JSON.stringify(policyFor(repository)));
  let runs = 0;
  const run = async (action: string, inputs: Readonly<Record<string, string>>): Promise<Result> => {
    runs += 1;
    const temp = join(folder, `run-${runs}`);
    await mkdir(temp);
    return runStep(action, temp, { workspace, inputs: { ...inputs, repository } });
  };
  return {
    store,
    workspace,
    publishAs: async (tag) => {
      const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {version: "${tag}"}\n`;
      const files = [{ path: 'a.yaml', bytes: Buffer.from(text) }];
      const signer = await parseSigningKey(release.privatePem, password);
      return (await publish({ store, files, annotations: {}, signer, tags: [tag] }, makePorts())).digest;
    },
    promote: (inputs = {}) => run('promote', { ...promoteDefaults, ...inputs }),
    verify: (inputs = {}) => run('verify', { ...verifyDefaults, ...inputs }),
  };
}

function policyFor(url: string): object {
  return {
    apiVersion,
    kind: 'TrustPolicy',
    metadata: { name: 'site' },
    spec: {
      match: [{ url }],
      authorities: [
        { name: 'release', key: { data: release.publicPem } },
        { name: 'promoter', key: { data: promoter.publicPem } },
      ],
      signatures: { authorities: ['release'] },
      promotion: { channels: [{ tag: 'production', authorities: ['promoter'] }] },
    },
  };
}

type Step = { readonly workspace: string; readonly inputs: Readonly<Record<string, string>> };

async function runStep(action: string, temp: string, { workspace, inputs }: Step): Promise<Result> {
  for (const name of ['output', 'summary']) await writeFile(join(temp, name), '');
  const entry = join(import.meta.dirname, `../../action/${action}/index.ts`);
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const env = {
    ...Object.fromEntries(given),
    GITHUB_OUTPUT: join(temp, 'output'),
    GITHUB_STEP_SUMMARY: join(temp, 'summary'),
    GITHUB_WORKSPACE: workspace,
  };
  const { code, stdout, stderr } = await new Promise<{ code: number; stdout: string; stderr: string }>(
    (resolve) => {
      execFile(process.execPath, [entry], { cwd: temp, env }, (error, out, words) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout: out, stderr: words });
      });
    },
  );
  assert.equal(stderr, '');
  const written = await readFile(join(temp, 'output'), 'utf8');
  const outputs = Object.fromEntries(
    Array.from(written.matchAll(/^(.+?)<<(\S+)\n([\s\S]*?)\n\2$/gmu), ([, name = '', , value = '']) => [
      name,
      value,
    ]),
  );
  const summary = await readFile(join(temp, 'summary'), 'utf8');
  const unmasked = stdout.replaceAll(/^::add-mask::.*$/gmu, '');
  for (const text of [unmasked, written, summary]) {
    assert.ok(!text.includes(password), 'the password is nowhere');
    assert.ok(!text.includes(promoter.privatePem.split('\n')[1] ?? ''), 'the key is nowhere');
  }
  return { code, stdout, outputs, summary };
}

suite('promote and verify as actions', { concurrency: 2 }, () => {
  test('a release is promoted, verifies by the policy of a site, and changes nothing the second time', async (t) => {
    const { store, publishAs, promote, verify } = await makeSetup(t);
    const digest = await publishAs('1.0');
    const first = await promote({ reason: 'release' });
    assert.equal(first.code, 0, first.stdout);
    assert.equal(first.outputs['digest'], digest);
    assert.deepEqual([first.outputs['changed'], first.outputs['sequence']], ['true', '1']);
    assert.equal(await resolveTag(store, 'production'), digest);
    assert.match(first.summary, /Promoted to production/u);
    const again = await promote();
    assert.deepEqual([again.code, again.outputs['changed'], again.outputs['sequence']], [0, 'false', '1']);
    const verified = await verify();
    assert.equal(verified.code, 0, verified.stdout);
    assert.deepEqual([verified.outputs['verified'], verified.outputs['digest']], ['true', digest]);
    assert.match(verified.outputs['signed-by'] ?? '', /release/u);
    const byKey = await verify({ policy: '', 'public-key': release.publicPem, version: digest });
    assert.equal(byKey.code, 0, byKey.stdout);
  });

  test('a policy decides what is a release, and two keys may stand one after the other', async (t) => {
    const { publishAs, promote, verify } = await makeSetup(t);
    await publishAs('1.0');
    const promoted = await promote({ policy: 'policy.yaml', 'public-key': '' });
    assert.equal(promoted.code, 0, promoted.stdout);
    const both = await verify({ policy: '', 'public-key': `${other.publicPem}\n${release.publicPem}` });
    assert.equal(both.code, 0, both.stdout);
    assert.equal(both.outputs['signed-by'], 'key 2');
  });

  test('what the key has not signed is refused, each signature with its reason, and no tag moves', async (t) => {
    const { store, publishAs, promote, verify } = await makeSetup(t);
    await publishAs('1.0');
    const refused = await promote({ 'public-key': other.publicPem });
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /::error title=Signature is not valid/u);
    assert.equal(await resolveTag(store, 'production'), undefined);
    assert.deepEqual(refused.outputs, {});
    assert.match(refused.summary, /Nothing was done/u);
    const quiet = await promote({ 'public-key': other.publicPem, summary: 'false' });
    assert.deepEqual([quiet.code, quiet.summary], [1, '']);
    const unverified = await verify({ policy: '', 'public-key': other.publicPem, version: '1.0' });
    assert.equal(unverified.code, 1);
    assert.match(unverified.stdout, /^sha256:[0-9a-f]{64}: /mu, 'the candidate is named');
    const unpromoted = await verify({ version: '1.0', channel: 'production' });
    assert.equal(unpromoted.code, 1);
    assert.match(unpromoted.stdout, /::error title=Promotion is missing/u);
  });

  test('of two that race, who expects what is not there any more is refused', async (t) => {
    const { store, publishAs, promote } = await makeSetup(t);
    const one = await publishAs('1.0');
    const two = await publishAs('2.0');
    await publishAs('3.0');
    assert.equal((await promote()).code, 0);
    assert.equal((await promote({ from: '2.0', 'expect-current': one })).code, 0);
    const late = await promote({ from: '3.0', 'expect-current': one });
    assert.equal(late.code, 1);
    assert.match(late.stdout, /::error title=Tag was moved[^\n]*shows sha256:/u);
    assert.equal(await resolveTag(store, 'production'), two);
    const back = await promote({ from: one, rollback: 'true', 'expect-current': two });
    assert.deepEqual([back.code, back.outputs['previous-digest']], [0, two]);
  });

  test('all problems of the inputs are told at once, and nothing is asked of a registry', async (t) => {
    const { promote, verify } = await makeSetup(t);
    const { code, stdout, outputs } = await promote({
      to: 'NOT A TAG',
      'expires-in': 'soon',
      summary: 'perhaps',
    });
    assert.equal(code, 1);
    for (const name of ['to', 'expires-in', 'summary']) {
      assert.match(stdout, new RegExp(`^::error title=[^:]*::${name}: `, 'mu'));
    }
    assert.deepEqual(outputs, {});
    const more = await promote({
      'signing-key-password': 'wrong',
      policy: 'missing.yaml',
      'public-key': '',
      'ca-file': 'missing.pem',
    });
    for (const name of ['policy', 'signing-key', 'ca-file']) {
      assert.match(more.stdout, new RegExp(`^::error title=[^:]*::${name}: `, 'mu'));
    }
    const neither = await verify({ policy: '' });
    assert.match(neither.stdout, /policy: exactly one of policy, public-key, certificate-identity/u);
    const same = await promote({ 'signing-key': release.privatePem });
    assert.match(same.stdout, /signed by the key that signs releases/u);
  });
});
