import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { InputError } from '../../../src/errors.ts';
import { type ClusterConfig, loadInClusterConfig } from '../../../src/kube/config.ts';
import { loadKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { makeTempDir } from '../../helpers/temp.ts';

const mount = '/var/run/secrets/kubernetes.io/serviceaccount';
const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

function hasCode(code: string) {
  return (error: unknown): boolean => error instanceof InputError && error.code === code;
}

test('in a cluster everything comes from what is mounted, the token again after 60 s and when it was refused', async (t) => {
  const root = await makeTempDir(t);
  await mkdir(join(root, mount), { recursive: true });
  const write = (name: string, text: string): Promise<void> => writeFile(join(root, mount, name), text);
  await write('ca.crt', 'CA');
  await write('namespace', 'sealift\n');
  await write('token', 'token-1\n');
  let nowMs = 1000;
  let reads = 0;
  const config = await loadInClusterConfig({
    env,
    now: () => nowMs,
    readFile: (path) => {
      if (path.endsWith('/token')) reads += 1;
      return readFile(join(root, path), 'utf8');
    },
  });
  assert.deepEqual([config.server.href, config.ca, config.namespace], ['https://10.0.0.1/', 'CA', 'sealift']);
  const both = await Promise.all([config.token?.(), config.token?.()]);
  assert.deepEqual([both, reads], [['token-1', 'token-1'], 1]);
  await write('token', 'token-2');
  nowMs += 59_999;
  assert.equal(await config.token?.(), 'token-1');
  assert.equal(await config.token?.({ fresh: true }), 'token-2');
  await write('token', 'token-3');
  nowMs += 59_999;
  assert.equal(await config.token?.(), 'token-2');
  nowMs += 1;
  assert.equal(await config.token?.(), 'token-3');
  assert.equal(reads, 3);
});

test('an IPv6 address of the API server is put in brackets', async () => {
  const config = await loadInClusterConfig({
    env: { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' },
    now: () => 0,
    readFile: () => Promise.resolve('x'),
  });
  assert.equal(config.server.href, 'https://[fd00::1]:6443/');
});

test('outside a cluster it says so', async () => {
  const load = (env: Record<string, string>): Promise<ClusterConfig> =>
    loadInClusterConfig({ env, now: () => 0, readFile: () => Promise.reject(new Error('ENOENT')) });
  await assert.rejects(load({}), hasCode('INPUT_MISSING'));
  await assert.rejects(load({ ...env, KUBERNETES_SERVICE_PORT: '443/x' }), hasCode('INPUT_INVALID'));
  await assert.rejects(load({ ...env, KUBERNETES_SERVICE_HOST: 'a b' }), hasCode('INPUT_INVALID'));
  await assert.rejects(load(env), hasCode('FILE_UNREADABLE'));
});

function kubeconfig(user: unknown, cluster: unknown = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [
      { name: 'here', context: { cluster: 'cluster', user: 'user', namespace: 'team' } },
      { name: 'there', context: { cluster: 'other', user: 'user' } },
    ],
    clusters: [
      { name: 'cluster', cluster: { server: 'https://one:6443/prefix', ...Object(cluster) } },
      { name: 'other', cluster: { server: 'https://two:6443', 'tls-server-name': 'kubernetes' } },
    ],
    users: [{ name: 'user', user }],
  });
}

test('a kubeconfig gives address, certificates, token and namespace of the context', async (t) => {
  const folder = await makeTempDir(t);
  const file = join(folder, 'config');
  await writeFile(join(folder, 'ca.pem'), 'CA');
  const pem = (text: string): string => Buffer.from(text).toString('base64');
  const user = { token: 'abc', 'client-certificate-data': pem('CERT'), 'client-key-data': pem('KEY') };
  await writeFile(file, kubeconfig(user, { 'certificate-authority': 'ca.pem' }));
  const here = await loadKubeconfig(file);
  assert.equal(here.server.href, 'https://one:6443/prefix');
  assert.deepEqual(
    [String(here.ca), String(here.clientCertificate), String(here.clientKey)],
    ['CA', 'CERT', 'KEY'],
  );
  assert.deepEqual(
    [here.namespace, await here.token?.(), here.rejectUnauthorized],
    ['team', 'abc', undefined],
  );
  const there = await loadKubeconfig(file, { context: 'there' });
  assert.deepEqual(
    [there.server.host, there.serverName, there.namespace],
    ['two:6443', 'kubernetes', undefined],
  );
  await writeFile(file, kubeconfig(user, { 'insecure-skip-tls-verify': true }));
  assert.equal((await loadKubeconfig(file)).rejectUnauthorized, false);
});

test('the token of a plugin is cached until it is refused', async (t) => {
  const folder = await makeTempDir(t);
  const file = join(folder, 'config');
  const counter = join(folder, 'count');
  await writeFile(counter, '');
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' };
  const script = `
    const fs = require('node:fs');
    fs.appendFileSync(${JSON.stringify(counter)}, 'x');
    const token = 'token-' + fs.readFileSync(${JSON.stringify(counter)}).length;
    console.log(JSON.stringify({ ...${JSON.stringify(credential)}, status: { token } }));
  `;
  const exec = { apiVersion: credential.apiVersion, command: process.execPath, args: ['-e', script] };
  await writeFile(file, kubeconfig({ exec }));
  const config = await loadKubeconfig(file);
  assert.deepEqual([await config.token?.(), await config.token?.()], ['token-1', 'token-1']);
  assert.deepEqual([await config.token?.({ fresh: true }), await config.token?.()], ['token-2', 'token-2']);
});

test('a kubeconfig that would not be followed to the letter is refused', async (t) => {
  const file = join(await makeTempDir(t), 'config');
  await assert.rejects(loadKubeconfig(file), hasCode('FILE_UNREADABLE'));
  for (const text of [
    '{',
    '[]',
    'text',
    kubeconfig({ username: 'a', password: 'b' }),
    kubeconfig({ as: 'someone' }),
    kubeconfig({}, { 'proxy-url': 'http://proxy' }),
    kubeconfig({}, { server: 'http://one' }),
    kubeconfig({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/does/not/exist' } }),
  ]) {
    await writeFile(file, text);
    await assert.rejects(loadKubeconfig(file), hasCode('INPUT_INVALID'), text);
  }
  await writeFile(file, kubeconfig({}));
  await assert.rejects(loadKubeconfig(file, { context: 'nowhere' }), hasCode('INPUT_INVALID'));
});
