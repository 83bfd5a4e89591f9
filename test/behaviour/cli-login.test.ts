// Log-in as people do it, against docker-registry with accounts: checked, kept where other tools keep it, used, explained,
// and never shown.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { requireComponents } from '../components/locate.ts';
import { account, writeAccounts } from '../helpers/accounts.ts';
import type { Finished } from '../helpers/cli.ts';
import { openField } from '../helpers/field.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';

const { crane } = await requireComponents(['crane']);
const field = await openField();
await mkdir(field.path('docker'));
const registry = await startDockerRegistry(field.path('docker'), {
  auth: { htpasswd: { realm: 'site', path: await writeAccounts(field.path('docker')) } },
});
after(async () => {
  await registry.stop();
  await field.close();
});
await field.signer('ci');
await mkdir(field.path('files'));
await field.write(
  'files/a.yaml',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata: {value: one}\n',
);

const wrong = 'guessed-4711';
const config = field.path('config');
const env = { DOCKER_CONFIG: config };
const file = join(config, 'config.json');
const shop = `${registry.host}/config/shop`;
const main = new URL('../../src/cli/main.ts', import.meta.url).pathname;

/** Runs a command that reads a secret from stdin. */
function withInput(args: readonly string[], input: string): Promise<Finished> {
  const { promise, resolve } = Promise.withResolvers<Finished>();
  const options = {
    cwd: field.cwd,
    env: { PATH: process.env['PATH'], HOME: field.cwd, ...field.env, ...env },
  };
  const child = execFile(process.execPath, [main, ...args], options, (_error, stdout, stderr) => {
    resolve({ code: child.exitCode, stdout, stderr });
  });
  child.stdin?.end(input);
  return promise;
}

function assertSecretless({ stdout, stderr }: Finished): void {
  for (const secret of [account.password, wrong]) {
    const shown = `${stdout}${stderr}`;
    assert.ok(!shown.includes(secret) && !shown.includes(Buffer.from(secret).toString('base64')), shown);
  }
}

suite('log-in', () => {
  test('what the registry does not take is not kept', async () => {
    const login = ['login', registry.host, '-u', account.name, '--password-stdin'];
    const refused = await withInput(login, `${wrong}\n`);
    assert.equal(refused.code, 5);
    assert.match(refused.stderr, /REGISTRY_UNAUTHORIZED/u);
    assertSecretless(refused);
    await assert.rejects(stat(file), { code: 'ENOENT' });
    const missing = await field.refused('CREDENTIALS_MISSING', ['list', shop], env);
    assert.match(missing.hint ?? '', new RegExp(`sealift login ${registry.host}`, 'u'));
  });

  test('what it takes is kept for its owner alone, and every verb and crane use it', async () => {
    const login = ['login', registry.host, '-u', account.name, '--password-stdin', '-o', 'json'];
    const accepted = await withInput(login, `${account.password}\n`);
    assert.equal(accepted.code, 0, accepted.stderr);
    assert.equal(JSON.parse(accepted.stdout).checked, true);
    assertSecretless(accepted);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await field.json(['push', `${shop}:1.0.0`, '-f', 'files', '--key', 'ci.key'], env);
    assert.deepEqual((await field.json(['list', shop], env))['tags'], ['1.0.0']);
    await field.json(['copy', `${shop}:1.0.0`, `${registry.host}/other/shop:1.0.0`], env);
    const listed = await promisify(execFile)(crane, ['ls', shop], { env: { ...env, HOME: field.cwd } });
    assert.match(listed.stdout, /^1\.0\.0$/mu);
  });

  test('the doctor says which source won, and what is missing without one', async () => {
    const examined = await field.run(['doctor', `${shop}:1.0.0`], env);
    assert.equal(examined.code, 0, examined.stdout);
    assert.match(examined.stdout, /^ok +credentials +.*docker config\.json \(.*config\.json\)/mu);
    assertSecretless(examined);
    const without = await field.run(['doctor', `${shop}:1.0.0`, '-o', 'json']);
    assert.equal(without.code, 5);
    const { healthy, steps } = JSON.parse(without.stdout);
    assert.equal(healthy, false);
    const failed = steps.find((step: { outcome: string }) => step.outcome === 'failed');
    assert.equal(failed.code, 'CREDENTIALS_MISSING');
  });

  test('options count more than files, and take no password as an argument', async () => {
    const given = ['--registry-username', account.name, '--registry-password', 'env://SECRET'];
    await field.refused('REGISTRY_UNAUTHORIZED', ['list', shop, ...given], { ...env, SECRET: wrong });
    await field.json(['list', shop, ...given], { SECRET: account.password });
    await field.refused('INPUT_MISSING', ['list', shop, '--registry-username', account.name], env);
    // Two registries must not both see it.
    const other = '127.0.0.1:9/pub/x:1';
    const secret = { SECRET: account.password };
    await field.refused('INPUT_CONFLICT', ['copy', other, `${shop}:1`, ...given], secret);
    await field.refused('INPUT_CONFLICT', ['diff', other, `${shop}:1`, ...given], secret);
  });

  test('log-out removes what was kept', async () => {
    const { erased } = await field.json(['logout', registry.host], env);
    assert.equal(erased, true);
    assert.doesNotMatch(await readFile(file, 'utf8'), new RegExp(registry.host, 'u'));
    assert.equal((await field.json(['logout', registry.host], env))['erased'], false);
    await field.refused('CREDENTIALS_MISSING', ['list', shop], env);
    await field.refused('INPUT_INVALID', ['login', shop, '-u', account.name], env);
    await field.refused('INPUT_MISSING', ['login', registry.host], env);
  });
});
