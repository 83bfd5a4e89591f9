// All actions do their whole work on the oldest Node 24 that a runner ships, whatever newer Node the sources ask for:
// against a registry behind a proxy and TLS of a private authority, and a GitHub API.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { apiVersion } from '../../src/api/common.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { generateKeyPair } from '../../src/signing/keys.ts';
import { buildDist } from '../../tools/build.ts';
import { readDefaults } from '../helpers/action-defaults.ts';
import { runStep, type StepResult } from '../helpers/action-step.ts';
import { noOldestNode, oldestNode } from '../helpers/oldest-node.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { startForwardProxy } from '../servers/forward-proxy.ts';
import { startGitHub } from '../servers/github.ts';
import { createTestAuthority } from '../servers/test-authority.ts';

const password = 'correct horse battery';
const configMap = (value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {value: ${value}}\n`;

suite('on the oldest Node 24 of a runner', { skip: noOldestNode }, () => {
  test('is what runs here', async () => {
    const { stdout } = await promisify(execFile)(oldestNode.path, ['--version']);
    assert.equal(stdout.trim(), oldestNode.version);
  });

  test('a release is published, promoted by policy, verified, and compared on a pull request', async (t) => {
    const folder = await makeTempDir(t);
    const workspace = join(folder, 'workspace');
    await mkdir(join(workspace, 'deploy'), { recursive: true });
    const authority = createTestAuthority();
    const issued = authority.issue(['registry.test']);
    const [ca, cert, key] = ['ca.crt', 'server.crt', 'server.key'].map((name) => join(folder, name));
    assert.ok(ca !== undefined && cert !== undefined && key !== undefined);
    await Promise.all([
      writeFile(ca, authority.pem),
      writeFile(cert, issued.certificate),
      writeFile(key, issued.key),
    ]);
    const [release, promoter, github, proxy] = await Promise.all([
      generateKeyPair(password),
      generateKeyPair(password),
      startGitHub(t),
      startForwardProxy(t),
      buildDist(join(folder, 'dist'), ['publish.js']),
    ]);
    const registry = await startRegistry({ directory: join(folder, 'registry'), tls: { cert, key } });
    t.after(() => registry.close());
    const url = `oci://registry.test:${registry.host.split(':')[1]}/config/app`;
    await writeFile(join(workspace, 'deploy/settings.yaml'), configMap('one'));
    await writeFile(
      join(workspace, 'policy.yaml'),
      JSON.stringify({
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
      }),
    );
    await writeFile(
      join(folder, 'event'),
      JSON.stringify({
        pull_request: { number: 7, head: { sha: '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d' } },
      }),
    );
    let steps = 0;
    const run = async (name: string, inputs: Readonly<Record<string, string>>): Promise<StepResult> => {
      steps += 1;
      const result = await runStep({
        node: oldestNode.path,
        entry: join(folder, 'dist', `${name}.js`),
        temp: join(folder, `step-${steps}`),
        workspace,
        inputs: {
          ...(await readDefaults(name === 'publish' ? undefined : name)),
          repository: url,
          'ca-file': ca,
          ...inputs,
        },
        env: {
          GITHUB_API_URL: github.url,
          GITHUB_EVENT_PATH: join(folder, 'event'),
          HTTPS_PROXY: `http://${proxy.host}`,
        },
      });
      assert.equal(result.code, 0, result.everything);
      assert.doesNotMatch(result.everything, /Warning/u);
      return result;
    };
    const signedBy = (pem: string): Record<string, string> => ({
      'signing-key': pem,
      'signing-key-password': password,
    });

    const published = await run('publish', {
      path: 'deploy',
      tags: '1.0',
      ...signedBy(release.privatePem),
    });
    const { digest } = published.outputs;
    const promoted = await run('promote', {
      from: '1.0',
      to: 'production',
      policy: 'policy.yaml',
      ...signedBy(promoter.privatePem),
    });
    assert.deepEqual([promoted.outputs['digest'], promoted.outputs['changed']], [digest, 'true']);
    const verified = await run('verify', { version: 'production', policy: 'policy.yaml' });
    assert.equal(verified.outputs['digest'], digest);
    await writeFile(join(workspace, 'deploy/settings.yaml'), configMap('two'));
    const compared = await run('diff', { path: 'deploy', 'github-token': 'ghs_notARealTokenOfAnyone' });
    assert.deepEqual([compared.outputs['configured'], compared.outputs['base-digest']], ['1', digest]);
    assert.match(github.comments[0]?.body ?? '', /settings/u, compared.everything);
  });
});
