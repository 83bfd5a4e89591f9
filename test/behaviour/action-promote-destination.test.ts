// promote to another repository, as the runner starts it: the release arrives there with all that refers to it, and no tag
// shows what could not be copied or is refused.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { apiVersion } from '../../src/api/common.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { parseSigningKey } from '../../src/signing/keys.ts';
import { buildDist } from '../../tools/build.ts';
import { account, basic, writeAccounts } from '../helpers/accounts.ts';
import {
  assertUnseen,
  errorsOf,
  openWorkflow,
  type StepResult,
  type Values,
} from '../helpers/action-step.ts';
import { makePrivatePem, publicPemOf } from '../helpers/signers.ts';

const cwd = await mkdtemp(join(tmpdir(), 'sealift-destination-'));
const dist = join(cwd, 'dist');
const accounts = { htpasswd: await writeAccounts(cwd) };
const [source, site] = await Promise.all([
  startRegistry({ directory: join(cwd, 'source'), accounts }),
  startRegistry({ directory: join(cwd, 'site'), accounts }),
  buildDist(dist, ['publish.js', 'promote.js', 'verify.js']),
]);
after(async () => {
  await Promise.all([source.close(), site.close()]);
  await rm(cwd, { recursive: true, force: true });
});
const { workspace, step } = await openWorkflow(cwd, dist);
await writeFile(join(workspace, 'a.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');

const [release, promoter, stranger] = [makePrivatePem(), makePrivatePem(), makePrivatePem()];
const publicOf = async (pem: string): Promise<string> => publicPemOf(await parseSigningKey(pem));
const header = basic(account.name, account.password);

/** docker's log-in for the site, and for nothing else. */
const docker = join(cwd, 'docker');
await mkdir(docker);
const auth = header.slice('Basic '.length);
await writeFile(join(docker, 'config.json'), JSON.stringify({ auths: { [site.host]: { auth } } }));

const policy = {
  apiVersion,
  kind: 'TrustPolicy',
  metadata: { name: 'site' },
  spec: {
    match: [{ url: `oci://${site.host}/*` }],
    authorities: [
      { name: 'release', key: { data: await publicOf(release) } },
      { name: 'promoter', key: { data: await publicOf(promoter) } },
    ],
    signatures: { authorities: ['release'] },
    promotion: { channels: [{ tag: 'production', authorities: ['promoter'] }] },
  },
};
await writeFile(join(workspace, 'policy.yaml'), JSON.stringify(policy));

const login = { 'registry-username': account.name, 'registry-password': account.password };
const loggedIn = { DOCKER_CONFIG: docker };

async function publish(name: string): Promise<Values> {
  const repository = `oci://${source.host}/${name}`;
  const given = { repository, path: 'a.yaml', tags: '1.0', 'signing-key': release, ...login };
  const { code, outputs, everything } = await step('publish', given);
  assert.equal(code, 0, everything);
  return outputs;
}

async function promote(name: string, inputs: Values = {}, env: Values = loggedIn): Promise<StepResult> {
  const result = await step(
    'promote',
    {
      repository: `oci://${source.host}/${name}`,
      'destination-repository': `oci://${site.host}/${name}`,
      from: '1.0',
      to: 'production',
      policy: 'policy.yaml',
      'signing-key': promoter,
      ...login,
      ...inputs,
    },
    env,
  );
  assertUnseen(result, auth);
  return result;
}

/** Tags that people made; none where there is no such repository. */
async function tagsOf(registry: typeof site, name: string): Promise<readonly string[]> {
  const url = `${registry.url}/v2/${name}/tags/list`;
  const answer = await fetch(url, { headers: { authorization: header } });
  const { tags = [] }: { tags?: readonly string[] } = await answer.json().then(Object);
  return tags.filter((tag) => !tag.startsWith('sha256-'));
}

suite('promote to another repository', { concurrency: 2 }, () => {
  test('copies the release with all that refers to it, and promotes it there alone', async () => {
    const published = await publish('app');
    const result = await promote('app');
    assert.equal(result.code, 0, result.everything);
    const { outputs } = result;
    assert.equal(outputs['ref'], `${site.host}/app@${published['digest'] ?? ''}`);
    assert.deepEqual([outputs['changed'], outputs['sequence']], ['true', '1']);
    assert.deepEqual(await tagsOf(site, 'app'), ['production']);
    assert.deepEqual(await tagsOf(source, 'app'), ['1.0']);
    const there = { repository: `oci://${site.host}/app`, version: 'production', policy: 'policy.yaml' };
    const verified = await step('verify', { ...there, 'require-provenance': 'true' }, loggedIn);
    assert.equal(verified.code, 0, verified.everything);
    const again = await promote('app');
    assert.deepEqual([again.code, again.outputs['changed']], [0, 'false'], again.everything);
  });

  test('names the repository of the destination where no policy names one', async () => {
    await publish('named');
    const keyed = { policy: '', 'public-key': await publicOf(release) };
    const result = await promote('named', {
      ...keyed,
      'destination-repository': `oci://${source.host}/mirror/named`,
    });
    // One host, one log-in.
    assert.equal(result.code, 0, result.everything);
    assert.equal(result.outputs['ref'], `${source.host}/mirror/named@${result.outputs['digest'] ?? ''}`);
    assert.deepEqual(await tagsOf(source, 'mirror/named'), ['production']);
    assert.deepEqual(await tagsOf(source, 'named'), ['1.0']);
  });

  test('gives the password of the source to no other registry', async () => {
    await publish('guarded');
    const result = await promote('guarded', {}, {});
    assert.equal(result.code, 1);
    assert.match(errorsOf(result).join('\n'), /\(CREDENTIALS_MISSING\)::target: /u);
    assert.deepEqual(await tagsOf(site, 'guarded'), []);
  });

  test('tags nothing that is refused there', async () => {
    await publish('refused');
    const keyed = { policy: '', 'public-key': await publicOf(stranger) };
    const result = await promote('refused', keyed);
    assert.equal(result.code, 1);
    assert.match(errorsOf(result).join('\n'), /\(SIGNATURE_INVALID\)::/u);
    const expecting = await promote('refused', { 'expect-current': `sha256:${'0'.repeat(64)}` });
    assert.match(errorsOf(expecting).join('\n'), /\(TAG_MOVED\)::/u);
    assert.deepEqual(await tagsOf(site, 'refused'), []);
  });

  test('tags nothing where the copy ends before its end', async () => {
    const published = await publish('broken');
    const hex = published['signature-digest']?.slice('sha256:'.length) ?? '';
    await rm(join(cwd, 'source/broken/blobs/sha256', hex));
    const result = await promote('broken');
    assert.equal(result.code, 1);
    assert.match(errorsOf(result).join('\n'), /\([A-Z_]+\)::source: /u);
    assert.deepEqual(result.outputs, {});
    assert.deepEqual(await tagsOf(site, 'broken'), []);
  });

  test('is asked for with another repository than the first', async () => {
    const same = await promote('app', { 'destination-repository': `oci://${source.host}/app` });
    assert.match(errorsOf(same).join('\n'), /\(INPUT_CONFLICT\)::destination-repository: is the repository/u);
    const tagged = await promote('app', { 'destination-repository': `oci://${site.host}/app:1.0` });
    assert.match(errorsOf(tagged).join('\n'), /\(INPUT_INVALID\)::destination-repository: .*has a tag/u);
  });
});
