// The same files give the same credentials as crane's keychain gives, which reads them with docker's own code.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import * as z from 'zod';
import { storeCredential } from '../../src/registry/credentials/store.ts';
import { passwordCredential, tokenCredential, tokenUser } from '../../src/registry/credentials/credential.ts';
import { userKeychain } from '../../src/registry/credentials/sources.ts';
import { createCredentialWorld } from '../../src/registry/credentials/world.ts';
import { requireComponents } from '../components/locate.ts';
import { makeTempDir } from '../helpers/temp.ts';

const { crane } = await requireComponents(['crane']);

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

const auth = encode('u:p');
const helper = `#!/bin/sh
case "$(cat)" in
  *nothing*) echo 'credentials not found in native keychain'; exit 1 ;;
  *token*) printf '{"Username":"<token>","Secret":"refresh"}' ;;
  *) printf '{"Username":"helped","Secret":"s"}' ;;
esac
`;

const hub = 'https://index.docker.io/v1/';
const cases: readonly (readonly [name: string, registry: string, config: object])[] = [
  ['auth', 'r.test', { auths: { 'r.test': { auth } } }],
  ['a port', 'r.test:5000', { auths: { 'r.test:5000': { auth } } }],
  ['a port that is missing', 'r.test:5000', { auths: { 'r.test': { auth } } }],
  ['a port too much', 'r.test', { auths: { 'r.test:5000': { auth } } }],
  ['another host', 'r.test', { auths: { 'er.test': { auth }, 'r.test.evil.test': { auth } } }],
  ['a scheme', 'r.test', { auths: { 'https://r.test': { auth } } }],
  ['a version', 'r.test', { auths: { 'https://r.test/v1/': { auth } } }],
  ['a version without scheme', 'r.test', { auths: { 'r.test/v2/': { auth } } }],
  [
    'exact before schemes',
    'r.test',
    { auths: { 'https://r.test': { auth: encode('x:y') }, 'r.test': { auth } } },
  ],
  ['a password with colons', 'r.test', { auths: { 'r.test': { auth: encode('u:p:q') } } }],
  ['other letters', 'r.test', { auths: { 'r.test': { auth: encode('ü:pä') } } }],
  ['user and password', 'r.test', { auths: { 'r.test': { username: 'u', password: 'p' } } }],
  [
    'auth before user and password',
    'r.test',
    { auths: { 'r.test': { auth, username: 'x', password: 'y' } } },
  ],
  ['an identity token', 'r.test', { auths: { 'r.test': { auth: encode('u:'), identitytoken: 'i' } } }],
  ['an identity token alone', 'r.test', { auths: { 'r.test': { identitytoken: 'i' } } }],
  ['an empty entry', 'r.test', { auths: { 'r.test': {} } }],
  ['nothing', 'r.test', {}],
  ['a helper for it', 'r.test', { auths: { 'r.test': { auth } }, credHelpers: { 'r.test': 'test' } }],
  ['a helper for others', 'r.test', { auths: { 'r.test': { auth } }, credHelpers: { 'o.test': 'test' } }],
  ['a helper for all', 'r.test', { auths: { 'r.test': { auth } }, credsStore: 'test' }],
  [
    'a helper for it that is none',
    'r.test',
    { auths: { 'r.test': { auth } }, credHelpers: { 'r.test': '' }, credsStore: 'test' },
  ],
  ['a helper with nothing', 'nothing.test', { auths: { 'nothing.test': { auth } }, credsStore: 'test' }],
  ['a helper with a token', 'token.test', { credsStore: 'test' }],
  ['Docker Hub', 'index.docker.io', { auths: { [hub]: { auth } } }],
  ['Docker Hub by a helper', 'index.docker.io', { credHelpers: { [hub]: 'test' } }],
];

type Given = { readonly user: string; readonly secret: string } | undefined;

async function makeFolder(t: TestContext, config: object): Promise<Record<string, string>> {
  const folder = await makeTempDir(t);
  await mkdir(join(folder, '.docker'));
  await writeFile(join(folder, '.docker', 'config.json'), JSON.stringify(config));
  await writeFile(join(folder, 'docker-credential-test'), helper);
  await chmod(join(folder, 'docker-credential-test'), 0o755);
  return { HOME: folder, PATH: `${folder}:/usr/bin:/bin` };
}

async function ours(registry: string, env: Record<string, string>): Promise<Given> {
  const credential = (await userKeychain(createCredentialWorld(env)).find({ registry }))?.credential;
  if (credential === undefined) return undefined;
  return credential.kind === 'password'
    ? { user: credential.user, secret: credential.password.reveal() }
    : { user: tokenUser, secret: credential.token.reveal() };
}

const answerSchema = z.object({ Username: z.string().default(''), Secret: z.string().default('') });

function ofCrane(registry: string, env: Record<string, string>): Promise<Given> {
  return new Promise((resolve, reject) => {
    execFile(crane, ['auth', 'get', registry], { env }, (error, stdout, stderr) => {
      if (stdout.startsWith('credentials not found')) return resolve(undefined);
      if (error !== null) return reject(new Error(`crane: ${stderr}`));
      const { Username: user, Secret: secret } = answerSchema.parse(JSON.parse(stdout));
      return resolve({ user, secret });
    });
  });
}

suite('crane agrees on', () => {
  for (const [name, registry, config] of cases) {
    test(name, async (t) => {
      const env = await makeFolder(t, config);
      assert.deepEqual(await ours(registry, env), await ofCrane(registry, env));
    });
  }

  for (const [name, credential] of [
    ['a password', passwordCredential('ü', 'p:q ')],
    ['an identity token', tokenCredential('identity token', 'refresh')],
  ] as const) {
    test(`${name} that we stored`, async (t) => {
      const env = await makeFolder(t, { auths: { 'o.test': { auth } } });
      await storeCredential('r.test:5000', credential, { world: createCredentialWorld(env) });
      for (const registry of ['r.test:5000', 'o.test', 'r.test'])
        assert.deepEqual(await ofCrane(registry, env), await ours(registry, env));
      assert.ok(await ours('r.test:5000', env));
    });
  }
});
